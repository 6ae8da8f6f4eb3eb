//! What can go wrong with an environment, each with the path it is about.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    #[error("could not {what} {}: {source}", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{pattern:?} is no pattern: {why}; write it as in a .gitignore")]
    Pattern { pattern: String, why: String },
    #[error("{} leads out of the repository; name a folder inside of it", path.display())]
    Outside { path: PathBuf },
}

impl EnvironmentError {
    pub(crate) fn io(what: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io { what, path, source }
    }
}
