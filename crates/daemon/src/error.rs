//! What keeps a daemon from serving.

use std::io;
use std::path::PathBuf;

/// An error at the daemon's start; afterwards errors are events and replies.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    #[error("cannot {doing} {path}: {source}")]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("{path} is not safe to put sockets in: {why}")]
    UnsafeFolder { path: PathBuf, why: &'static str },
    #[error(transparent)]
    Evidence(#[from] evidence::EvidenceError),
    #[error(transparent)]
    Settings(#[from] settings::SettingsError),
}

impl DaemonError {
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
