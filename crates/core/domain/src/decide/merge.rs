//! Looking at the gate, and bringing a run's work into its base when that is open.

use super::decision::{Decision, Refusal};
use crate::effect::Effect;
use crate::event::{GateDecided, Merge, MergeRequested, Review, ReviewGiven, WorkMeasured};
use crate::gate::{self, Method};
use crate::pull_request::PullState;
use crate::run::RunState;
use crate::status::{By, Status};
use crate::text::short;

/// Decides `gate`: what it came to is kept when it is another than before.
///
/// # Errors
/// Every reason why it is closed.
pub fn gate(run: &RunState, now: &WorkMeasured) -> Result<Decision, Refusal> {
    let decided = decided(run, now)?;
    let nothing = Decision::default();
    Ok(if run.gate.as_ref() == Some(&decided) { nothing } else { nothing.event(None, decided) })
}

/// Refuses a run that is merged: work that is in the base is judged no more.
pub(super) fn not_yet(run: &RunState) -> Result<(), Refusal> {
    match &run.merged {
        Some(merged) if run.status == Status::Merged => {
            let what = format!("it is merged already, as {}", short(&merged.commit));
            Err(Refusal::new(what, "another run can go on from there"))
        }
        _ => Ok(()),
    }
}

fn decided(run: &RunState, now: &WorkMeasured) -> Result<GateDecided, Refusal> {
    let reasons = gate::reasons(run, now);
    if reasons.is_empty() {
        return Ok(GateDecided { open: true, reasons, head: now.head.clone() });
    }
    Err(Refusal::new(format!("the gate is closed: {}", reasons.join("; ")), next(run, now)))
}

/// Says what a person would do first.
fn next(run: &RunState, now: &WorkMeasured) -> String {
    let name = run.spec.as_ref().map_or("RUN", |spec| spec.name.as_str());
    let approved = |given: &ReviewGiven| given.verdict == Review::Approve && given.head == now.head;
    let approved = run.proof.review.as_ref().is_some_and(approved);
    let state = run.pull.as_ref().map(|pull| pull.work.state);
    match (&run.status, run.proof.stale || run.proof.written.is_none()) {
        (Status::Ready, _) if now.uncommitted => "commit it in the worktree, or throw it away there".to_owned(),
        (Status::Ready, true) => format!("`pilothouse proof {name}` writes a new pack"),
        (Status::Ready, false) if state == Some(PullState::Draft) => {
            format!("`pilothouse pr {name} --open` takes the draft's mark away")
        }
        // No look and no check makes it merge.
        (Status::Ready, false) if matches!(now.merge, Merge::Conflicts(_)) => {
            let base = run.spec.as_ref().map_or("its base", |spec| spec.base.as_str());
            format!(
                "`pilothouse review {name} --changes \"merge {base} and mend the conflicts\"` has its agent do that"
            )
        }
        (Status::Ready, false) if !approved => {
            format!("look at `pilothouse proof {name}`, then `pilothouse review {name} --approve`")
        }
        (Status::Ready, false) => {
            format!("`pilothouse check {name}` runs its checks again, `pilothouse proof {name}` says what was weighed")
        }
        _ => format!("`pilothouse retry {name}`"),
    }
}

/// Decides `merge`; [`next`](super::next) carries it out.
///
/// # Errors
/// Every reason why it may not be.
pub fn merge(run: &RunState, method: Option<Method>, now: &WorkMeasured, by: By) -> Result<Decision, Refusal> {
    let decided = decided(run, now)?;
    let method = method.or_else(|| Some(run.spec.as_ref()?.gate.method)).unwrap_or_default();
    let Some(base) = now.base.clone() else {
        return Err(Refusal::new("its base is gone", "make the branch again"));
    };
    let head = now.head.clone();
    Ok(Decision::default().event(None, decided).event(None, MergeRequested { method, head, base, by }))
}

/// The merge that was asked for.
pub(super) fn step(run: &RunState, asked: &MergeRequested) -> Decision {
    let onto = run.spec.as_ref().map(|spec| spec.base.clone()).unwrap_or_default();
    let (head, before) = (asked.head.clone(), asked.base.clone());
    let pull = run.pull.as_ref().map(|pull| pull.number);
    Decision::default().effect(Effect::Merge { method: asked.method, head, onto, before, pull })
}
