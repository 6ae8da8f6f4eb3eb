//! What a run's events add up to; the one place where its state changes.

use crate::attempt::{AgentResult, AttemptState, Exit};
use crate::command::ALLOWED_FOR_RUN;
use crate::effect::{Effect, Outcome};
use crate::event::{Body, Event};
use crate::phase::PhaseState;
use crate::run::{Question, RunState};
use crate::status::{Activity, Status};
use crate::tokens::Tokens;

/// The state after all `events`, from nothing.
pub fn all<'a>(events: impl IntoIterator<Item = &'a Event>) -> RunState {
    let mut state = RunState::default();
    for event in events {
        apply(&mut state, event);
    }
    state
}

/// Changes `state` by one event. Every order of events gives a state; none panics.
pub fn apply(state: &mut RunState, event: &Event) {
    state.seq = event.seq;
    state.last_event_at = Some(event.at);
    if let (Some(src), Some(attempt)) = (&event.src, attempt_of(state, event))
        && let Some(to) = src.to
        && src.file == "stdout"
    {
        attempt.read_to = attempt.read_to.max(to);
    }
    match &event.body {
        Body::RunCreated(data) => {
            state.phases = data.run.phases.iter().cloned().map(PhaseState::new).collect();
            state.spec = Some(data.run.clone());
            state.created_at = Some(event.at);
            state.status = Status::Queued;
        }
        Body::RunQueued(_) => state.status = Status::Queued,
        Body::WorktreeCreated(data) => {
            state.worktree_at = Some(data.head.clone());
            state.head = Some(data.head.clone());
        }
        Body::PhaseStarted(data) => {
            let last = state.phases.len().saturating_sub(1);
            state.phase = usize::try_from(data.index).unwrap_or(1).saturating_sub(1).min(last);
            // A run is at work when an agent is; until the first one is started it is being prepared.
            if matches!(state.status, Status::Working(_)) {
                works(state, Activity::Starting);
            }
        }
        Body::PhaseFinished(data) => {
            state.head = Some(data.head.clone());
            let phase = state.phases.iter_mut().find(|p| Some(&p.spec.name) == event.phase.as_ref());
            if let Some(phase) = phase {
                phase.committed = Some(data.head.clone());
                phase.finished = true;
            }
        }
        Body::RunReady(_) => ends(state, event, Status::Ready),
        Body::RunFailed(data) => {
            let phase = data.phase.clone().unwrap_or_default();
            ends(state, event, Status::Failed { phase, reason: data.reason.clone() });
        }
        Body::TerminateRequested(data) => state.ending = Some((data.by.clone(), data.grace_ms)),
        Body::RunTerminated(data) => ends(state, event, Status::Terminated { by: data.by.clone() }),
        Body::Lost(data) if data.survivors > 0 => state.keeper_gone = true,
        Body::Lost(data) => {
            if let Some(attempt) = attempt_of(state, event) {
                attempt.exit.get_or_insert_with(Exit::default);
            }
            ends(state, event, Status::Lost { reason: data.reason.clone() });
        }
        Body::EffectStarted(data) => {
            state.last_effect = state.last_effect.max(data.id);
            effect_starts(state, &data.effect);
            state.effects.insert(data.id, data.effect.clone());
        }
        Body::EffectFinished(data) => {
            if let Some(effect) = state.effects.remove(&data.id) {
                effect_ends(state, &effect, &data.outcome);
            }
        }
        Body::Note(_) | Body::Adopted(_) | Body::Other(_) | Body::Unread(_) => {}
        body => attempt_event(state, event, body),
    }
}

/// Events that belong to an attempt.
fn attempt_event(state: &mut RunState, event: &Event, body: &Body) {
    match body {
        Body::AttemptStarted(data) => {
            state.started_at.get_or_insert(event.at);
            if let Some(attempt) = attempt_of(state, event) {
                attempt.started = true;
                attempt.pid = Some(data.pid);
                attempt.keeper_pid = Some(data.keeper_pid);
            }
            works(state, Activity::Starting);
        }
        Body::AttemptFinished(data) => {
            state.question = None;
            state.keeper_gone = false;
            if let Some(attempt) = attempt_of(state, event) {
                attempt.exit = Some(data.exit.clone());
            }
            works(state, Activity::Finishing);
        }
        Body::AgentSession(data) => {
            if data.model.is_some() {
                state.model.clone_from(&data.model);
            }
            if let Some(attempt) = attempt_of(state, event) {
                attempt.session = Some(data.session.clone());
            }
            works(state, Activity::Thinking);
        }
        Body::AgentFinished(data) => {
            if let Some(attempt) = attempt_of(state, event) {
                attempt.result = Some(AgentResult { ok: data.ok, text: data.text.clone() });
            }
            works(state, Activity::Finishing);
        }
        Body::AgentMessage(_) => works(state, Activity::Streaming),
        Body::AgentRetrying(data) => works(state, Activity::Retrying { attempt: data.attempt }),
        Body::ToolCalled(data) => {
            works(state, Activity::Tool { name: data.name.clone(), about: data.about.clone() });
        }
        Body::ToolReturned(_) => works(state, Activity::Thinking),
        Body::UsageReported(data) => *state.tokens.get_or_insert_with(Tokens::default) += data.tokens,
        Body::WaitingStarted(data) => {
            if !state.status.is_settled() {
                state.status = Status::Waiting;
            }
            state.question = Some(Question {
                id: data.id.clone(),
                text: data.text.clone(),
                choices: data.choices.clone(),
                tool: data.tool.clone(),
                input: data.input.clone(),
                asked_at: event.at,
            });
        }
        Body::WaitingEnded(data) => {
            if let Some(asked) = state.question.take_if(|q| q.id == data.id)
                && data.how == ALLOWED_FOR_RUN
            {
                state.allowed.extend(asked.tool);
            }
            if state.question.is_none() && state.status == Status::Waiting {
                state.status = Status::Working(Activity::Thinking);
            }
        }
        Body::Limited(data) if !state.status.is_settled() => {
            state.status = Status::Limited { resets_at: data.resets_at };
        }
        Body::LimitedEnded(_) => {
            if matches!(state.status, Status::Limited { .. }) {
                state.status = Status::Working(Activity::Thinking);
            }
        }
        _ => {}
    }
}

/// An agent at work says what it does; that never wakes a settled, waiting or limited run.
fn works(state: &mut RunState, activity: Activity) {
    if matches!(state.status, Status::Queued | Status::Preparing | Status::Working(_))
        || activity == Activity::Finishing
    {
        if state.status.is_settled() {
            return;
        }
        state.status = Status::Working(activity);
    }
}

fn ends(state: &mut RunState, event: &Event, status: Status) {
    state.status = status;
    state.question = None;
    state.keeper_gone = false;
    state.ending = None;
    state.ended_at = Some(event.at);
}

fn effect_starts(state: &mut RunState, effect: &Effect) {
    match effect {
        Effect::CreateWorktree => {
            if state.status == Status::Queued {
                state.status = Status::Preparing;
            }
        }
        Effect::StartAttempt(key) => {
            if let Some(phase) = state.phases.iter_mut().find(|p| p.spec.name == key.phase)
                && phase.attempts.iter().all(|a| a.number != key.attempt)
            {
                phase.attempts.push(AttemptState { started: true, ..AttemptState::new(key.attempt) });
            }
        }
        Effect::CloseInput(key) => {
            let phase = state.phases.iter_mut().find(|p| p.spec.name == key.phase);
            let attempt = phase.and_then(|p| p.attempts.iter_mut().find(|a| a.number == key.attempt));
            if let Some(attempt) = attempt {
                attempt.input_closed = true;
            }
        }
        Effect::StopAttempt { .. } | Effect::CommitLeftovers { .. } | Effect::Write { .. } => {}
    }
}

fn effect_ends(state: &mut RunState, effect: &Effect, outcome: &Outcome) {
    if let (Effect::StartAttempt(key), Outcome::Failed(reason)) = (effect, outcome)
        && let Some(phase) = state.phases.iter_mut().find(|p| p.spec.name == key.phase)
        && let Some(attempt) = phase.attempts.iter_mut().find(|a| a.number == key.attempt)
    {
        attempt.exit.get_or_insert_with(|| Exit { error: Some(reason.clone()), ..Exit::default() });
    }
}

fn attempt_of<'a>(state: &'a mut RunState, event: &Event) -> Option<&'a mut AttemptState> {
    let name = event.phase.as_ref()?;
    let number = event.attempt?;
    let phase = state.phases.iter_mut().find(|p| &p.spec.name == name)?;
    phase.attempts.iter_mut().find(|a| a.number == number)
}
