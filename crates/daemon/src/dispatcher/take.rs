//! A decision becomes events in the timeline, and effects that are handed out after the next sync.

use domain::RunId;
use domain::decide::Decision;
use domain::effect::{Effect, EffectId};
use domain::event::EffectStarted;
use evidence::EvidenceError;

use super::{Dispatcher, start_with};
use crate::perform::Job;

impl Dispatcher {
    /// Appends a decision's events, writes its effects down and hands them out after the next sync.
    pub(super) fn take(&mut self, run: &RunId, decision: Decision) -> Result<(), EvidenceError> {
        let mut batch = decision.events;
        let mut started: Vec<(EffectId, Effect)> = Vec::new();
        let Some(open) = self.runs.open_mut(run) else { return Ok(()) };
        for effect in decision.effects {
            let id = open.state.last_effect + 1 + started.len() as u64;
            batch.push((effect.attempt(), EffectStarted { id, effect: effect.clone() }.into()));
            started.push((id, effect));
        }
        self.append(run, batch, None)?;
        for (id, effect) in started {
            self.hand_out(run, id, effect, false);
        }
        Ok(())
    }

    pub(super) fn hand_out(&mut self, run: &RunId, id: EffectId, effect: Effect, again: bool) {
        let Some(open) = self.runs.open_ref(run) else { return };
        let Some(spec) = open.state.spec.clone() else { return };
        let start = match &effect {
            Effect::StartAttempt(key) => start_with::start_with(&open.state, key),
            _ => None,
        };
        self.turn.sync.insert(run.clone());
        let limits = self.limits(run);
        self.turn.jobs.push(Job { spec, id, effect, start, limits, again });
    }
}
