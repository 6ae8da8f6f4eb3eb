//! What can go wrong around the gateway.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("cannot {what} {path}: {source}")]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{path} does not hold what it should: {why}")]
    Record { path: PathBuf, why: String },
    #[error("the gateway takes no orders; another one is started")]
    Deaf,
    #[error("no port of loopback can be had: {0}")]
    Port(io::Error),
    #[error("the gateway can't speak TLS here: {0}")]
    Tls(String),
}

impl GatewayError {
    pub(crate) fn io(what: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.as_ref().to_owned(), source }
    }
}
