//! Letting a paused run go on.

use super::budget::{asked, is_cut_off};
use super::decision::{Decision, Refusal};
use crate::budget::{Budget, BudgetOf};
use crate::effect::Effect;
use crate::event::{BudgetSet, RetryRequested, RunResumed};
use crate::run::RunState;
use crate::status::{By, Status};

/// Decides `resume`. With `budget` it may use so much in all from then on; a run that a budget stopped gets as much again
/// as was asked for without.
///
/// # Errors
/// Refused when the run is not paused, with what would set it going instead, and when `budget` is used up already.
pub fn resume(run: &RunState, budget: Budget, by: By) -> Result<Decision, Refusal> {
    if run.effects.values().any(|e| matches!(e, Effect::Thaw { .. })) {
        return Err(Refusal::new("it is being resumed already", "wait a moment"));
    }
    if run.keeper_gone {
        let next = "`pilothouse terminate` ends what still lives; `retry` goes on afterwards";
        return Err(Refusal::new("its keeper is gone, so nobody can let its processes go on", next));
    }
    if run.status.is_settled() {
        let reason = format!("it is {} and not paused", run.status.word());
        return Err(Refusal::new(reason, "`pilothouse retry` starts another attempt"));
    }
    if run.ending.is_some() {
        return Err(Refusal::new("it is being terminated", "wait until it is"));
    }
    let set = budget_set(run, budget)?;
    let decision = set.into_iter().fold(Decision::default(), |decision, set| decision.event(run.attempt_key(), set));
    if run.paused.is_none() {
        // A budget can be raised before it is reached.
        let unchanged = Refusal::new("it is not paused", "it goes on by itself");
        return if decision.is_nothing() { Err(unchanged) } else { Ok(decision) };
    }
    match run.attempt_key().filter(|_| run.is_live()) {
        Some(attempt) => Ok(decision.effect(Effect::Thaw { attempt, by })),
        None => Ok(begins_again(run, decision, by)),
    }
}

/// Lets a run of which nothing lives go on with its next step: another attempt in the same session where the last one
/// failed.
fn begins_again(run: &RunState, decision: Decision, by: By) -> Decision {
    let key = run.attempt_key();
    let decision = decision.event(key.clone(), RunResumed { by: by.clone() });
    let failed = run.attempt().filter(|attempt| matches!(attempt.verdict(), Some(Err(_))));
    match (failed, run.current()) {
        (Some(_), Some(phase)) => {
            let resume = phase.attempts.iter().any(|attempt| attempt.session.is_some());
            decision.event(key, RetryRequested { phase: phase.spec.name.clone(), resume, only_step: false, by })
        }
        _ => decision,
    }
}

/// Returns the budget of the run from now on, where that is another figure than before.
fn budget_set(run: &RunState, named: Budget) -> Result<Option<BudgetSet>, Refusal> {
    let used = run.used();
    let of = run.over.as_ref().map(|over| over.of);
    if named.is_none() {
        let stopped = matches!(run.status, Status::Paused { by: By::Budget, .. });
        return Ok(match of {
            Some(BudgetOf::Day | BudgetOf::Repository) => Some(BudgetSet { budget: run.budget, alone: false }),
            _ if stopped && !is_cut_off(run) => {
                Some(BudgetSet { budget: Budget::again(asked(run), used), alone: run.budget_alone })
            }
            _ => None,
        });
    }
    let budget = Budget { tokens: named.tokens.or(run.budget.tokens), usd: named.usd.or(run.budget.usd) };
    match budget.reached(used) {
        Some(reached) => Err(Refusal::new(format!("that is used already: {reached}"), "name more than that")),
        None => Ok(Some(BudgetSet { budget, alone: of.is_some_and(|of| of != BudgetOf::Run) })),
    }
}
