//! What a run's events add up to; the one place where its state changes.

use crate::attempt::{AgentResult, AttemptState, Exit};
use crate::checkpoint::{Checkpoint, Retry, Rollback};
use crate::command::ALLOWED_FOR_RUN;
use crate::effect::{Effect, Outcome};
use crate::event::{Body, Event};
use crate::phase::PhaseState;
use crate::run::{Paused, Question, RunState, Snapshot};
use crate::status::{Activity, By, Status};
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
    // What pilothouse notes for itself is no sign of life of the run.
    if !matches!(event.body, Body::Adopted(_) | Body::Note(_)) {
        state.last_event_at = Some(event.at);
    }
    if let (Some(src), Some(attempt)) = (&event.src, attempt_of(state, event))
        && let Some(to) = src.to
        && src.file == "stdout"
    {
        attempt.read_to = attempt.read_to.max(to);
    }
    match &event.body {
        Body::RunCreated(data) => {
            state.phases = data.run.phases.iter().cloned().map(PhaseState::new).collect();
            state.spec = Some((*data.run).clone());
            state.budget = data.run.budget_tokens;
            state.created_at = Some(event.at);
            state.status = Status::Queued;
        }
        Body::RunQueued(_) => state.status = Status::Queued,
        Body::WorktreeCreated(data) => {
            state.worktree_at = Some(data.head.clone());
            state.head = Some(data.head.clone());
        }
        Body::EnvironmentLeased(_) => state.leased = true,
        Body::SetupFinished(_) => state.set_up = true,
        Body::PhaseStarted(data) => {
            let last = state.phases.len().saturating_sub(1);
            state.phase = usize::try_from(data.index).unwrap_or(1).saturating_sub(1).min(last);
            let index = state.phase;
            if let Some(phase) = state.phases.get_mut(index) {
                phase.progress.rolled_back = false;
                phase.resumes.clone_from(&data.resumes);
                // An attempt that goes on where the last one stopped leaves the phase's beginning where it was.
                if data.checkpoint.is_some() {
                    phase.progress.began_at = data.checkpoint;
                }
            }
            // A run is at work when an agent is; until the first one is started it is being prepared.
            if matches!(state.status, Status::Working(_)) {
                works(state, Activity::Starting);
            }
        }
        Body::PhaseFinished(data) => {
            state.head = Some(data.head.clone());
            let phase = state.phases.iter_mut().find(|p| Some(&p.spec.name) == event.phase.as_ref());
            if let Some(phase) = phase {
                phase.progress.committed = Some(data.head.clone());
                phase.progress.finished = true;
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
        body if keeping(state, event, body) => {}
        body => attempt_event(state, event, body),
    }
}

/// Events of pausing, checkpoints and removal; `false` for all others.
fn keeping(state: &mut RunState, event: &Event, body: &Body) -> bool {
    match body {
        Body::RunPaused(data) if state.is_live() => {
            let under = state.status_mut().clone();
            state.status = Status::Paused { by: data.by.clone(), reason: data.reason.clone() };
            state.paused = Some(Paused { frozen: data.frozen.clone(), under });
        }
        Body::RunPaused(_) => {}
        Body::RunResumed(_) => {
            if matches!(state.status, Status::Paused { by: By::Budget, .. }) {
                raise_budget(state);
            }
            unpause(state);
        }
        Body::CheckpointSaved(data) => {
            state.head = Some(data.head.clone());
            let finished = state.current().is_some_and(|phase| phase.progress.finished);
            if let Some(phase) = state.phases.get_mut(state.phase).filter(|_| finished) {
                phase.progress.ended_at.get_or_insert(data.n);
            }
            state.checkpoints.push(Checkpoint {
                n: data.n,
                commit: data.commit.clone(),
                tree: data.tree.clone(),
                head: data.head.clone(),
                why: data.why.clone(),
                at: event.at,
                phase: state.phase + usize::from(finished),
                progress: state.phases.iter().map(|phase| phase.progress.clone()).collect(),
            });
            if let Some(retry) = &mut state.retry {
                retry.saved = true;
            }
            if let Some(rollback) = &mut state.rollback {
                rollback.saved = true;
            }
        }
        Body::CheckpointRestored(data) => {
            state.head = Some(data.head.clone());
            match &mut state.retry {
                Some(retry) => retry.put_back = true,
                None => rolled_back(state, event, data.n),
            }
        }
        Body::RetryRequested(data) => {
            state.goes_on_at = None;
            if let Some(phase) = state.phases.iter().position(|p| p.spec.name == data.phase) {
                state.retry = Some(Retry { phase, resume: data.resume, saved: false, put_back: false });
                state.status = Status::Queued;
                state.ended_at = None;
                state.dismissed = false;
                state.phase = phase;
                let began_at = state.phases[phase].progress.began_at;
                state.phases[phase].reopen(began_at);
                state.phases[phase + 1..].iter_mut().for_each(|later| later.reopen(None));
            }
        }
        Body::RollbackRequested(data) => {
            state.rollback = Some(Rollback { to: data.to, by: data.by.clone(), saved: false });
        }
        Body::RunDismissed(_) => state.dismissed = true,
        Body::RemovalRequested(data) => state.removing = Some(data.by.clone()),
        Body::SnapshotSaved(data) => {
            let (name, left_out) = (data.name.clone(), data.left_out.clone());
            state.snapshot = Some(Snapshot { name, bytes: data.bytes, left_out });
        }
        Body::WorktreeRemoved(data) => {
            state.removing = None;
            state.removed = true;
            // One that pilothouse lets go by itself is still to be seen by the person.
            state.dismissed |= data.by == By::Person;
        }
        Body::RestoreRequested(_) => state.restoring = true,
        Body::WorktreeRestored(data) => {
            state.restoring = false;
            state.removed = false;
            state.dismissed = false;
            state.head = Some(data.head.clone());
        }
        _ => return false,
    }
    true
}

/// Every phase is as far as it was when the checkpoint was saved; the one that goes on begins there.
fn rolled_back(state: &mut RunState, event: &Event, to: u32) {
    state.rollback = None;
    let Some(checkpoint) = state.checkpoints.iter().find(|c| c.n == to) else { return };
    let index = checkpoint.phase;
    for (phase, progress) in state.phases.iter_mut().zip(checkpoint.progress.clone()) {
        phase.progress = progress;
    }
    let Some(phase) = state.phases.get_mut(index) else {
        state.phase = state.phases.len().saturating_sub(1);
        return ends(state, event, Status::Ready);
    };
    phase.reopen(Some(to));
    phase.progress.rolled_back = true;
    let name = phase.spec.name.clone();
    state.phase = index;
    let reason = format!("rolled back to checkpoint {to}; retry goes on from there");
    ends(state, event, Status::Failed { phase: name, reason });
}

/// As much again as was asked for may be used from here on.
fn raise_budget(state: &mut RunState) {
    let again = state.spec.as_ref().and_then(|spec| spec.budget_tokens);
    state.budget = again.map(|again| state.tokens.map_or(0, |t| t.total()).saturating_add(again));
}

fn unpause(state: &mut RunState) {
    if let Some(paused) = state.paused.take() {
        state.status = paused.under;
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
                attempt.reads.clone_from(&data.reads);
            }
            works(state, Activity::Starting);
        }
        Body::AttemptFinished(data) => {
            state.question = None;
            state.more_questions.clear();
            state.keeper_gone = false;
            if let Some(attempt) = attempt_of(state, event) {
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
                *state.status_mut() = Status::Waiting;
            }
            let question = Question {
                id: data.id.clone(),
                text: data.text.clone(),
                choices: data.choices.clone(),
                tool: data.tool.clone(),
                input: data.input.clone(),
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
        _ => {}
    }
}

/// An agent at work says what it does; that never wakes a settled, waiting or limited run.
fn works(state: &mut RunState, activity: Activity) {
    let status = state.status_mut();
    let open = matches!(status, Status::Queued | Status::Preparing | Status::Working(_));
    if (open || activity == Activity::Finishing) && !status.is_settled() {
        *status = Status::Working(activity);
    }
}

fn ends(state: &mut RunState, event: &Event, status: Status) {
    state.status = status;
    state.question = None;
    state.more_questions.clear();
    state.keeper_gone = false;
    state.ending = None;
    state.goes_on_at = None;
    state.paused = None;
    state.retry = None;
    state.ended_at = Some(event.at);
}

fn effect_starts(state: &mut RunState, effect: &Effect) {
    if state.status == Status::Queued {
        state.status = Status::Preparing;
    }
    match effect {
        Effect::StartAttempt(key) => {
            state.retry = None;
            if let Some(phase) = state.phases.iter_mut().find(|p| p.spec.name == key.phase)
                && phase.attempts.iter().all(|a| a.number != key.attempt)
            {
                let resumes = phase.resumes.take();
                phase.attempts.push(AttemptState { started: true, resumes, ..AttemptState::new(key.attempt) });
            }
        }
        Effect::Write { question: Some(id), .. } => {
            if let Some(open) = state.question.as_mut().filter(|open| open.id == *id) {
                open.answered = true;
            }
        }
        Effect::SetUp { n } => state.setups = state.setups.max(*n),
        Effect::CloseInput(key) => {
            let phase = state.phases.iter_mut().find(|p| p.spec.name == key.phase);
            let attempt = phase.and_then(|p| p.attempts.iter_mut().find(|a| a.number == key.attempt));
            if let Some(attempt) = attempt {
                attempt.input_closed = true;
            }
        }
        _ => {}
    }
}

fn effect_ends(state: &mut RunState, effect: &Effect, outcome: &Outcome) {
    let (Outcome::Failed(reason) | Outcome::Refused(reason) | Outcome::Unknown(reason)) = outcome else { return };
    match effect {
        Effect::StartAttempt(key) => {
            let phase = state.phases.iter_mut().find(|p| p.spec.name == key.phase);
            if let Some(attempt) = phase.and_then(|p| p.attempts.iter_mut().find(|a| a.number == key.attempt)) {
                attempt.exit.get_or_insert_with(|| Exit { error: Some(reason.clone()), ..Exit::default() });
            }
        }
        // What can't be paused is not tried at every event; it is when as much again has been used.
        Effect::Freeze { by: By::Budget, .. } => raise_budget(state),
        // What was asked for is not tried again and again; who asked has been told.
        Effect::SaveCheckpoint { .. } | Effect::RestoreCheckpoint { .. } => state.rollback = None,
        Effect::RemoveWorktree { .. } => state.removing = None,
        Effect::RestoreWorktree { .. } => state.restoring = false,
        _ => {}
    }
}

fn attempt_of<'a>(state: &'a mut RunState, event: &Event) -> Option<&'a mut AttemptState> {
    let name = event.phase.as_ref()?;
    let number = event.attempt?;
    let phase = state.phases.iter_mut().find(|p| &p.spec.name == name)?;
    phase.attempts.iter_mut().find(|a| a.number == number)
}
