//! Why a verb failed: words for the person and the contract's exit code.

use client::ClientError;
use protocol::Code;

#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    pub code: Code,
    pub message: String,
}

impl CliError {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}

impl From<std::io::Error> for CliError {
    /// A reader that went away (`| head`) is no failure of ours.
    fn from(error: std::io::Error) -> Self {
        let code = if error.kind() == std::io::ErrorKind::BrokenPipe { Code::Done } else { Code::Failed };
        Self { code, message: error.to_string() }
    }
}
