//! What can go wrong with a forge, in words for the person.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    #[error("{forge} has no pull request #{number}; `pilothouse pr` opens one")]
    NoPull { forge: &'static str, number: u64 },
    #[error("pull request #{number} is {state}; open it first with `pilothouse pr --open`")]
    NotReady { number: u64, state: &'static str },
    #[error("pull request #{number} is merged; nothing about it can be changed")]
    Over { number: u64 },
    /// A pull request can't be merged as things are, in the words of whoever tried.
    #[error("{0}")]
    Refused(String),
    /// Merging went wrong, in the same words.
    #[error("{0}")]
    Failed(String),
    #[error("{path}: can't {what}: {source}; mend that and try again")]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{path}: it can't be read as a pull request: {why}; put it aside and try again")]
    Damaged { path: PathBuf, why: String },
}

impl ForgeError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }
}
