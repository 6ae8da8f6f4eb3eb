//! What a face asks the daemon for.

use std::path::PathBuf;

use domain::RunId;
use domain::attempt::AttemptKey;
use domain::command::Answer;
use serde::{Deserialize, Serialize};

/// Which runs are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Those of the repository that this folder lies in.
    Here(PathBuf),
    All,
}

/// A run as a person asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRequest {
    /// The folder the person stands in.
    pub folder: PathBuf,
    pub task: String,
    /// `None`: the default agent.
    pub agent: Option<String>,
    pub model: Option<String>,
    pub name: Option<String>,
    pub base: Option<String>,
    /// How many runs of the same task.
    pub count: u32,
}

/// Which file of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFile {
    Stdout,
    Stderr,
}

impl OutputFile {
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// One request. RUN is an exact id, an exact name in the scope, or a unique prefix of an id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Starts runs; replied to when they are queued on disk.
    Run(RunRequest),
    Rows(Scope),
    Row {
        run: String,
        scope: Scope,
    },
    /// From now on every changed row of the scope is sent; replied to with all of them.
    Watch(Scope),
    /// The events of a run from `from` on (a seq), as lines.
    Events {
        run: RunId,
        from: u64,
    },
    /// The last `last` events of this run, and from now on every new one; `None` stops that.
    Look {
        run: Option<RunId>,
        last: u64,
    },
    /// Bytes of an attempt's output.
    Output {
        run: RunId,
        attempt: Option<AttemptKey>,
        file: OutputFile,
        from: u64,
        len: u64,
    },
    Terminate {
        runs: Vec<String>,
        scope: Scope,
        grace_ms: u64,
    },
    Answer {
        run: String,
        scope: Scope,
        /// The question's id; `None` means the one that is open, for a person who just read it.
        question: Option<String>,
        answer: Answer,
    },
    Worktrees {
        folder: PathBuf,
    },
    Status,
    /// Ends the daemon; runs go on.
    Stop,
}
