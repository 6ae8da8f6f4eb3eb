//! What can go wrong with a run folder, each naming the file.

use std::io;
use std::path::PathBuf;

/// An error of the evidence store.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    #[error("cannot {doing} {path}: {source}")]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("{path} line {line}: {why}; the file is left as it is")]
    Corrupt { path: PathBuf, line: usize, why: String },
    #[error("{path} exists already; a run's spec is written once")]
    SpecExists { path: PathBuf },
    #[error("its timeline is gone: {path} {why}; what is known of the run is what spec.json says")]
    Gone { path: PathBuf, why: &'static str },
    #[error("{path}: {why}")]
    NoPack { path: PathBuf, why: String },
}

impl EvidenceError {
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }

    /// Whether the disk is full, so that waiting for space can help.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if matches!(
            source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}
