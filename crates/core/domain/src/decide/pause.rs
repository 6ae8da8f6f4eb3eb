//! Pausing: every process of the run stands still; worktree and session stay as they are.

use super::decision::{Decision, Refusal};
use crate::effect::Effect;
use crate::run::RunState;
use crate::status::{By, Status};

/// Decides `pause`.
///
/// # Errors
/// Refused when nothing of the run lives, when it is paused already, or is just being started or ended.
pub fn pause(run: &RunState, by: By) -> Result<Decision, Refusal> {
    if run.status.is_settled() {
        let reason = format!("it is {}, nothing of it runs", run.status.word());
        return Err(Refusal::new(reason, "there is nothing to pause"));
    }
    if run.paused.is_some() {
        return Err(Refusal::new("it is paused already", "`pilothouse resume` lets it go on"));
    }
    if run.ending.is_some() {
        return Err(Refusal::new("it is being terminated", "wait until it is"));
    }
    if run.effects.values().any(|e| matches!(e, Effect::Freeze { .. })) {
        return Err(Refusal::new("it is being paused already", "wait a moment"));
    }
    if run.keeper_gone {
        let next = "`pilothouse terminate` ends what still runs";
        return Err(Refusal::new("its keeper is gone, so its processes can't be frozen as a whole", next));
    }
    let started = run.attempt().is_some_and(|a| a.is_live() && a.pid.is_some());
    match run.attempt_key().filter(|_| started) {
        Some(attempt) => {
            let reason = match by {
                By::Person => "paused by a person".to_owned(),
                By::Budget => super::budget::reason(run),
                By::Pilothouse => "paused by pilothouse".to_owned(),
            };
            Ok(Decision::default().effect(Effect::Freeze { attempt, by, reason }))
        }
        None if run.status == Status::Queued => {
            Err(Refusal::new("it waits for a place and has no process yet", "pause it when it works, or terminate it"))
        }
        None => Err(Refusal::new("it has no agent at work just now", "try again in a moment")),
    }
}
