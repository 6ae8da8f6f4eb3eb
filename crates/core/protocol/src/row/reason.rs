//! Why a run is in its status, in words.

use domain::RunState;
use domain::budget::BudgetOf;
use domain::status::{By, Status};

/// Why a run does not begin that has nothing else to wait for.
const PLACE: &str = "waits for a place; others are at work";

/// What the agent wants to be told; what is hidden in it is shown, since a person answers what they see.
fn asks(run: &RunState) -> Option<String> {
    let question = run.question.as_ref()?;
    let interactive = run.spec.as_ref().is_some_and(|spec| spec.interactive);
    let asks = if interactive { "waits in its own terminal" } else { "asks" };
    Some(format!("{asks}: {}", domain::text::shown(&question.text)))
}

/// Which check is at work, and how far they have come.
fn checks(run: &RunState) -> String {
    let (all, done) = match (&run.recheck, run.current()) {
        (Some(recheck), _) => (recheck.checks.len(), recheck.done.len()),
        (None, Some(phase)) => (phase.spec.checks.len(), phase.checks.len()),
        (None, None) => (0, 0),
    };
    let name = run.checks.iter().find(|(_, check)| check.runs).map(|(name, _)| name.as_str());
    match name {
        Some(name) => format!("check {name} runs ({} of {all})", done + 1),
        None => format!("{done} of {all} checks have run"),
    }
}

/// Why the run is in its status, and what it gets in the way of.
pub(super) fn reason(run: &RunState, held: Option<&str>) -> Option<String> {
    let at_stake = !matches!(run.status, Status::Merged | Status::Terminated { .. });
    let conflicts = super::conflict::says(run).filter(|_| at_stake);
    let left = super::left::behind(run).filter(|_| run.status == Status::Ready);
    let mut parts: Vec<String> = [of_status(run, held), left, conflicts].into_iter().flatten().collect();
    // What a person is called for comes first.
    let calls = at_stake && run.conflicts.iter().any(|conflict| conflict.yields);
    if calls && matches!(run.status, Status::Ready | Status::Working(_) | Status::Checking | Status::Queued) {
        parts.reverse();
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn of_status(run: &RunState, held: Option<&str>) -> Option<String> {
    let under_way = [
        (run.removing == Some(By::Person), "its worktree is being removed"),
        (run.restoring, "its worktree is being restored"),
        (run.rollback.is_some(), "it is being rolled back"),
    ];
    if let Some((_, what)) = under_way.iter().find(|(is, _)| *is) {
        return Some((*what).to_owned());
    }
    if run.removed && run.status != Status::Ready {
        return Some(format!("{}; its worktree was removed, restore brings it back", run.status.word()));
    }
    if run.ending.is_some() {
        return Some("terminating: waiting until nothing of it lives".to_owned());
    }
    match &run.status {
        Status::Queued => Some(held.unwrap_or(PLACE).to_owned()),
        Status::Checking if run.waits_for_slot() => Some(held.unwrap_or(PLACE).to_owned()),
        Status::Preparing => {
            let sets_up = run.effects.values().any(|e| matches!(e, domain::effect::Effect::SetUp { .. }));
            let commands = || run.spec.as_ref().map(|spec| spec.environment.setup.join("; ")).unwrap_or_default();
            sets_up.then(|| format!("set-up runs: {}", commands()))
        }
        Status::Waiting => asks(run),
        Status::Limited { resets_at: Some(at) } => {
            let (hour, minute, _) = at.time_of_day();
            let by_itself = if run.goes_on_at.is_some() { "; goes on by itself then" } else { "" };
            Some(format!("limited until {hour:02}:{minute:02} UTC (said by the provider){by_itself}"))
        }
        Status::Limited { resets_at: None } => Some("limited; the provider gave no time".to_owned()),
        Status::Paused { .. } if run.keeper_gone => {
            Some("paused, and its keeper is gone; terminate it, then retry goes on".to_owned())
        }
        Status::Paused { by, reason } => {
            // Calls that were open when a budget was reached end after it.
            let follows = *by == By::Budget && run.over.as_ref().is_some_and(|over| over.of == BudgetOf::Run);
            let reason = if follows { domain::decide::budget_reason(run) } else { reason.clone() };
            let frozen = run.paused.as_ref().map(|paused| paused.frozen.describe());
            Some([asks(run), Some(reason), frozen].into_iter().flatten().collect::<Vec<_>>().join("; "))
        }
        Status::Lost { reason } | Status::Unknown { reason } => Some(reason.clone()),
        Status::Failed { phase, reason } if phase.is_empty() => Some(reason.clone()),
        Status::Failed { phase, reason } => Some(format!("{phase}: {reason}")),
        Status::Terminated { by } => Some(match by {
            By::Person => "terminated by a person".to_owned(),
            By::Budget => "terminated: over budget".to_owned(),
            By::Pilothouse => "terminated by pilothouse".to_owned(),
        }),
        Status::Working(_) if run.keeper_gone => Some("its keeper is gone; its processes still live".to_owned()),
        Status::Ready => {
            let same = run.spec.as_ref().is_some_and(|s| run.head.as_ref() == Some(&s.base_commit));
            // What is in no commit is told before anybody goes away thinking that all is well.
            let against = run.proof.measured.as_ref().and_then(|measured| measured.against.first());
            Some(match (same, run.removed, against) {
                (true, true, _) => "nothing was changed, so its worktree was released".to_owned(),
                (true, false, None) => "nothing was changed".to_owned(),
                (true, false, Some(against)) => format!("nothing was committed: {against}"),
                (false, _, None) => "waits for review".to_owned(),
                (false, _, Some(against)) => format!("waits for review; {against}"),
            })
        }
        Status::Checking => Some(checks(run)),
        Status::Working(_) => super::left::waits_for(run),
        Status::Merged => None,
    }
}
