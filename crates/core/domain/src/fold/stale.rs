//! Which events make a proof pack stale.

use crate::event::Body;

/// Whether an event says something of the run that a pack without it would not tell.
pub(super) fn tells(body: &Body) -> bool {
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
