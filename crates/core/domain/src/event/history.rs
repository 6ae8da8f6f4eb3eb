//! Data of the events by which a run can be taken back, tried again, put aside and brought back.

use serde::{Deserialize, Serialize};

use crate::status::By;

/// A person answered what the agent asked with its last words; the agent's session goes on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyGiven {
    pub text: String,
    pub by: By,
}

/// The whole worktree, untracked files too, was kept as a commit under `refs/pilothouse/<run>/<n>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointSaved {
    /// Counts from 0, which is the base.
    pub n: u32,
    /// The checkpoint's commit, in full; its first parent is `head`.
    pub commit: String,
    /// The checkpoint's tree, in full; empty in older timelines.
    #[serde(default)]
    pub tree: String,
    /// The commit the branch stood at, in full.
    pub head: String,
    pub why: String,
}

/// Files, index and branch were put back to a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointRestored {
    pub n: u32,
    /// The commit the branch stands at now, in full.
    pub head: String,
    /// Refs that keep what no checkpoint had: later work, ignored files that were in the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
}

/// Someone asked for another attempt at a phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryRequested {
    pub phase: String,
    /// Keep the worktree and continue the agent's own session; else both begin anew.
    pub resume: bool,
    /// Only the step of pilothouse's own is taken again that the run failed at; worktree and attempt are as they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_step: bool,
    pub by: By,
}

/// Someone asked for the run to be put back to a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackRequested {
    pub to: u32,
    pub by: By,
}

/// The run's repository was moved on disk, and its runs were taken over where it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunMoved {
    /// Absolute path of the repository's main worktree.
    pub repo: String,
    /// Absolute path of the run's own worktree, there or to be brought back there.
    pub worktree: String,
    pub by: By,
}

/// A person has seen how the run ended and wants it out of sight.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunDismissed {}

/// Someone asked for the checkpoints to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointsDropAsked {
    pub by: By,
}

/// The run's checkpoints so far are no more, nor what ways back overwrote.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckpointsDropped {
    /// How many refs went.
    pub refs: u32,
}

/// Someone asked for the worktree and branch to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovalRequested {
    pub by: By,
}

/// The content of a worktree and its branch is kept in `snapshots/<name>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotSaved {
    pub name: String,
    /// Bytes of the files kept.
    pub bytes: u64,
    /// Ignored folders and files that were not kept, because they can be built again or are too large.
    #[serde(default)]
    pub left_out: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreeRemoved {
    pub by: By,
    /// The branch went too; its head is in the snapshot.
    pub branch: bool,
}

/// Someone asked for a removed worktree to come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreRequested {
    pub by: By,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreeRestored {
    pub path: String,
    /// The commit the branch stands at, in full.
    pub head: String,
}
