//! The words of a pull request, and how the settings of a run's base commit ask for one.

use serde::{Deserialize, Serialize};

/// Where a pull request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullState {
    Draft,
    Open,
    Merged,
    Closed,
}

impl PullState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Merged => "merged",
            Self::Closed => "closed",
        }
    }
}

/// The name of the forge that is built in.
pub const LOCAL: &str = "local";

/// How a run's work is delivered, as the settings of its base commit said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeliverSpec {
    /// Where its pull request is opened; `None`: nowhere.
    pub forge: Option<String>,
    /// Whether the pull request is opened as a draft.
    pub draft: bool,
}

/// The facts of a run's work that a pull request tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullWork {
    pub state: PullState,
    /// The commit that is to be merged, in full.
    pub head: String,
    /// The proof pack whose summary it has.
    pub pack: u32,
    /// Whether the required checks passed on that commit; `None` where there are none.
    pub checks: Option<bool>,
    /// Whether it merges into its base; `None` when that is not known.
    pub mergeable: Option<bool>,
    /// The event of the last review.
    pub review: Option<u64>,
}
