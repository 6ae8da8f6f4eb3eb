//! Where a run's time went.

use serde::{Deserialize, Serialize};

use crate::figures;
use crate::run::RunState;
use crate::status::{Activity, Status};
use crate::timestamp::Timestamp;

/// Milliseconds in which an attempt was open, by what was going on. Time between two events counts as what was known
/// after the first of them, so while no daemon ran it counts as what went on before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Times {
    /// The model answered, or the agent worked by itself.
    pub thinking_ms: u64,
    pub tools_ms: u64,
    /// It waited for a person's answer.
    pub waiting_ms: u64,
    /// A provider's limit stopped it, or a request was tried again.
    pub limited_ms: u64,
    pub paused_ms: u64,
}

impl Times {
    /// `thinking 2m10s, in tools 3.0s`: what took half a second at least.
    pub fn says(&self) -> String {
        let parts = [
            ("thinking", self.thinking_ms),
            ("in tools", self.tools_ms),
            ("waiting for you", self.waiting_ms),
            ("limited", self.limited_ms),
            ("paused", self.paused_ms),
        ];
        let parts = parts.into_iter().filter(|(name, ms)| *ms >= 500 || *name == "thinking");
        parts.map(|(name, ms)| format!("{name} {}", figures::seconds(ms))).collect::<Vec<_>>().join(", ")
    }
}

/// Adds the time that has passed since the last event.
pub(crate) fn pass(state: &mut RunState, at: Timestamp) {
    let since = state.times_at.replace(at);
    let Some(passed) = since.map(|since| at.since(since)).filter(|passed| *passed > 0) else { return };
    let waits_for_limit = state.goes_on_at.is_some();
    if !state.is_live() && !waits_for_limit {
        return;
    }
    let times = &mut state.times;
    let slot = match &state.status {
        Status::Waiting => &mut times.waiting_ms,
        Status::Paused { .. } => &mut times.paused_ms,
        Status::Limited { .. } | Status::Working(Activity::Retrying { .. }) => &mut times.limited_ms,
        Status::Working(Activity::Tool { .. }) => &mut times.tools_ms,
        _ => &mut times.thinking_ms,
    };
    *slot = slot.saturating_add(passed);
}
