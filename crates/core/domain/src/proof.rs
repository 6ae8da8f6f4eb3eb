//! The proof of a run: what was measured of its work, the pack that was written last, and whether that still holds.

use crate::event::{Body, ProofWritten, ReviewGiven, WorkMeasured};

/// What is known of a run's proof.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProofState {
    /// A pack is to be written.
    pub due: bool,
    /// Something happened since the last pack that it does not tell.
    pub stale: bool,
    /// The work as it was measured last.
    pub measured: Option<WorkMeasured>,
    /// The event that said so, where a pack is still to be written of it.
    pub covers: Option<u64>,
    pub written: Option<ProofWritten>,
    /// The last verdict of a person.
    pub review: Option<ReviewGiven>,
    /// The event of that.
    pub reviewed_at: Option<u64>,
}

impl ProofState {
    /// The number of the next pack.
    pub fn next(&self) -> u32 {
        self.written.as_ref().map_or(0, |written| written.k).saturating_add(1)
    }

    /// The score of the last pack, while that tells all.
    pub fn score(&self) -> Option<u32> {
        self.written.as_ref().filter(|_| !self.stale).map(|written| written.score)
    }
}

/// Whether an event says something of the run that a pack without it would not tell.
pub(crate) fn tells(body: &Body) -> bool {
    !matches!(
        body,
        Body::EffectStarted(_)
            | Body::EffectFinished(_)
            | Body::ProofRequested(_)
            | Body::WorkMeasured(_)
            | Body::ProofWritten(_)
            | Body::GateDecided(_)
            | Body::MergeRequested(_)
            | Body::RunMerged(_)
            | Body::PullAsked(_)
            | Body::PullOpened(_)
            | Body::PullChanged(_)
            | Body::CommentGiven(_)
            | Body::ConflictFound(_)
            | Body::ConflictCleared(_)
            | Body::Note(_)
            | Body::Adopted(_)
            | Body::RunDismissed(_)
            | Body::RunMoved(_)
            | Body::CheckpointsDropAsked(_)
            | Body::CheckpointsDropped(_)
            | Body::RemovalRequested(_)
            | Body::SnapshotSaved(_)
            | Body::WorktreeRemoved(_)
            | Body::RestoreRequested(_)
            | Body::WorktreeRestored(_)
    )
}
