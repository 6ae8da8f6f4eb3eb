//! Data of the events by which a run's work is measured, proven, reviewed and merged.

use serde::{Deserialize, Serialize};

use crate::comment::Comment;
use crate::gate::Method;
use crate::status::By;

/// Someone asked for a proof pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofRequested {
    pub by: By,
}

/// The state of a run's work in git, measured for its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkMeasured {
    /// The commit that the branch is at, in full.
    pub head: String,
    /// The tree of the work, in full: the commit's, or with what is not committed.
    pub tree: String,
    /// There were changes that nothing had committed.
    pub uncommitted: bool,
    /// The commit that the base is at now, in full; `None` when there is no such base any more.
    #[serde(default)]
    pub base: Option<String>,
    pub files: u64,
    pub added: u64,
    pub removed: u64,
    /// Commits that it adds to the one where it began; `None` where they were not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commits: Option<u64>,
    /// Whether it merges into the base as that is now.
    pub merge: Merge,
    /// Changed files that say what is checked: the repository's own settings, and tests.
    #[serde(default)]
    pub exam: Vec<String>,
    /// The places in the added lines that look like secrets; `None` when nothing looked.
    #[serde(default)]
    pub secrets: Option<Vec<SecretFound>>,
    /// Sentences of what stands against a merge whatever was approved, such as files that are in no commit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<String>,
}

/// How work and its base come together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Merge {
    Clean,
    /// The paths that both changed in ways that don't fit.
    Conflicts(Vec<String>),
    /// Why it is not known.
    Unknown(String),
}

/// Where something that looks like a secret stands; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SecretFound {
    pub path: String,
    /// Counts from 1, in the file as the work has it.
    pub line: u64,
    /// The name of the rule that it fits.
    pub rule: String,
}

impl SecretFound {
    /// `src/a.rs:12 (github-token)`.
    pub fn says(&self) -> String {
        format!("{}:{} ({})", self.path, self.line, self.rule)
    }
}

/// A proof pack lies in `proof/<k>` of the run's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofWritten {
    pub k: u32,
    /// The last event that it covers.
    pub seq: u64,
    /// SHA-256 of its `statement.json`.
    pub statement: String,
    /// Hundredths, 0 to 100.
    pub score: u32,
}

/// A person's verdict on a run's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewGiven {
    pub verdict: Review,
    /// The commit that was looked at, in full.
    pub head: String,
    #[serde(default)]
    pub text: String,
    /// Comments on single lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<Remark>,
    pub by: By,
}

/// A comment that goes with a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    pub comment: Comment,
    /// Whether the comment's line is no longer what the reviewer saw.
    pub stale: bool,
}

/// A reviewer said something of a line, to go with the next verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentGiven {
    pub comment: Comment,
    /// The commit that was looked at, in full.
    pub head: String,
    pub by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    Approve,
    Changes,
}

impl Review {
    pub fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Changes => "changes",
        }
    }
}

/// The gate was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateDecided {
    pub open: bool,
    /// Every reason why it is closed.
    pub reasons: Vec<String>,
    /// The commit that was at hand, in full.
    pub head: String,
}

/// Someone asked for a merge, and the gate was open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeRequested {
    pub method: Method,
    /// The commit that is to be merged, in full.
    pub head: String,
    /// The commit that the base was at, in full.
    pub base: String,
    pub by: By,
}

/// The run's work is in its base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunMerged {
    pub method: Method,
    /// The run's commit that was merged, in full.
    pub head: String,
    /// The commits that the base is at now and was at before, in full.
    pub commit: String,
    pub before: String,
}
