//! Having a run's work measured and a proof pack written of it.

use super::decision::{Decision, Refusal};
use crate::effect::Effect;
use crate::event::ProofRequested;
use crate::run::RunState;
use crate::status::By;
use crate::timestamp::Timestamp;

/// Decides `proof`; [`next`](super::next) carries it out.
///
/// # Errors
/// Refused while the run is at work, and where nothing of its work is left.
pub fn proof(run: &RunState, by: By) -> Result<Decision, Refusal> {
    if !run.status.is_settled() || run.is_live() || !run.is_at_rest() {
        let reason = format!("it is {}", run.status.word());
        return Err(Refusal::new(reason, "a pack is written by itself when it is over"));
    }
    if run.removed {
        return Err(Refusal::new(
            "its worktree was removed",
            "`pilothouse restore` brings it back; packs written before stay",
        ));
    }
    if run.worktree_at.is_none() {
        return Err(Refusal::new("it never had a worktree, so there is nothing to prove", "retry it"));
    }
    Ok(Decision::default().event(None, ProofRequested { by }))
}

/// When a proof that came to nothing is tried again by itself.
pub fn proves_again_at(run: &RunState) -> Option<Timestamp> {
    run.proof.failed.as_ref()?.again_at.filter(|_| run.status.is_settled() && run.has_worktree())
}

/// Tries a proof again that came to nothing, when it is time and nothing else is being done.
pub fn prove_again(run: &RunState, now: Timestamp) -> Decision {
    let due = proves_again_at(run).is_some_and(|at| at <= now);
    if due { proof(run, By::Pilothouse).unwrap_or_default() } else { Decision::default() }
}

/// The next step of a pack that is to be written.
pub(super) fn step(run: &RunState) -> Decision {
    let nothing = Decision::default();
    match run.proof.covers {
        None => nothing.effect(Effect::MeasureWork),
        Some(seq) => nothing.effect(Effect::WriteProof { k: run.proof.next(), seq }),
    }
}
