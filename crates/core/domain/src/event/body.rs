//! The table of event kinds: the name on disk and the data that goes with it.

use serde_json::value::RawValue;

use super::agent::*;
use super::background::*;
use super::checking::*;
use super::conflict::*;
use super::delivering::*;
use super::escape::*;
use super::history::*;
use super::lifecycle::*;
use super::proving::*;
use super::spending::*;

/// An event of a kind that this version does not know: kept as it is, so that nothing is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    pub kind: String,
    /// The data as JSON text.
    pub data: String,
}

macro_rules! kinds {
    ($($name:ident = $kind:literal),* $(,)?) => {
        /// The data of an event, by kind.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Body {
            $($name($name),)*
            Other(Other),
        }

        impl Body {
            /// Every kind this version writes.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            /// The kind's name on disk.
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$name(_) => $kind,)*
                    Self::Other(other) => &other.kind,
                }
            }

            pub(super) fn to_raw(&self) -> serde_json::Result<Box<RawValue>> {
                match self {
                    $(Self::$name(data) => serde_json::value::to_raw_value(data),)*
                    Self::Other(other) => RawValue::from_string(other.data.clone()),
                }
            }

            pub(super) fn from_raw(kind: &str, data: &RawValue) -> serde_json::Result<Self> {
                match kind {
                    $($kind => serde_json::from_str(data.get()).map(Self::$name),)*
                    _ => Ok(Self::Other(Other { kind: kind.to_owned(), data: data.get().to_owned() })),
                }
            }
        }

        $(impl From<$name> for Body {
            fn from(data: $name) -> Self {
                Self::$name(data)
            }
        })*
    };
}

kinds! {
    RunCreated = "run.created",
    RunQueued = "run.queued",
    WorktreeCreated = "worktree.created",
    EnvironmentLeased = "environment.leased",
    SetupFinished = "setup.finished",
    PhaseStarted = "phase.started",
    AttemptStarted = "attempt.started",
    AgentSession = "agent.session",
    AgentMessage = "agent.message",
    AgentRetrying = "agent.retrying",
    AgentFinished = "agent.finished",
    TurnStarted = "turn.started",
    TurnEnded = "turn.ended",
    BackgroundStarted = "background.started",
    BackgroundEnded = "background.ended",
    ToolCalled = "tool.called",
    ToolReturned = "tool.returned",
    UsageReported = "usage.reported",
    ModelCalled = "model.called",
    BudgetWarned = "budget.warned",
    BudgetReached = "budget.reached",
    BudgetSet = "budget.set",
    WaitingStarted = "waiting.started",
    WaitingEnded = "waiting.ended",
    WordsGiven = "words.given",
    RequestRefused = "request.refused",
    Limited = "limited",
    LimitedWaits = "limited.waits",
    LimitedEnded = "limited.ended",
    Unread = "unread",
    AttemptFinished = "attempt.finished",
    WorkCommitted = "work.committed",
    CheckRequested = "check.requested",
    CheckStarted = "check.started",
    CheckFinished = "check.finished",
    RepairRequested = "repair.requested",
    PhaseFinished = "phase.finished",
    ProofRequested = "proof.requested",
    WorkMeasured = "work.measured",
    ProofWritten = "proof.written",
    ReviewGiven = "review.given",
    GateDecided = "gate.decided",
    MergeRequested = "merge.requested",
    RunMerged = "run.merged",
    PullAsked = "pr.requested",
    PullOpened = "pr.opened",
    PullChanged = "pr.changed",
    CommentGiven = "comment.given",
    ConflictFound = "conflict.found",
    ConflictCleared = "conflict.cleared",
    EscapeFound = "escape.found",
    RunReady = "run.ready",
    RunFailed = "run.failed",
    TerminateRequested = "terminate.requested",
    RunTerminated = "run.terminated",
    RunPaused = "run.paused",
    RunResumed = "run.resumed",
    CheckpointSaved = "checkpoint.saved",
    CheckpointRestored = "checkpoint.restored",
    RetryRequested = "retry.requested",
    ReplyGiven = "reply.given",
    RollbackRequested = "rollback.requested",
    RunDismissed = "run.dismissed",
    RunMoved = "run.moved",
    CheckpointsDropAsked = "checkpoints.drop_asked",
    CheckpointsDropped = "checkpoints.dropped",
    RemovalRequested = "removal.requested",
    SnapshotSaved = "snapshot.saved",
    WorktreeRemoved = "worktree.removed",
    RestoreRequested = "restore.requested",
    WorktreeRestored = "worktree.restored",
    Adopted = "adopted",
    Lost = "lost",
    Note = "note",
    EffectStarted = "effect.started",
    EffectFinished = "effect.finished",
}
