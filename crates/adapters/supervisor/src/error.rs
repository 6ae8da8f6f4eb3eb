//! What can go wrong between a daemon and a keeper.

use std::io;
use std::path::PathBuf;

use crate::wire::MAX_REQUEST;

/// An error of supervision.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    #[error("cannot {doing} {path}: {source}")]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("{path} can't be read as a keeper's record: {source}")]
    Record { path: PathBuf, source: serde_json::Error },
    #[error("{0}")]
    NotStarted(String),
    #[error("another keeper has this attempt")]
    Held,
    #[error("the keeper refused: {0}")]
    Refused(String),
    #[error("it is {} MB, more than a keeper takes at once ({} MB)", .0 >> 20, MAX_REQUEST >> 20)]
    TooMuch(usize),
    #[error("the keeper of {0} does not answer")]
    Silent(PathBuf),
}

impl SupervisorError {
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
