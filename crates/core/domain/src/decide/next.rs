//! What follows from a run's state alone, so that a daemon that starts anew goes on where the last one stopped.

use super::Decision;
use crate::attempt::AttemptKey;
use crate::effect::Effect;
use crate::event::{PhaseStarted, RunFailed, RunReady, RunTerminated};
use crate::run::RunState;
use crate::status::{By, Status};

/// The next step of a run's life; nothing while an effect is open or an agent is at work.
/// `slot` says whether the concurrency limit lets one more run begin.
pub fn next(run: &RunState, slot: bool) -> Decision {
    let nothing = Decision::default();
    let Some(spec) = &run.spec else { return nothing };
    if let Some((by, grace_ms)) = &run.ending {
        return end(run, by, *grace_ms);
    }
    if run.is_live() {
        return close(run);
    }
    if run.status.is_settled() || !run.effects.is_empty() {
        return nothing;
    }
    if run.worktree_at.is_none() {
        let begins = slot || run.status != Status::Queued;
        return if begins { nothing.effect(Effect::CreateWorktree) } else { nothing };
    }
    let Some(phase) = run.current() else {
        return nothing.event(None, RunFailed { phase: None, reason: "the run has no phases".to_owned() });
    };
    if phase.finished {
        let index = run.phase + 1;
        return match run.phases.get(index) {
            Some(following) => start(run, index, &following.spec.name, 1),
            None => nothing.event(None, RunReady { changed: run.head.as_ref() != Some(&spec.base_commit) }),
        };
    }
    match phase.attempt().map(|attempt| (attempt.number, attempt.verdict())) {
        None => start(run, run.phase, &phase.spec.name, 1),
        Some((_, Some(Ok(())))) => nothing.effect(Effect::CommitLeftovers { phase: phase.spec.name.clone() }),
        Some((number, Some(Err(reason)))) => {
            let key = AttemptKey { phase: phase.spec.name.clone(), attempt: number };
            nothing.event(Some(key), RunFailed { phase: Some(phase.spec.name.clone()), reason })
        }
        Some((_, None)) => nothing,
    }
}

/// An agent that has said its result waits for the end of its input before it goes.
fn close(run: &RunState) -> Decision {
    let nothing = Decision::default();
    let said = run.attempt().is_some_and(|a| a.result.is_some() && a.pid.is_some() && !a.input_closed);
    match run.attempt_key().filter(|_| said && !run.keeper_gone) {
        Some(attempt) => nothing.effect(Effect::CloseInput(attempt)),
        None => nothing,
    }
}

/// The way to an end that was asked for: what is being made is waited for, what lives is stopped.
fn end(run: &RunState, by: &By, grace_ms: u64) -> Decision {
    let nothing = Decision::default();
    let must_finish = |e: &Effect| !matches!(e, Effect::Write { .. } | Effect::CloseInput(_));
    if run.effects.values().any(must_finish) {
        return nothing;
    }
    match run.attempt_key() {
        Some(attempt) if run.is_live() => nothing.effect(Effect::StopAttempt { attempt, grace_ms, by: by.clone() }),
        key => nothing.event(key, RunTerminated { by: by.clone() }),
    }
}

fn start(run: &RunState, index: usize, phase: &str, attempt: u32) -> Decision {
    let key = AttemptKey { phase: phase.to_owned(), attempt };
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Decision::default()
        .event(Some(key.clone()), PhaseStarted { index: count(index + 1), count: count(run.phases.len()) })
        .effect(Effect::StartAttempt(key))
}
