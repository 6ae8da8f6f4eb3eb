//! The run itself: its beginning, its phases, its end, its effects.

use super::attempt::{ends, works};
use super::attempt_of::attempt_of;
use super::concern::misplaced;
use super::effects::{effect_ends, effect_starts};
use crate::attempt::Exit;
use crate::effect::Effect;
use crate::event::{Body, Event};
use crate::phase::PhaseState;
use crate::run::RunState;
use crate::status::{Activity, Status};

#[expect(clippy::wildcard_enum_match_arm, reason = "Concern::of names every kind")]
pub(super) fn life(state: &mut RunState, event: &Event, body: &Body) {
    match body {
        Body::RunCreated(data) => {
            state.phases = data.run.phases.iter().cloned().map(PhaseState::new).collect();
            state.spec = Some((*data.run).clone());
            state.budget = data.run.budget();
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
                phase.repair = None;
            }
            state.recheck = None;
        }
        Body::RunReady(_) => ends(state, event, Status::Ready),
        Body::RunFailed(data) => {
            let phase = data.phase.clone().unwrap_or_default();
            let step_failed = fails_at_a_step(state);
            ends(state, event, Status::Failed { phase, reason: data.reason.clone() });
            state.step_failed = step_failed;
        }
        Body::TerminateRequested(data) => state.ending = Some((data.by.clone(), data.grace_ms)),
        Body::RunTerminated(data) => {
            // Ending checks that were asked for again leaves the run what it was.
            let was = state.recheck.take().map(|recheck| recheck.was);
            state.untold.clone_from(&data.untold);
            ends(state, event, was.unwrap_or_else(|| Status::Terminated { by: data.by.clone() }));
        }
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
                effect_ends(state, &effect, &data.outcome, event.at);
            }
        }
        other => misplaced(other),
    }
}

/// Whether the step that it fails at is pilothouse's own and comes after the agent's work. What was asked for anew is no such
/// step: the way back to where a phase began.
fn fails_at_a_step(state: &RunState) -> bool {
    let step = |effect: &Effect| matches!(effect, Effect::CommitLeftovers { .. } | Effect::SaveCheckpoint { .. });
    state.retry.is_none() && state.rollback.is_none() && state.effects.values().any(step)
}
