//! Why an effect failed, with the source that says it; words are made of it where it is told.

use environments::EnvironmentError;
use evidence::EvidenceError;
use forge::ForgeError;
use gateway::GatewayError;
use proof::ProofError;
use settings::SettingsError;
use supervisor::SupervisorError;
use worktrees::WorktreeError;

/// The reason why an effect failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EffectError {
    #[error(transparent)]
    Worktree(#[from] WorktreeError),
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    #[error(transparent)]
    Supervisor(#[from] SupervisorError),
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    #[error(transparent)]
    Forge(#[from] ForgeError),
    #[error(transparent)]
    Proof(#[from] ProofError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A file of the attempt's could not be read or written.
    #[error("{doing}: {source}")]
    File { doing: String, source: std::io::Error },
    /// A reason of pilothouse's own, which no other error lies under.
    #[error("{0}")]
    Ours(String),
}

impl EffectError {
    /// Returns what makes an error of a file's, for `map_err`.
    pub(super) fn file(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        |source| Self::File { doing, source }
    }
}

impl From<String> for EffectError {
    fn from(reason: String) -> Self {
        Self::Ours(reason)
    }
}

impl From<&str> for EffectError {
    fn from(reason: &str) -> Self {
        Self::Ours(reason.to_owned())
    }
}
