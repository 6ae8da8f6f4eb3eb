//! Ending a run: every process of it goes, its worktree and branch stay.

use super::decision::{Decision, Refusal};
use crate::event::TerminateRequested;
use crate::run::RunState;
use crate::status::By;

/// Decides `terminate`: the request is kept first, and [`next`](super::next) carries it out,
/// also when a daemon dies in between.
///
/// # Errors
/// Refused when the run is over already, or when its end was asked for before.
pub fn terminate(run: &RunState, grace_ms: u64, by: By) -> Result<Decision, Refusal> {
    if run.status.is_settled() {
        let reason = format!("it is {} already, nothing of it runs", run.status.word());
        return Err(Refusal::new(reason, "its worktree and branch are kept"));
    }
    if run.ending.is_some() {
        return Err(Refusal::new("it is being terminated already", "wait until it is"));
    }
    Ok(Decision::default().event(run.attempt_key(), TerminateRequested { by, grace_ms }))
}
