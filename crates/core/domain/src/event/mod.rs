//! What happened and is kept: one event is one line of `timeline.jsonl`.

mod agent;
mod background;
mod body;
mod checking;
mod conflict;
mod delivering;
mod escape;
mod history;
mod lifecycle;
mod line;
mod proving;
mod spending;

pub use agent::{
    AgentFinished, AgentMessage, AgentRetrying, AgentSession, Limited, LimitedEnded, LimitedWaits, RequestRefused,
    ToolCalled, ToolReturned, Unread, UsageReported, WaitingEnded, WaitingStarted, WordsGiven,
};
pub use background::{BackgroundEnded, BackgroundStarted, TurnEnded, TurnStarted};
pub use body::{Body, Other};
pub use checking::{CheckFinished, CheckRequested, CheckStarted, RepairRequested, WorkCommitted};
pub use conflict::{ConflictCleared, ConflictFound, NAMED};
pub use delivering::{PullAsked, PullChanged, PullOpened};
pub use escape::EscapeFound;
pub use history::{
    CheckpointRestored, CheckpointSaved, CheckpointsDropAsked, CheckpointsDropped, RemovalRequested, ReplyGiven,
    RestoreRequested, RetryRequested, RollbackRequested, RunDismissed, RunMoved, SnapshotSaved, WorktreeRemoved,
    WorktreeRestored,
};
pub use lifecycle::{
    Adopted, AttemptFinished, AttemptStarted, EffectFinished, EffectStarted, EnvironmentLeased, Lost, Note,
    PhaseFinished, PhaseStarted, RunCreated, RunFailed, RunPaused, RunQueued, RunReady, RunResumed, RunTerminated,
    SetupFinished, TerminateRequested, WorktreeCreated,
};
pub use line::LineError;
pub use proving::{
    CommentGiven, GateDecided, Merge, MergeRequested, ProofRequested, ProofWritten, Remark, Review, ReviewGiven,
    RunMerged, SecretFound, WorkMeasured,
};
pub use spending::{BudgetReached, BudgetSet, BudgetWarned, CallEnd, KEY_SOURCE, ModelCalled, UsedBeside};

use crate::attempt::AttemptKey;
use crate::timestamp::Timestamp;

/// The `prev` of a timeline's first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Which bytes of an attempt's output an event came from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// The file in the attempt's folder.
    pub file: String,
    /// Set on the last event of a batch only: all bytes before this offset are accounted for.
    /// A batch without it was cut short and is read again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}

/// An event of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Counts from 1 inside the run, without gaps.
    pub seq: u64,
    pub at: Timestamp,
    pub phase: Option<String>,
    pub attempt: Option<u32>,
    pub body: Body,
    pub src: Option<Source>,
    /// Lower-case hex SHA-256 of the previous line without its newline; [`GENESIS`] for the first.
    pub prev: String,
}

impl Event {
    /// The attempt this event belongs to, if it belongs to one.
    pub fn attempt_key(&self) -> Option<AttemptKey> {
        Some(AttemptKey { phase: self.phase.clone()?, attempt: self.attempt? })
    }
}
