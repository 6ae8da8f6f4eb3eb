//! Runs that have used what they may use: they stand still, nothing of their work is lost, and a person decides.

use super::decision::Decision;
use super::pause;
use crate::attempt::{AttemptKey, Frozen};
use crate::budget::{Budget, BudgetOf};
use crate::event::{BudgetReached, BudgetWarned, RetryRequested, RunPaused};
use crate::phase::PhaseState;
use crate::run::RunState;
use crate::status::By;

/// Answers cut one after the other that are no accident: they are paid for, and what they cost is not known.
const CUT_IN_A_ROW: u32 = 10;

/// Decides what a run at work has to be told or stopped for, by what it used.
pub(super) fn watch(run: &RunState) -> Decision {
    let nothing = Decision::default();
    if run.paused.is_some() || run.attempt().is_some_and(|attempt| attempt.result.is_some()) {
        return nothing;
    }
    let key = run.attempt_key();
    if run.over.is_some() {
        if run.unfrozen_at == Some(run.used()) {
            return nothing;
        }
        // What can't be paused just now is looked at again at its next event.
        return pause(run, By::Budget).unwrap_or(nothing);
    }
    if is_cut_off(run) && run.unfrozen_at != Some(run.used()) {
        return pause(run, By::Budget).unwrap_or(nothing);
    }
    if let Some(reached) = reached(run) {
        let mut told = run.clone();
        told.over = Some(reached.clone());
        let mut decision = pause(&told, By::Budget).unwrap_or_default();
        decision.events.insert(0, (key, reached.into()));
        return decision;
    }
    match run.budget.nearly(run.used()).filter(|_| !run.warned) {
        Some(used) => nothing.event(key, BudgetWarned { of: BudgetOf::Run, used }),
        None => nothing,
    }
}

/// Why no attempt may be started, as what is to be written down; `None` when one may.
pub(super) fn holds(run: &RunState) -> Option<Decision> {
    let nothing = Decision::default();
    let key = run.attempt_key();
    if run.over.is_some() {
        let frozen = Frozen { n: 0, of: 0, means: "nothing".to_owned() };
        return Some(nothing.event(key, RunPaused { by: By::Budget, reason: reason(run), frozen }));
    }
    reached(run).map(|reached| nothing.event(key, reached))
}

/// An attempt that heard of a budget which a person has raised since: another one goes on where it was.
pub(super) fn goes_on(phase: &PhaseState, key: AttemptKey) -> Decision {
    let resume = phase.attempts.iter().any(|attempt| attempt.session.is_some());
    let asked = RetryRequested { phase: phase.spec.name.clone(), resume, only_step: false, by: By::Pilothouse };
    Decision::default().event(Some(key), asked)
}

/// Whether one answer after the other was cut, and no budget is what it stands still for.
pub(super) fn is_cut_off(run: &RunState) -> bool {
    run.over.is_none() && run.cut_in_a_row >= CUT_IN_A_ROW
}

fn reached(run: &RunState) -> Option<BudgetReached> {
    let used = run.budget.reached_with(run.used(), run.spent().at_most)?;
    Some(BudgetReached { of: BudgetOf::Run, used })
}

/// Why a run stands still that spends more than it may, or in a way that nobody can count, and the next step.
pub fn reason(run: &RunState) -> String {
    if is_cut_off(run) {
        return format!(
            "{} answers in a row were cut off, which is paid for and can't be counted; `resume` lets it go on",
            run.cut_in_a_row
        );
    }
    let (of, used) = run.over.as_ref().map_or((BudgetOf::Run, String::new()), |over| (over.of, over.used.clone()));
    match of {
        BudgetOf::Run => format!("budget reached: {used}; resuming gives {} more", asked(run)),
        of @ (BudgetOf::Repository | BudgetOf::Day) => {
            let word = of.word();
            format!(
                "budget of the {word} reached: {used}; raise `budget.{word}`, or `resume` it with a --budget of its own"
            )
        }
    }
}

/// The amount that a run gets when it is let go on without a figure.
pub(super) fn asked(run: &RunState) -> Budget {
    let spec = run.spec.as_ref().map(|spec| spec.budget()).unwrap_or_default();
    if spec.is_none() { run.budget } else { spec }
}
