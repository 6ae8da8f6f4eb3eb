//! What a run's worktree gets beside what git checks out.

use serde::{Deserialize, Serialize};

/// The phase name under which the output of set-up commands is kept; no phase is called so.
pub const SETUP: &str = "setup";

/// Asked for in the settings of the base commit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EnvironmentSpec {
    /// Ignored files of the main checkout that are copied, as patterns of a .gitignore.
    #[serde(default)]
    pub copy: Vec<String>,
    /// Folders of the main checkout that are copied, without taking room twice where the file system can.
    #[serde(default)]
    pub clone: Vec<String>,
    /// Shell commands that are run in the worktree before the first phase.
    #[serde(default)]
    pub setup: Vec<String>,
    /// The run has a folder of its own for caches.
    #[serde(default)]
    pub own_cache: bool,
}

impl EnvironmentSpec {
    /// Whether something is to be put into the worktree.
    pub fn puts_something(&self) -> bool {
        !self.copy.is_empty() || !self.clone.is_empty()
    }
}
