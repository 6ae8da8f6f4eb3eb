//! Checkpoints of a run, and what is under way with them.

use crate::phase::PhaseProgress;
use crate::status::By;
use crate::timestamp::Timestamp;

/// A checkpoint as folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub n: u32,
    pub commit: String,
    pub tree: String,
    pub head: String,
    pub why: String,
    pub at: Timestamp,
    /// Index of the phase that goes on from here; the count of phases when all are finished.
    pub phase: usize,
    /// How far each phase had come.
    pub progress: Vec<PhaseProgress>,
    /// Whether the checkpoint was dropped, so that nothing goes back to it.
    pub dropped: bool,
}

/// Another attempt at a phase that was asked for and has not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryAsked {
    pub phase: usize,
    pub resume: bool,
    /// The present was kept as a checkpoint.
    pub saved: bool,
    /// The worktree stands where the phase began.
    pub put_back: bool,
}

/// A way back that was asked for and has not been gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    pub to: u32,
    pub by: By,
    pub saved: bool,
}
