//! Data of the event by which a write outside of the worktree is proven.

use serde::{Deserialize, Serialize};

/// A process of the run was seen with a file open for writing that is not the run's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscapeFound {
    /// Absolute.
    pub path: String,
    pub pid: u32,
    /// The process's name.
    pub program: String,
}
