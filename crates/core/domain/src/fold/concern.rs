//! Which part of the fold an event belongs to.

use crate::event::Body;

/// A part of the fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concern {
    /// The run itself: its beginning, its phases, its end, its effects.
    Life,
    /// An attempt and what its agent says.
    Attempt,
    /// Turns that are no end, and the work behind them.
    Background,
    /// Pauses, checkpoints and the ways back.
    Keeping,
    /// Tokens, money and budgets.
    Spending,
    /// Committed work and its checks.
    Checking,
    /// Proof, review, gate and merge.
    Proving,
    /// The pull request and comments.
    Delivering,
    /// Work that conflicts with other work.
    Conflict,
    /// Nothing of the state but the time of the last event.
    Nothing,
}

impl Concern {
    /// Returns the part that folds this event. Every kind is named here, so that a new one that nobody folds does not build.
    pub(super) fn of(body: &Body) -> Self {
        match body {
            Body::RunCreated(_)
            | Body::RunQueued(_)
            | Body::WorktreeCreated(_)
            | Body::EnvironmentLeased(_)
            | Body::SetupFinished(_)
            | Body::PhaseStarted(_)
            | Body::PhaseFinished(_)
            | Body::RunReady(_)
            | Body::RunFailed(_)
            | Body::TerminateRequested(_)
            | Body::RunTerminated(_)
            | Body::Lost(_)
            | Body::EffectStarted(_)
            | Body::EffectFinished(_) => Self::Life,
            Body::AttemptStarted(_)
            | Body::AttemptFinished(_)
            | Body::AgentSession(_)
            | Body::WordsGiven(_)
            | Body::AgentFinished(_)
            | Body::AgentMessage(_)
            | Body::AgentRetrying(_)
            | Body::ToolCalled(_)
            | Body::ToolReturned(_)
            | Body::WaitingStarted(_)
            | Body::WaitingEnded(_)
            | Body::Limited(_)
            | Body::LimitedWaits(_)
            | Body::LimitedEnded(_) => Self::Attempt,
            Body::TurnStarted(_) | Body::TurnEnded(_) | Body::BackgroundStarted(_) | Body::BackgroundEnded(_) => {
                Self::Background
            }
            Body::RunPaused(_)
            | Body::RunResumed(_)
            | Body::CheckpointSaved(_)
            | Body::CheckpointRestored(_)
            | Body::RetryRequested(_)
            | Body::ReplyGiven(_)
            | Body::RollbackRequested(_)
            | Body::RunDismissed(_)
            | Body::CheckpointsDropAsked(_)
            | Body::CheckpointsDropped(_)
            | Body::RunMoved(_)
            | Body::RemovalRequested(_)
            | Body::SnapshotSaved(_)
            | Body::WorktreeRemoved(_)
            | Body::RestoreRequested(_)
            | Body::WorktreeRestored(_) => Self::Keeping,
            Body::UsageReported(_)
            | Body::ModelCalled(_)
            | Body::BudgetWarned(_)
            | Body::BudgetReached(_)
            | Body::BudgetSet(_) => Self::Spending,
            Body::WorkCommitted(_)
            | Body::CheckRequested(_)
            | Body::CheckStarted(_)
            | Body::CheckFinished(_)
            | Body::RepairRequested(_) => Self::Checking,
            Body::ProofRequested(_)
            | Body::WorkMeasured(_)
            | Body::ProofWritten(_)
            | Body::ReviewGiven(_)
            | Body::GateDecided(_)
            | Body::MergeRequested(_)
            | Body::RunMerged(_) => Self::Proving,
            Body::PullAsked(_) | Body::PullOpened(_) | Body::PullChanged(_) | Body::CommentGiven(_) => Self::Delivering,
            Body::ConflictFound(_) | Body::ConflictCleared(_) => Self::Conflict,
            Body::Note(_)
            | Body::Adopted(_)
            | Body::Other(_)
            | Body::Unread(_)
            | Body::EscapeFound(_)
            | Body::RequestRefused(_) => Self::Nothing,
        }
    }
}

/// Notes that a part of the fold was given an event of another part, which [`Concern::of`] and that part must agree on.
pub(super) fn misplaced(body: &Body) {
    debug_assert!(false, "{} is folded by another part", body.kind());
}
