//! An answer to an agent that asked something with its last words and ended: its session goes on with it.

use super::decision::{Decision, Refusal};
use crate::event::{ReplyGiven, RestoreRequested, RetryRequested};
use crate::run::RunState;
use crate::status::{By, Status};

/// Decides an answer to last words; [`next`](super::next) carries it out, and brings its worktree back where that is gone.
///
/// # Errors
/// Refused where nothing was asked, and where there is no session to go on in.
pub fn reply(run: &RunState, text: &str, alive: usize, by: By) -> Result<Decision, Refusal> {
    let name = run.spec.as_ref().map_or("RUN", |spec| spec.name.as_str());
    let changes = format!("`pilothouse review {name} --changes TEXT` asks its agent for something");
    if run.status != Status::Ready || run.asked_last().is_none() {
        return Err(Refusal::new("it does not ask anything", changes));
    }
    if run.spec.as_ref().is_some_and(|spec| spec.interactive) {
        return Err(Refusal::new("it asked in its own terminal, which is closed", "`pilothouse retry` opens it again"));
    }
    if alive > 0 {
        return Err(Refusal::new(crate::figures::living(alive), "terminate it first"));
    }
    if !run.is_at_rest() {
        return Err(Refusal::new("something is being done with it already", "wait a moment"));
    }
    if run.removed && run.snapshot.is_none() {
        return Err(Refusal::new("its worktree is gone and no snapshot of it is known", "start another run"));
    }
    if session(run).is_none() {
        return Err(Refusal::new("its agent never named a session that could go on", changes));
    }
    Ok(Decision::default().event(run.attempt_key(), ReplyGiven { text: text.trim().to_owned(), by }))
}

fn session(run: &RunState) -> Option<&String> {
    run.current()?.attempts.iter().rev().find_map(|attempt| attempt.session.as_ref())
}

/// The next step of a run whose agent is to hear an answer.
pub(super) fn step(run: &RunState) -> Decision {
    let nothing = Decision::default();
    if run.removed {
        return nothing.event(None, RestoreRequested { by: By::Person });
    }
    let Some(phase) = run.current() else { return nothing };
    let asked = RetryRequested { phase: phase.spec.name.clone(), resume: true, only_step: false, by: By::Person };
    nothing.event(run.attempt_key(), asked)
}
