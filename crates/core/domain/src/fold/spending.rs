//! What was used, what it cost, and what may still be used.

use super::attempt::works;
use super::attempt_of::attempt_of;
use super::concern::misplaced;
use crate::budget::{Budget, BudgetOf, Used};
use crate::event::{Body, CallEnd, Event, KEY_SOURCE, ModelCalled, UsageReported};
use crate::money::Usd;
use crate::run::RunState;
use crate::spend::{self, Spent};
use crate::status::{Activity, Status};
use crate::tokens::Tokens;

/// Events of tokens, money and budgets; `false` for all others.
#[expect(clippy::wildcard_enum_match_arm, reason = "Concern::of names every kind")]
pub(super) fn spending(state: &mut RunState, event: &Event, body: &Body) {
    match body {
        Body::UsageReported(data) => reported(state, event, data),
        Body::ModelCalled(data) => called(state, event, data),
        Body::BudgetWarned(data) => state.warned |= data.of == BudgetOf::Run,
        Body::BudgetReached(data) => state.over = Some(data.clone()),
        Body::BudgetSet(data) => {
            state.budget = data.budget;
            state.budget_alone = data.alone;
            state.warned = false;
            state.over = None;
        }
        other => misplaced(other),
    }
}

/// Adds up an agent's own report, which counts where the gateway does not stand between.
fn reported(state: &mut RunState, event: &Event, data: &UsageReported) {
    let attempt = event.attempt_key();
    if attempt.as_ref().and_then(|key| state.attempt_named(key)).is_some_and(|attempt| attempt.metered) {
        return;
    }
    *state.tokens.get_or_insert_with(Tokens::default) += data.tokens;
    let phase = event.phase.as_deref().unwrap_or_default();
    let (agent, asked) = state.agent_of(phase).unwrap_or_default();
    let spent = Spent {
        quarter: spend::quarter(event.at),
        agent: agent.to_owned(),
        model: data.model.clone().or_else(|| state.model.clone()).or_else(|| asked.map(str::to_owned)),
        metered: false,
        calls: 0,
        tokens: data.tokens,
        usd: data.cost_usd.unwrap_or_default(),
        unpriced: if data.cost_usd.is_some() { 0 } else { data.tokens.total() },
        cut: 0,
        at_most: Used::NOTHING,
    };
    spend::add(&mut state.spend, spent);
}

fn called(state: &mut RunState, event: &Event, data: &ModelCalled) {
    if let Some(attempt) = attempt_of(state, event) {
        attempt.refused = data.over.is_some();
        attempt.without_key = data.error.clone().filter(|error| error.ends_with(KEY_SOURCE));
    }
    if let Some(tokens) = data.tokens {
        *state.tokens.get_or_insert_with(Tokens::default) += tokens;
    }
    if data.end != CallEnd::Refused {
        let beside: Usd = data.beside.iter().filter_map(|of| of.cost_usd).sum();
        let of = |model: Option<&str>, tokens: Tokens, cost: Option<Usd>| Spent {
            quarter: spend::quarter(data.began_at),
            agent: state.agent_of(event.phase.as_deref().unwrap_or_default()).unwrap_or_default().0.to_owned(),
            model: model.map(str::to_owned),
            metered: true,
            calls: 0,
            tokens,
            usd: cost.unwrap_or_default(),
            unpriced: if cost.is_some() { 0 } else { tokens.total() },
            cut: 0,
            at_most: Used::NOTHING,
        };
        let mut spent: Vec<_> = data.beside.iter().map(|b| of(Some(&b.model), b.tokens, b.cost_usd)).collect();
        spent.push(Spent {
            calls: 1,
            cut: u64::from(data.bill_is_open()),
            at_most: data.at_most.unwrap_or_default(),
            ..of(data.model(), data.own_amount().tokens, data.cost_usd.map(|cost| cost.less(beside)))
        });
        for spent in spent {
            spend::add(&mut state.spend, spent);
        }
        state.cut_in_a_row = if data.bill_is_open() { state.cut_in_a_row.saturating_add(1) } else { 0 };
        follow_the_sum(state);
    }
    // Some agents try again without a word.
    let failed = data.status.is_none_or(|status| status >= 400) || data.end == CallEnd::Cut;
    let says = matches!(state.status, Status::Working(Activity::Retrying { .. }));
    if failed && data.end != CallEnd::Refused && !says && state.is_live() {
        works(state, Activity::Retrying { attempt: 0 });
    } else if !failed && matches!(state.status, Status::Working(Activity::Retrying { attempt: 0 })) {
        works(state, Activity::Thinking);
    }
}

/// Calls that were open when the budget was reached end after it: the figures of the reason are those of the sum.
fn follow_the_sum(state: &mut RunState) {
    let (spent, budget) = (state.spent(), state.budget);
    let Some(over) = state.over.as_mut().filter(|over| over.of == BudgetOf::Run) else { return };
    if let Some(used) = budget.reached_with(spent.used(), spent.at_most) {
        over.used = used;
    }
}

/// A person lets a run go on that a budget had stopped. In older timelines that itself gave it as much again.
pub(super) fn let_go_on(state: &mut RunState) {
    if state.over.take().is_none() && state.budget.reached(state.used()).is_some() {
        raise(state);
    }
}

/// As much again as was asked for may be used from here on.
fn raise(state: &mut RunState) {
    let asked = state.spec.as_ref().map(|spec| spec.budget()).unwrap_or_default();
    state.budget = Budget::again(asked, state.used());
    state.over = None;
}
