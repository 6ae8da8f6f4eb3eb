//! Bringing a removed worktree back as it was.

use super::decision::{Decision, Refusal};
use crate::event::RestoreRequested;
use crate::run::RunState;
use crate::status::By;

/// Decides `restore`; [`next`](super::next) carries it out.
///
/// # Errors
/// Refused when the worktree was not removed, or nothing was kept of it.
pub fn restore(run: &RunState, by: By) -> Result<Decision, Refusal> {
    if !run.removed {
        return Err(Refusal::new("its worktree was not removed", "there is nothing to restore"));
    }
    if !run.is_at_rest() {
        return Err(Refusal::new("something is being done with it", "wait a moment"));
    }
    if run.snapshot.is_none() {
        return Err(Refusal::new("no snapshot of it is known", "look into the snapshots folder by hand"));
    }
    Ok(Decision::default().event(None, RestoreRequested { by }))
}
