//! Why a face can't have what it wants, with the contract's exit code.

use std::path::PathBuf;

use protocol::{Code, Refused};

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no daemon serves {0}")]
    NotRunning(PathBuf),
    #[error("the daemon did not start: {why}; its log is {log}")]
    NotStarted { why: String, log: PathBuf },
    #[error("the daemon can't be reached at {path}: {source}")]
    Unreachable { path: PathBuf, source: std::io::Error },
    #[error("the daemon went away; `pilothouse daemon status` tells whether it is back")]
    Gone,
    #[error(
        "the daemon speaks contract {theirs}, this pilothouse {ours}; use the pilothouse that started it, or end it with `pilothouse daemon stop`"
    )]
    Contract { theirs: u32, ours: u32 },
    #[error("the daemon {pid} was told to end and has not; look at its log, or end it with `kill {pid}`")]
    StillThere { pid: u32 },
    #[error("this is inside a run, and no daemon serves {0}; start one outside of it")]
    InsideRun(PathBuf),
    #[error("neither HOME nor PILOTHOUSE_HOME is set, so there is no place for state; set one")]
    NoHome,
    #[error("{}", .0.reason)]
    Refused(Refused),
    #[error("a path here is not UTF-8; pilothouse needs names that are, so rename the folder or go into another one")]
    NoText,
    #[error("the daemon gave an answer that was not asked for; is it another version?")]
    Unexpected,
}

impl ClientError {
    /// The exit code of the command line's contract.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(refused) => refused.code,
            Self::NoHome => Code::Usage,
            Self::NoText => Code::Refused,
            _ => Code::Unreachable,
        }
    }
}
