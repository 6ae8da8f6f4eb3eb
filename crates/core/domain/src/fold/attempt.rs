//! Events that belong to an attempt, and what they make of the run's status.

use super::attempt_of::attempt_of;
use super::concern::misplaced;
use crate::attempt::AgentResult;
use crate::command::ALLOWED_FOR_RUN;
use crate::event::{Body, Event};
use crate::question::last_words;
use crate::run::{Question, RunState};
use crate::status::{Activity, Status};

/// Events that belong to an attempt.
#[expect(clippy::wildcard_enum_match_arm, reason = "Concern::of names every kind")]
pub(super) fn attempt_event(state: &mut RunState, event: &Event, body: &Body) {
    match body {
        Body::AttemptStarted(data) => {
            state.started_at.get_or_insert(event.at);
            if let Some(attempt) = attempt_of(state, event) {
                attempt.started = true;
                attempt.pid = Some(data.pid);
                attempt.keeper_pid = Some(data.keeper_pid);
                attempt.reads.clone_from(&data.reads);
                attempt.metered = data.metered;
                attempt.paid_by.clone_from(&data.paid_by);
            }
            works(state, Activity::Starting);
        }
        Body::AttemptFinished(data) => {
            state.question = None;
            state.more_questions.clear();
            state.keeper_gone = false;
            if let Some(attempt) = attempt_of(state, event) {
                // One that left by itself after a good turn has done what it would.
                let left_well = data.exit.code == Some(0) && attempt.result.is_none();
                if let Some(rest) = attempt.rest.take().filter(|_| left_well) {
                    attempt.result = Some(AgentResult { ok: true, text: rest.text });
                }
                attempt.exit = Some(data.exit.clone());
            }
            unpause(state);
            works(state, Activity::Finishing);
        }
        Body::AgentSession(data) => {
            if data.model.is_some() {
                state.model.clone_from(&data.model);
            }
            if let Some(attempt) = attempt_of(state, event) {
                attempt.session = (!data.only_here).then(|| data.session.clone());
                attempt.rest = None;
            }
            works(state, Activity::Thinking);
        }
        Body::WordsGiven(data) => {
            if let Some(attempt) = attempt_of(state, event) {
                attempt.unsaid.push(data.text.clone());
            }
        }
        Body::AgentFinished(data) => {
            if let Some(attempt) = attempt_of(state, event) {
                attempt.result = Some(AgentResult { ok: data.ok, text: data.text.clone() });
                attempt.rest = None;
                if attempt.said.is_none() || !data.text.trim().is_empty() {
                    attempt.said = Some(last_words(&data.text));
                }
            }
            works(state, Activity::Finishing);
        }
        Body::AgentMessage(data) => {
            if let Some(attempt) = attempt_of(state, event) {
                attempt.said = Some(last_words(&data.text));
            }
            works(state, Activity::Streaming);
        }
        Body::AgentRetrying(data) => works(state, Activity::Retrying { attempt: data.attempt }),
        Body::ToolCalled(data) => {
            works(state, Activity::Tool { name: data.name.clone(), about: data.about.clone() });
        }
        Body::ToolReturned(_) => works(state, Activity::Thinking),
        Body::WaitingStarted(data) => {
            if !state.status.is_settled() {
                *state.status_mut() = Status::Waiting;
            }
            let question = Question {
                id: data.id.clone(),
                text: data.text.clone(),
                choices: data.choices.clone(),
                tool: data.tool.clone(),
                input: data.input.clone(),
                kind: data.kind,
                asks: data.asks.clone(),
                full: data.full.clone(),
                asked_at: event.at,
                answered: false,
            };
            match &state.question {
                // Some agents ask for several things at once; each waits for its own answer.
                Some(open) if open.id != data.id => state.more_questions.push(question),
                _ => state.question = Some(question),
            }
        }
        Body::WaitingEnded(data) => {
            if let Some(asked) = state.question.take_if(|q| q.id == data.id)
                && data.how == ALLOWED_FOR_RUN
            {
                state.allowed.extend(asked.tool);
            }
            state.more_questions.retain(|q| q.id != data.id);
            if state.question.is_none() && !state.more_questions.is_empty() {
                state.question = Some(state.more_questions.remove(0));
            }
            if state.question.is_none() && *state.status_mut() == Status::Waiting {
                *state.status_mut() = Status::Working(Activity::Thinking);
            }
        }
        Body::Limited(data) if !state.status.is_settled() => {
            *state.status_mut() = Status::Limited { resets_at: data.resets_at };
            if let Some(attempt) = attempt_of(state, event) {
                attempt.limited_until = data.resets_at;
            }
        }
        Body::LimitedWaits(data) if !state.status.is_settled() => {
            if let Some(attempt) = attempt_of(state, event) {
                attempt.waited_until = Some(data.until);
            }
            state.goes_on_at = Some(data.until);
            state.status = Status::Limited { resets_at: Some(data.until) };
        }
        Body::LimitedEnded(_) => {
            if let Some(attempt) = attempt_of(state, event) {
                attempt.limited_until = None;
            }
            if matches!(state.status_mut(), Status::Limited { .. }) {
                *state.status_mut() = Status::Working(Activity::Thinking);
            }
        }
        // What is settled waits for no limit.
        Body::Limited(_) | Body::LimitedWaits(_) => {}
        other => misplaced(other),
    }
}

/// An agent at work says what it does; that never wakes a settled, waiting or limited run.
pub(super) fn works(state: &mut RunState, activity: Activity) {
    let status = state.status_mut();
    let open = matches!(status, Status::Queued | Status::Preparing | Status::Checking | Status::Working(_));
    if (open || activity == Activity::Finishing) && !status.is_settled() {
        *status = Status::Working(activity);
    }
}

pub(super) fn ends(state: &mut RunState, event: &Event, status: Status) {
    state.status = status;
    state.question = None;
    state.more_questions.clear();
    state.keeper_gone = false;
    state.ending = None;
    state.goes_on_at = None;
    state.paused = None;
    state.over = None;
    state.retry = None;
    state.step_failed = false;
    state.reply = None;
    state.recheck = None;
    state.checks.values_mut().for_each(|check| check.runs = false);
    state.ended_at = Some(event.at);
}

pub(super) fn unpause(state: &mut RunState) {
    if let Some(paused) = state.paused.take() {
        state.status = paused.under;
    }
}
