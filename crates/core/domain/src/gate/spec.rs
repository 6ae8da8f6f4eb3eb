//! The gate as the settings of a run's base commit describe it.

use serde::{Deserialize, Serialize};

/// How a run's work comes into its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A single commit with all of the work.
    #[default]
    Squash,
    /// The run's commits as they are, and one that joins them.
    Merge,
    /// The run's commits one after the other on top of the base.
    Rebase,
}

impl Method {
    pub const ALL: [Self; 3] = [Self::Squash, Self::Merge, Self::Rebase];

    pub fn word(self) -> &'static str {
        match self {
            Self::Squash => "squash",
            Self::Merge => "merge",
            Self::Rebase => "rebase",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.word() == word)
    }
}

/// The conditions of a run's merge, as the settings of its base commit said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GateSpec {
    /// Hundredths, 0 to 100.
    pub min_score: u32,
    /// A person must have approved this very commit.
    pub approval: bool,
    /// The cost must be known to the last call.
    pub cost_known: bool,
    pub method: Method,
}

impl Default for GateSpec {
    fn default() -> Self {
        Self { min_score: 60, approval: true, cost_known: false, method: Method::Squash }
    }
}
