//! Running checks again on a worktree as it is, because a person asks for it.

use super::decision::{Decision, Refusal, settled};
use crate::event::CheckRequested;
use crate::run::RunState;
use crate::status::{By, Status};

/// Decides `check`; [`next`](super::next) carries it out. Without names every check of the run is meant. `alive` is the
/// count of the run's processes.
///
/// # Errors
/// Refused while anything of the run lives, and where there is nothing to check.
pub fn check(run: &RunState, names: &[String], alive: usize, by: By) -> Result<Decision, Refusal> {
    settled(run, alive)?;
    let known: Vec<String> = run.spec.iter().flat_map(|spec| &spec.checks).map(|check| check.name.clone()).collect();
    if known.is_empty() {
        let next = "`pilothouse init` proposes some; those of a run are the ones its base commit had";
        return Err(Refusal::new("it has no checks", next));
    }
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        return Err(Refusal::new(format!("it has no check {unknown:?}"), format!("it has {}", known.join(", "))));
    }
    match run.status {
        Status::Ready | Status::Failed { .. } => {}
        Status::Queued
        | Status::Preparing
        | Status::Working(_)
        | Status::Waiting
        | Status::Limited { .. }
        | Status::Paused { .. }
        | Status::Checking
        | Status::Merged
        | Status::Terminated { .. }
        | Status::Lost { .. }
        | Status::Unknown { .. } => {
            let reason = format!("it is {}", run.status.word());
            return Err(Refusal::new(reason, "retry it first; checks are of work that is done"));
        }
    }
    if run.worktree_at.is_none() {
        return Err(Refusal::new("it has no worktree", "retry it"));
    }
    let checks = if names.is_empty() { known } else { names.to_vec() };
    Ok(Decision::default().event(run.attempt_key(), CheckRequested { checks, by }))
}
