//! Removing a run's worktree and branch, after everything they hold was kept in a snapshot.

use super::decision::{Decision, Refusal, settled};
use crate::event::RemovalRequested;
use crate::run::RunState;
use crate::status::By;

/// Decides `rm`; [`next`](super::next) carries it out, and refuses there what only the worktree itself can tell.
/// `alive` is the count of the run's processes.
///
/// # Errors
/// Refused while anything of the run lives, and when there is no worktree.
pub fn rm(run: &RunState, alive: usize, by: By) -> Result<Decision, Refusal> {
    if run.removed {
        return Err(Refusal::new("its worktree was removed before", "`pilothouse restore` brings it back"));
    }
    settled(run, alive)?;
    if run.worktree_at.is_none() {
        return Err(Refusal::new("it has no worktree", "`pilothouse dismiss` puts it out of sight"));
    }
    Ok(Decision::default().event(None, RemovalRequested { by }))
}
