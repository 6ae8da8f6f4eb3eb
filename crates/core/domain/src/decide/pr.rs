//! A run's pull request: what a person asks of it, and telling its forge.

use super::decision::{Decision, Refusal};
use crate::effect::Effect;
use crate::event::PullAsked;
use crate::pull_request::{self, PullState};
use crate::run::RunState;
use crate::status::By;

/// Decides `pr`; [`next`](super::next) carries it out.
///
/// # Errors
/// Refused while the run is at work, and where there is nothing to deliver or nowhere to.
pub fn pr(run: &RunState, to: PullState, by: By) -> Result<Decision, Refusal> {
    let spec = run.spec.as_ref().filter(|spec| spec.deliver.forge.is_some());
    let Some(spec) = spec else {
        let next = "set deliver.forge = \"local\" in pilothouse.toml and start another run";
        return Err(Refusal::new("its base commit's settings say that nothing is delivered", next));
    };
    super::merge::not_yet(run)?;
    if !run.status.is_settled() || run.is_live() || !run.is_at_rest() {
        return Err(Refusal::new(format!("it is {}", run.status.word()), "wait until it is over"));
    }
    if run.removed {
        return Err(Refusal::new("its worktree was removed", "`pilothouse restore` brings it back"));
    }
    let proven = run.proof.measured.as_ref().filter(|_| run.proof.written.is_some());
    match proven {
        None => {
            let next = format!("`pilothouse proof {}` writes one", spec.name);
            return Err(Refusal::new("there is no proof pack of it, which is what goes on a pull request", next));
        }
        Some(work) if work.head == spec.base_commit => {
            return Err(Refusal::new("it changes nothing", "there is nothing to deliver"));
        }
        Some(_) => {}
    }
    if run.pull.is_none() && to == PullState::Closed {
        return Err(Refusal::new("it has no pull request", "there is nothing to close"));
    }
    // Also when it should be so already: the forge may have lost it.
    Ok(Decision::default().event(None, PullAsked { to, by }))
}

/// Decides what the forge is to be told.
pub(super) fn step(run: &RunState) -> Decision {
    let nothing = Decision::default();
    match pull_request::due(run) {
        Some(work) => nothing.effect(Effect::Deliver { work }),
        None => nothing,
    }
}
