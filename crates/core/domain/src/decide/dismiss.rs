//! Putting a run out of sight; nothing of it is changed.

use super::decision::{Decision, Refusal};
use crate::event::RunDismissed;
use crate::run::RunState;

/// Decides `dismiss`.
///
/// # Errors
/// Refused while the run is not over, and when it is dismissed already.
pub fn dismiss(run: &RunState) -> Result<Decision, Refusal> {
    if run.dismissed {
        return Err(Refusal::new("it is dismissed already", "`pilothouse ls --all` lists it"));
    }
    // A run whose timeline is broken may be put out of sight too: that is all that can be done with it.
    if !run.is_at_rest() {
        return Err(Refusal::new(format!("it is {}", run.status.word()), "terminate it first"));
    }
    Ok(Decision::default().event(None, RunDismissed {}))
}
