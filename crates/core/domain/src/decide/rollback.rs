//! Going back to a checkpoint; the present is kept as another one first.

use super::decision::{Decision, Refusal, settled};
use crate::event::RollbackRequested;
use crate::run::RunState;
use crate::status::By;

/// Decides `rollback`; [`next`](super::next) carries it out. `alive` is the count of the run's processes.
///
/// # Errors
/// Refused while anything of the run lives, and when there is no such checkpoint.
pub fn rollback(run: &RunState, to: u32, alive: usize, by: By) -> Result<Decision, Refusal> {
    settled(run, alive)?;
    if !run.has_checkpoint(to) {
        let next = match run.checkpoints.last() {
            Some(last) if last.dropped => "they were dropped by `pilothouse gc --checkpoints`".to_owned(),
            Some(last) => format!("it has 0 to {}; `pilothouse show` names them", last.n),
            None => "it has none".to_owned(),
        };
        return Err(Refusal::new(format!("it has no checkpoint {to}"), next));
    }
    Ok(Decision::default().event(run.attempt_key(), RollbackRequested { to, by }))
}
