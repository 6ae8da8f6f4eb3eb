//! Pull requests as all forges have them.

use domain::event::ReviewGiven;
use domain::gate::Method;
use domain::pull_request::{PullState, PullWork};
use serde::{Deserialize, Serialize};

use crate::error::ForgeError;

/// A pull request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pull {
    pub number: u64,
    /// The id of the run whose work it has.
    pub run: String,
    /// Absolute path of the repository's main worktree.
    pub repo: String,
    /// Short names.
    pub branch: String,
    pub base: String,
    pub title: String,
    /// Markdown.
    pub body: String,
    pub url: Option<String>,
    pub work: PullWork,
    pub reviews: Vec<ReviewOf>,
    /// Full id of the base's commit after the merge.
    pub merged: Option<String>,
}

/// A verdict and the event that it was given with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReviewOf {
    pub event: u64,
    pub given: ReviewGiven,
}

/// A pull request that is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPull<'a> {
    pub run: &'a str,
    pub branch: &'a str,
    pub base: &'a str,
    pub title: &'a str,
    pub update: Update<'a>,
}

/// The parts of a pull request that an update sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Update<'a> {
    pub body: &'a str,
    pub url: Option<&'a str>,
    pub work: &'a PullWork,
}

/// How the work is to be brought into its base.
pub struct PullMerge<'a> {
    pub method: Method,
    /// The commit that is to be merged, in full.
    pub head: &'a str,
    /// Merges on this machine with git; only a forge that is built in calls it. Returns the base's new commit.
    pub here: &'a dyn Fn() -> Result<String, ForgeError>,
}

impl Pull {
    pub(crate) fn is_over(&self) -> bool {
        self.work.state == PullState::Merged
    }
}
