//! The start of an attempt's agent, and how its failure is worded.

use domain::attempt::AttemptKey;
use domain::decide::Decision;
use domain::{Body, RunState};

use crate::perform::StartWith;

/// Adds to a failure what a person can do about it, where the agent's words tell.
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

/// Returns what the agent of an attempt is started with, from the run's state alone.
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
