//! Taking over a run whose repository was moved on disk.

use super::decision::{Decision, Refusal};
use crate::event::RunMoved;
use crate::run::RunState;
use crate::status::By;

/// Where a run and its repository are now, as was just looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPlace {
    /// Absolute path of the repository's main worktree.
    pub repo: String,
    /// Absolute path of the run's own worktree, there or to be brought back there.
    pub worktree: String,
}

/// Decides `adopt --moved`. `alive` is the count of the run's processes.
///
/// # Errors
/// Refused while anything of the run lives: what an agent was started with names the old place.
pub fn adopt(run: &RunState, alive: usize, place: &NewPlace, by: By) -> Result<Decision, Refusal> {
    let known = run.spec.as_ref().map(|spec| (spec.repo.as_str(), spec.worktree.as_str()));
    if known == Some((&place.repo, &place.worktree)) {
        return Err(Refusal::new("it is known to be here", "there is nothing to take over"));
    }
    if run.is_live() || alive > 0 {
        let living = if alive > 0 { crate::figures::living(alive) } else { "its agent lives".to_owned() };
        return Err(Refusal::new(format!("it is {}, {living}", run.status.word()), "terminate it first"));
    }
    // One that waits to begin or to go on has nothing that names the old place.
    let waits = run.effects.is_empty() && (run.waits_for_slot() || run.goes_on_at.is_some());
    if !run.is_at_rest() && !waits {
        return Err(Refusal::new(format!("it is {}", run.status.word()), "wait until it is over, or terminate it"));
    }
    let NewPlace { repo, worktree } = place.clone();
    Ok(Decision::default().event(None, RunMoved { repo, worktree, by }))
}
