//! What an agent is told: its task at its start, and what its protocol asks for next.

use domain::attempt::AttemptKey;
use domain::decide::Decision;
use domain::{Body, RunId, RunState};

use super::Dispatcher;
use crate::perform::StartWith;

impl Dispatcher {
    /// Writes what the agent of a run waits for, once.
    pub(super) fn speak(&mut self, run: &RunId) {
        let Some(open) = self.runs.open_ref(run) else { return };
        let Some((attempt, stream)) = open.stream.as_ref().filter(|(_, stream)| stream.is_due()) else { return };
        if !open.state.attempt_named(attempt).is_some_and(|known| known.is_live() && !known.input_closed) {
            return;
        }
        let Some(with) = start_with(&open.state, attempt) else { return };
        let Some(write) = stream.due(&with.task()) else { return };
        let decision = Decision::tell(attempt.clone(), write.id, write.data);
        // What can't be written down is tried at the next change.
        if self.take(run, decision).is_err() {
            self.stick(run);
        }
    }
}

/// A failure with what a person can do about it, where the agent's words tell.
pub(super) fn advised(mut decision: Decision, state: &RunState) -> Decision {
    for (_, event) in &mut decision.events {
        if let Body::RunFailed(failed) = event {
            let phase = failed.phase.as_deref().unwrap_or_default();
            let agent = state.agent_of(phase).and_then(|(name, _)| agents::find(name));
            // The key is the gateway's, so what an agent says of its own login is beside the point.
            let attempt = state.phases.iter().find(|known| known.spec.name == phase).and_then(|known| known.attempt());
            let key = attempt.and_then(|attempt| attempt.without_key.clone());
            failed.reason = key.unwrap_or_else(|| agents::advised(agent, &failed.reason));
        }
    }
    decision
}

/// What the agent of an attempt is started with, from the run's state alone.
pub(super) fn start_with(state: &RunState, key: &AttemptKey) -> Option<StartWith> {
    let (agent, model) = state.agent_of(&key.phase)?;
    Some(StartWith {
        agent: agent.to_owned(),
        model: model.map(str::to_owned),
        prompt: domain::handover::prompt(state, key),
        resume: state.attempt_named(key).and_then(|attempt| attempt.resumes.clone()),
        policy: state.spec.as_ref().map(|spec| spec.policy).unwrap_or_default(),
    })
}
