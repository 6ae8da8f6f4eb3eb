//! Passes: each lets one attempt ask its providers, and says what it may use. Daemon and gateway have them in memory, where
//! no agent can write; only the hash of a token is ever kept.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use domain::attempt::AttemptKey;
use domain::budget::{Budget, Used};
use domain::digest::sha256_hex;
use serde::{Deserialize, Serialize};

use crate::keys::{GivenKeys, KeySource};

/// Passes by the name of their token.
pub type ByName = BTreeMap<String, Pass>;

/// The permission of one attempt to ask its providers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    pub run: String,
    pub attempt: AttemptKey,
    /// The repository's main worktree.
    pub repo: String,
    /// The run's folder.
    pub folder: PathBuf,
    /// Routes by the provider's name.
    pub routes: BTreeMap<String, Route>,
    pub limits: Limits,
    /// The agent is frozen: requests beyond a budget wait instead of being refused.
    #[serde(default)]
    pub frozen: bool,
    /// Why nothing is forwarded any more, where the daemon knows of something that the gateway does not.
    #[serde(default)]
    pub refuse: Option<String>,
}

impl Pass {
    /// Whether the key of one of the pass's routes may go to that route's address: the settings send it there, and it
    /// is no other run's.
    pub(crate) fn may_ask(&self, route: &Route, bound: &[Route]) -> bool {
        match &route.key {
            KeySource::Own => true,
            KeySource::OfRun { run, .. } if *run != self.run => false,
            KeySource::OfRun { .. } | KeySource::Env(_) | KeySource::File(_) | KeySource::Command(_) => {
                bound.contains(&route.bound())
            }
        }
    }
}

/// Where requests for one provider go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Route {
    /// The provider's base URL.
    pub upstream: String,
    pub key: KeySource,
}

impl Route {
    /// Returns the route that settings name.
    pub fn bound(&self) -> Self {
        Self { upstream: self.upstream.clone(), key: self.key.bound() }
    }
}

/// The budgets that a call counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    pub run: Budget,
    /// Usage of the run that did not go through a gateway.
    #[serde(default)]
    pub beside: Used,
    #[serde(default)]
    pub repository: Budget,
    #[serde(default)]
    pub day: Budget,
    /// Only the run's own limit counts.
    #[serde(default)]
    pub alone: bool,
}

/// The input of a new gateway: JSON that its daemon writes to its standard input.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GatewayStart {
    pub keys: GivenKeys,
    /// The only addresses that a key goes to, each with where its key comes from.
    pub bound: Vec<Route>,
    pub passes: ByName,
}

/// Returns the name of a token, which stands for it where the token must not be read: its hash.
pub fn name_of(token: &str) -> String {
    sha256_hex(token.as_bytes())
}

/// Whether a text is the name of a token.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// A token for a run, which nobody can guess.
///
/// # Errors
/// When the system has no randomness.
pub(crate) fn new_token(run: &str) -> io::Result<String> {
    Ok(format!("{run}-{:032x}", u128::from_be_bytes(ground::random_bytes()?)))
}
