//! Letting the checkpoints of a run go that is over.

use super::decision::{Decision, Refusal};
use crate::event::CheckpointsDropAsked;
use crate::run::RunState;
use crate::status::{By, Status};

/// Decides `gc --checkpoints` for one run; [`next`](super::next) carries it out. `alive` is the count of the run's processes.
///
/// # Errors
/// Refused while anything of the run lives, and while it may be tried again.
pub fn drop_checkpoints(run: &RunState, alive: usize, by: By) -> Result<Decision, Refusal> {
    may_drop(run, alive)?;
    Ok(Decision::default().event(None, CheckpointsDropAsked { by }))
}

/// Whether the checkpoints of a run may go; returns what speaks for it.
///
/// # Errors
/// What stands against it.
pub fn may_drop(run: &RunState, alive: usize) -> Result<&'static str, Refusal> {
    if run.is_live() || alive > 0 {
        let living = if alive > 0 { crate::figures::living(alive) } else { "its agent lives".to_owned() };
        return Err(Refusal::new(format!("it is {}, {living}", run.status.word()), "terminate it first"));
    }
    if run.status.is_settled() && !run.is_at_rest() {
        return Err(Refusal::new("something is being done with it already", "wait a moment"));
    }
    if !run.is_at_rest() {
        return Err(Refusal::new(format!("it is {}", run.status.word()), "wait until it is over, or terminate it"));
    }
    match () {
        () if run.status == Status::Merged => Ok("it is merged"),
        () if run.removed => Ok("its worktree was removed"),
        () if run.dismissed => Ok("it is dismissed"),
        () => {
            let reason = format!("it is {} and may be tried again or rolled back", run.status.word());
            Err(Refusal::new(reason, "`pilothouse dismiss` or `rm` first says that it is over"))
        }
    }
}
