//! The time between two events, by what went on in it.

use crate::run::RunState;
use crate::status::{Activity, Status};
use crate::timestamp::Timestamp;

/// Adds the time that has passed since the last event.
pub(super) fn pass_time(state: &mut RunState, at: Timestamp) {
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
        Status::Queued
        | Status::Preparing
        | Status::Working(_)
        | Status::Checking
        | Status::Ready
        | Status::Merged
        | Status::Failed { .. }
        | Status::Terminated { .. }
        | Status::Lost { .. }
        | Status::Unknown { .. } => &mut times.thinking_ms,
    };
    *slot = slot.saturating_add(passed);
}
