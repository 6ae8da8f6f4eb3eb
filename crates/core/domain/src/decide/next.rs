//! What follows from a run's state alone, so that a daemon that starts anew goes on where the last one stopped.

use super::decision::{Decision, save};
use super::{budget, checking};
use crate::attempt::AttemptKey;
use crate::effect::Effect;
use crate::event::{
    LimitedWaits, PhaseFinished, PhaseStarted, RemovalRequested, RunFailed, RunReady, RunTerminated, WorkCommitted,
};
use crate::phase::{CommitUse, PhaseState, SessionUse};
use crate::run::RunState;
use crate::status::By;

/// The next step of a run's life; nothing while an effect is open or an agent is at work.
/// `slot` says whether the concurrency limit lets one more run begin.
pub fn next(run: &RunState, slot: bool) -> Decision {
    let nothing = Decision::default();
    let Some(spec) = &run.spec else { return nothing };
    if let Some((by, grace_ms)) = &run.ending {
        return end(run, by, *grace_ms);
    }
    if run.is_live() {
        let closed = close(run);
        return if closed.is_nothing() { budget::watch(run) } else { closed };
    }
    if !run.effects.is_empty() || run.goes_on_at.is_some() || run.is_held() {
        return nothing;
    }
    if run.status.is_settled() {
        return at_rest(run);
    }
    if run.waits_for_slot() && !slot {
        return nothing;
    }
    if let Some(recheck) = &run.recheck {
        return checking::again(run, recheck);
    }
    if run.worktree_at.is_none() {
        return nothing.effect(Effect::CreateWorktree);
    }
    if spec.environment.puts_something() && !run.leased {
        return nothing.effect(Effect::LeaseEnvironment);
    }
    if !spec.environment.setup.is_empty() && !run.set_up {
        return nothing.effect(Effect::SetUp { n: run.setups + 1 });
    }
    let Some(phase) = run.current() else {
        return nothing.event(None, RunFailed { phase: None, reason: "the run has no phases".to_owned() });
    };
    // One that never had an attempt begins like any other.
    if let Some(retry) = run.retry.as_ref().filter(|_| !phase.attempts.is_empty()) {
        return again(run, phase, retry);
    }
    if run.checkpoints.is_empty() && phase.attempts.is_empty() {
        return save(run, format!("the base, before {}", phase.spec.name));
    }
    if phase.progress.finished {
        if phase.progress.ended_at.is_none() {
            return save(run, format!("{} finished", phase.spec.name));
        }
        let index = run.phase + 1;
        return match run.phases.get(index) {
            Some(following) => start(run, index, phase.progress.ended_at, continued(phase, following)),
            None => ready(run, run.has_changed(), spec.release_unchanged),
        };
    }
    if let Some(head) = phase.progress.committed.as_deref().filter(|_| phase.repair.is_none()) {
        return checking::next(run, phase, head);
    }
    if phase.repair.as_ref().is_some_and(|repair| repair.attempt.is_none()) {
        return checking::repair(run, run.phase, phase);
    }
    match phase.attempt().map(|attempt| (attempt.number, attempt.verdict())) {
        None => start(run, run.phase, run.checkpoints.last().map(|c| c.n), None),
        Some((number, Some(Ok(())))) => finish(run, phase, number),
        Some((number, Some(Err(reason)))) => {
            let key = AttemptKey { phase: phase.spec.name.clone(), attempt: number };
            // What it was refused for is no failure of its own.
            if let Some(held) = budget::holds(run) {
                return held;
            }
            if phase.attempt().is_some_and(|attempt| attempt.refused) {
                return budget::goes_on(phase, key);
            }
            if let Some(until) = super::go_on::waits_until(run, spec, phase) {
                return nothing.event(Some(key), LimitedWaits { until });
            }
            let gave_up = super::go_on::gave_up(phase);
            let reason = gave_up.map_or(reason.clone(), |why| format!("{}; {why}", reason.trim_end_matches('.')));
            nothing.event(Some(key), RunFailed { phase: Some(phase.spec.name.clone()), reason })
        }
        Some((_, None)) => nothing,
    }
}

/// The end of the last phase. A worktree in which nothing was changed is of no use to anyone.
fn ready(run: &RunState, changed: bool, release: bool) -> Decision {
    let ready = Decision::default().event(None, RunReady { changed });
    // Its answer would go on in this worktree.
    let releases = release && !changed && run.has_worktree() && run.asked_last().is_none();
    if releases { ready.event(None, RemovalRequested { by: By::Pilothouse }) } else { ready }
}

/// A settled run does what it was asked for: go back, let its worktree go, have it back.
fn at_rest(run: &RunState) -> Decision {
    let nothing = Decision::default();
    if let Some(rollback) = &run.rollback {
        return match rollback.saved {
            false => save(run, format!("before the rollback to {}", rollback.to)),
            true => nothing.effect(Effect::RestoreCheckpoint { n: rollback.to }),
        };
    }
    if let Some(asked) = &run.merging {
        return super::merge::step(run, asked);
    }
    if run.proof.due {
        return super::proof::step(run);
    }
    let told = super::pr::step(run);
    if !told.is_nothing() {
        return told;
    }
    if run.reply.is_some() && !run.restoring {
        return super::reply::step(run);
    }
    let id = run.spec.as_ref().map(|spec| spec.id.to_string()).unwrap_or_default();
    if let Some(by) = &run.removing {
        // The effect's own number makes the name one that no earlier snapshot has.
        let snapshot = format!("{id}.{}", run.last_effect + 1);
        return nothing.effect(Effect::RemoveWorktree {
            snapshot,
            by: by.clone(),
            at: run.merged.as_ref().map(|merged| merged.head.clone()),
        });
    }
    if run.dropping.is_some() {
        return nothing.effect(Effect::DropCheckpoints);
    }
    match &run.snapshot {
        Some(snapshot) if run.restoring => nothing.effect(Effect::RestoreWorktree { snapshot: snapshot.name.clone() }),
        _ => nothing,
    }
}

/// Another attempt: what there is now is kept first, then the phase begins where it began before.
fn again(run: &RunState, phase: &PhaseState, retry: &crate::checkpoint::RetryAsked) -> Decision {
    if retry.resume {
        let session = phase.attempts.iter().rev().find_map(|a| a.session.clone());
        return start(run, retry.phase, None, session);
    }
    let name = &phase.spec.name;
    match (retry.saved, retry.put_back, phase.progress.began_at) {
        (false, _, _) => save(run, format!("before the retry of {name}")),
        (true, false, Some(n)) => Decision::default().effect(Effect::RestoreCheckpoint { n }),
        (true, _, began_at) => start(run, retry.phase, began_at, None),
    }
}

fn finish(run: &RunState, phase: &PhaseState, number: u32) -> Decision {
    let name = phase.spec.name.clone();
    match (phase.spec.commit, &run.head) {
        (CommitUse::Never, Some(head)) => {
            let key = AttemptKey { phase: name, attempt: number };
            committed(phase, key, head.clone(), 0)
        }
        _ => Decision::default().effect(Effect::CommitLeftovers { phase: name }),
    }
}

/// A phase's work is on the branch; its checks come before its end.
pub(super) fn committed(phase: &PhaseState, key: AttemptKey, head: String, leftovers: u32) -> Decision {
    let nothing = Decision::default();
    match phase.spec.checks.is_empty() {
        true => nothing.event(Some(key), PhaseFinished { head, leftovers }),
        false => nothing.event(Some(key), WorkCommitted { head, leftovers }),
    }
}

/// The session that a phase continues, if it is to continue the one before.
fn continued(before: &PhaseState, phase: &PhaseState) -> Option<String> {
    let same_agent = before.spec.agent == phase.spec.agent && before.spec.model == phase.spec.model;
    let continues = phase.spec.session == SessionUse::Continue && same_agent;
    before.attempt().filter(|_| continues).and_then(|attempt| attempt.session.clone())
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

/// The way to an end that was asked for: what lives or is being started is stopped. Our own work on files is not waited
/// for, which may take git long or for ever; until that is done too, the run is not at rest.
fn end(run: &RunState, by: &By, grace_ms: u64) -> Decision {
    let nothing = Decision::default();
    let stops = run.effects.values().any(|e| matches!(e, Effect::StopAttempt { .. }));
    let starts = |e: &&Effect| matches!(e, Effect::SetUp { .. } | Effect::RunCheck { .. } | Effect::StartAttempt(_));
    let starts = run.effects.values().find(starts).and_then(Effect::attempt);
    if let Some(attempt) = starts.filter(|_| !stops) {
        return nothing.effect(Effect::StopAttempt { attempt, grace_ms, by: by.clone() });
    }
    if run.effects.values().any(keeps_from_its_end) {
        return nothing;
    }
    match run.attempt_key() {
        Some(attempt) if run.is_live() => nothing.effect(Effect::StopAttempt { attempt, grace_ms, by: by.clone() }),
        key => nothing.event(key, RunTerminated { by: by.clone(), untold: None }),
    }
}

/// Whether a run can't be over before this has come to its end: it has to do with processes, or puts the worktree into
/// another state that must be told of.
fn keeps_from_its_end(effect: &Effect) -> bool {
    match effect {
        Effect::Write { .. }
        | Effect::CloseInput(_)
        | Effect::CreateWorktree
        | Effect::LeaseEnvironment
        | Effect::CommitLeftovers { .. }
        | Effect::SaveCheckpoint { .. }
        | Effect::DropCheckpoints
        | Effect::MeasureWork
        | Effect::WriteProof { .. }
        | Effect::Deliver { .. } => false,
        Effect::SetUp { .. }
        | Effect::StartAttempt(_)
        | Effect::StopAttempt { .. }
        | Effect::RunCheck { .. }
        | Effect::Freeze { .. }
        | Effect::Thaw { .. }
        | Effect::Merge { .. }
        | Effect::RestoreCheckpoint { .. }
        | Effect::RemoveWorktree { .. }
        | Effect::RestoreWorktree { .. } => true,
    }
}

/// A phase begins: with an attempt, or with its checks where it is nothing else.
fn start(run: &RunState, index: usize, checkpoint: Option<u32>, resumes: Option<String>) -> Decision {
    let Some(phase) = run.phases.get(index) else { return Decision::default() };
    let head = run.head.clone().filter(|_| phase.spec.only_checks && resumes.is_none());
    let Some(head) = head else { return start_attempt(run, index, checkpoint, resumes) };
    let key = AttemptKey { phase: phase.spec.name.clone(), attempt: 0 };
    let began = Decision::default().event(Some(key.clone()), started(run, index, checkpoint, None));
    began.event(Some(key), WorkCommitted { head, leftovers: 0 })
}

pub(super) fn start_attempt(
    run: &RunState,
    index: usize,
    checkpoint: Option<u32>,
    resumes: Option<String>,
) -> Decision {
    let Some(phase) = run.phases.get(index) else { return Decision::default() };
    if let Some(held) = budget::holds(run) {
        return held;
    }
    let key = AttemptKey { phase: phase.spec.name.clone(), attempt: phase.next_attempt() };
    let began = Decision::default().event(Some(key.clone()), started(run, index, checkpoint, resumes));
    began.effect(Effect::StartAttempt(key))
}

fn started(run: &RunState, index: usize, checkpoint: Option<u32>, resumes: Option<String>) -> PhaseStarted {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    PhaseStarted { index: count(index + 1), count: count(run.phases.len()), checkpoint, resumes }
}
