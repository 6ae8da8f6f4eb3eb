//! Letting a paused run go on.

use super::{Decision, Refusal};
use crate::effect::Effect;
use crate::run::RunState;
use crate::status::By;

/// Decides `resume`.
///
/// # Errors
/// Refused when the run is not paused, with what would set it going instead.
pub fn resume(run: &RunState, by: By) -> Result<Decision, Refusal> {
    if run.effects.values().any(|e| matches!(e, Effect::Thaw { .. })) {
        return Err(Refusal::new("it is being resumed already", "wait a moment"));
    }
    if run.keeper_gone {
        let next = "`pilothouse terminate` ends what still lives; `retry` goes on afterwards";
        return Err(Refusal::new("its keeper is gone, so nobody can let its processes go on", next));
    }
    match run.attempt_key().filter(|_| run.paused.is_some()) {
        Some(attempt) => Ok(Decision::default().effect(Effect::Thaw { attempt, by })),
        None if run.status.is_settled() => {
            let reason = format!("it is {} and not paused", run.status.word());
            Err(Refusal::new(reason, "`pilothouse retry` starts another attempt"))
        }
        None => Err(Refusal::new("it is not paused", "it goes on by itself")),
    }
}
