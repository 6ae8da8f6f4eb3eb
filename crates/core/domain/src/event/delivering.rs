//! Data of the events by which a run's pull request comes and changes.

use serde::{Deserialize, Serialize};

use crate::pull_request::{PullState, PullWork};
use crate::status::By;

/// Someone asked for the pull request to be opened, made a draft or closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullAsked {
    pub to: PullState,
    pub by: By,
}

/// A pull request as its forge has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullOpened {
    pub forge: String,
    pub number: u64,
    /// Where a person can look at it.
    pub url: Option<String>,
    pub work: PullWork,
}

/// The forge was told of something new; the whole as it is then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullChanged {
    pub pull: PullOpened,
}
