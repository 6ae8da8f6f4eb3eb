//! The checks of a phase, one after the other, and what follows: its end, a repair by its agent, or the run's failure.

use super::decision::{Decision, save};
use crate::attempt::AttemptKey;
use crate::check::{self, Verdict};
use crate::effect::Effect;
use crate::event::{CheckFinished, CheckStarted, PhaseFinished, RepairRequested, RunFailed, RunReady};
use crate::phase::PhaseState;
use crate::run::{Recheck, RunState};
use crate::status::Status;

/// The next step of a phase whose work is committed.
pub(super) fn next(run: &RunState, phase: &PhaseState, head: &str) -> Decision {
    let of = of(phase);
    let known = phase.spec.checks.iter().filter(|name| is_known(run, name));
    if let Some(name) = known.clone().find(|name| phase.checks.iter().all(|done| done.name != **name)) {
        return begin(run, name, of);
    }
    let failing = failing(run, &phase.checks);
    if failing.is_empty() {
        return Decision::default().event(Some(of), PhaseFinished { head: head.to_owned(), leftovers: 0 });
    }
    match why_not_repaired(phase, &failing) {
        Some(why) => {
            let reason = format!("{}{why}", reasons(&failing));
            Decision::default().event(Some(of), RunFailed { phase: Some(phase.spec.name.clone()), reason })
        }
        None => {
            let checks = failing.iter().map(|done| done.name.clone()).collect();
            let asked = RepairRequested { n: phase.repairs + 1, of: phase.spec.repair, checks };
            Decision::default().event(Some(of), asked)
        }
    }
}

/// The next step of checks that a person asked for: when all are done it is decided anew what the run is.
pub(super) fn again(run: &RunState, recheck: &Recheck) -> Decision {
    let Some(phase) = run.current() else { return Decision::default() };
    let of = of(phase);
    let nothing = Decision::default();
    if let Some(name) = recheck.checks.iter().find(|name| recheck.done.iter().all(|done| done.name != **name)) {
        return begin(run, name, of);
    }
    // What was not run this time counts as it came out last.
    let last = run.last_checks();
    let failing = failing(run, &last);
    let failed = |phase: String| RunFailed { phase: Some(phase), reason: reasons(&failing) };
    match &recheck.was {
        _ if failing.is_empty() && run.phases.iter().all(|phase| phase.progress.finished) => {
            nothing.event(None, RunReady { changed: run.has_changed() })
        }
        Status::Failed { phase: name, .. } if failing.is_empty() && *name == phase.spec.name && is_checked(phase) => {
            let head = run.head.clone().unwrap_or_default();
            nothing.event(Some(of), PhaseFinished { head, leftovers: 0 })
        }
        // It failed for another reason, which no check takes away.
        Status::Failed { phase: name, reason } if failing.is_empty() => {
            let phase = Some(name.clone()).filter(|name| !name.is_empty());
            nothing.event(Some(of), RunFailed { phase, reason: reason.clone() })
        }
        Status::Queued
        | Status::Preparing
        | Status::Working(_)
        | Status::Waiting
        | Status::Limited { .. }
        | Status::Paused { .. }
        | Status::Checking
        | Status::Ready
        | Status::Merged
        | Status::Failed { .. }
        | Status::Terminated { .. }
        | Status::Lost { .. }
        | Status::Unknown { .. } => nothing.event(Some(of), failed(phase.spec.name.clone())),
    }
}

/// Whether a phase's work is committed and only its checks kept it from its end.
fn is_checked(phase: &PhaseState) -> bool {
    phase.progress.committed.is_some() && !phase.progress.finished
}

/// The attempt whose work is checked; 0 before there is one.
fn of(phase: &PhaseState) -> AttemptKey {
    AttemptKey { phase: phase.spec.name.clone(), attempt: phase.attempt().map_or(0, |attempt| attempt.number) }
}

fn is_known(run: &RunState, name: &str) -> bool {
    run.spec.as_ref().is_some_and(|spec| spec.checks.iter().any(|check| check.name == name))
}

fn begin(run: &RunState, name: &str, of: AttemptKey) -> Decision {
    let spec = run.spec.as_ref().and_then(|spec| spec.checks.iter().find(|check| check.name == name));
    let Some(spec) = spec else { return Decision::default() };
    let n = run.checks.get(name).map_or(0, |check| check.begun) + 1;
    let started = CheckStarted { name: name.to_owned(), n, command: spec.run.clone() };
    Decision::default().event(Some(of), started).effect(Effect::RunCheck { name: name.to_owned(), n })
}

/// Required checks that are no pass.
fn failing<'a>(run: &RunState, done: &'a [CheckFinished]) -> Vec<&'a CheckFinished> {
    let required = |name: &str| {
        run.spec.as_ref().is_some_and(|spec| spec.checks.iter().any(|check| check.name == name && check.required))
    };
    done.iter().filter(|done| done.verdict != Verdict::Pass && required(&done.name)).collect()
}

/// Why the agent is not asked to mend it; `None` when it is.
fn why_not_repaired(phase: &PhaseState, failing: &[&CheckFinished]) -> Option<String> {
    let used = || match phase.spec.repair {
        0 => String::new(),
        of => format!("; repairs {}/{of} used", phase.repairs),
    };
    // What is no word on the work can't be mended by whoever did it.
    if failing.iter().any(|done| done.verdict == Verdict::Error) {
        return Some(used());
    }
    let same = |done: &&CheckFinished| phase.failed_before.iter().any(|before| check::same_failure(before, done));
    if !phase.failed_before.is_empty() && failing.iter().all(same) {
        return Some(format!(", twice the same{}", used()));
    }
    (phase.repairs >= phase.spec.repair).then(used)
}

fn reasons(failing: &[&CheckFinished]) -> String {
    failing.iter().map(|done| format!("{}: {}", done.name, done.reason)).collect::<Vec<_>>().join("; ")
}

/// The way to a repair that was asked for: the present is kept, then the agent is told.
pub(super) fn repair(run: &RunState, index: usize, phase: &PhaseState) -> Decision {
    let saved = phase.repair.as_ref().is_some_and(|repair| repair.saved);
    if !saved {
        let reviewed = phase.repair.as_ref().is_some_and(|repair| repair.review.is_some());
        let why = match reviewed {
            true => "before the changes that a review asked for".to_owned(),
            false => format!("before repair {} of {}", phase.repairs, phase.spec.name),
        };
        return save(run, why);
    }
    super::next::start_attempt(run, index, None, run.session_before(index))
}
