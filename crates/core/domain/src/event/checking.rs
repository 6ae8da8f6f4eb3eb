//! Data of the events by which an agent's work is checked, and sent back to be repaired.

use serde::{Deserialize, Serialize};

use crate::attempt::Exit;
use crate::check::{Counts, Verdict};
use crate::status::By;

/// The work that a phase's agent left is on the branch; the phase's checks come next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkCommitted {
    /// The commit the branch stands at, in full.
    pub head: String,
    /// Files that pilothouse committed because the agent had not.
    pub leftovers: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStarted {
    pub name: String,
    /// Counts from 1 for each check of a run; its output is in `attempts/check.<name>.<n>`.
    pub n: u32,
    pub command: String,
}

/// A check has ended, or could not be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckFinished {
    pub name: String,
    pub n: u32,
    pub verdict: Verdict,
    /// Why it is no pass; empty for one.
    #[serde(default)]
    pub reason: String,
    pub exit: Exit,
    pub duration_ms: u64,
    /// The commit that the worktree was at, in full.
    pub head: String,
    /// The tree of all its files that are not ignored, in full.
    pub tree: String,
    /// Whether that tree is not the commit's: there were changes that nothing had committed.
    #[serde(default)]
    pub uncommitted: bool,
    /// The counts of its report; `None` without one.
    #[serde(default)]
    pub counts: Option<Counts>,
    /// The first tests that failed, by name.
    #[serde(default)]
    pub failed: Vec<String>,
    /// SHA-256 of all its output, as a blob; `None` when there is none.
    #[serde(default)]
    pub output: Option<String>,
    /// SHA-256 of its report, as a blob.
    #[serde(default)]
    pub report: Option<String>,
    /// The end of its output.
    #[serde(default)]
    pub tail: String,
}

impl Default for CheckFinished {
    fn default() -> Self {
        Self {
            name: String::new(),
            n: 0,
            verdict: Verdict::Error,
            reason: String::new(),
            exit: Exit::default(),
            duration_ms: 0,
            head: String::new(),
            tree: String::new(),
            uncommitted: false,
            counts: None,
            failed: Vec::new(),
            output: None,
            report: None,
            tail: String::new(),
        }
    }
}

impl CheckFinished {
    /// `pass, 214 tests`, or what it is instead and why.
    pub fn says(&self) -> String {
        let tests = self.counts.map(|counts| format!(", {} tests", counts.tests)).unwrap_or_default();
        match self.verdict {
            Verdict::Pass => format!("pass{tests}"),
            verdict @ (Verdict::Fail | Verdict::Error | Verdict::Skipped) => {
                format!("{}: {}", verdict.word(), self.reason)
            }
        }
    }
}

/// An agent is asked to repair what a required check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairRequested {
    /// Counts from 1.
    pub n: u32,
    /// How many the phase allows.
    pub of: u32,
    /// The checks that failed.
    pub checks: Vec<String>,
}

/// Someone asked for checks to be run again on the worktree as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRequested {
    pub checks: Vec<String>,
    pub by: By,
}
