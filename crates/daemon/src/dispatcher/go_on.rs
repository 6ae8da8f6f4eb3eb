//! Runs that wait for a moment: for a provider's limit to be lifted, for background work of an agent whose turn is over, or for
//! a proof that came to nothing to be tried again.

use std::time::Duration;

use domain::RunId;
use domain::decide;

use super::Dispatcher;
use crate::clock::now;
use crate::input::Input;

/// Most time between two looks at the clock, since a machine that sleeps makes timers late.
const LOOK: Duration = Duration::from_secs(30);
/// Least wait before a proof is tried again, so that what is being done with the run already is done first.
const BUSY: Duration = Duration::from_secs(1);

impl Dispatcher {
    /// Has a run that waits looked at again when it may be time, once for each wait.
    pub(super) fn await_limit(&mut self, run: &RunId) {
        let Some(open) = self.runs.open_mut(run) else { return };
        let proves = decide::proves_again_at(&open.state);
        let waits = open.state.goes_on_at.or_else(|| decide::rests_until(&open.state)).or(proves);
        let Some(until) = waits.filter(|_| !open.waits_for_limit) else { return };
        open.waits_for_limit = true;
        let left = Duration::from_millis(until.since(now())).min(LOOK);
        let left = if proves.is_some() { left.max(BUSY) } else { left };
        self.performer.later(left, Input::GoOn { run: run.clone() });
    }

    pub(super) fn go_on(&mut self, run: &RunId) {
        let Some(open) = self.runs.open_mut(run) else { return };
        open.waits_for_limit = false;
        let mut decision = decide::go_on(&open.state, now());
        if decision.is_nothing() {
            decision = decide::rested(&open.state, now());
            if decision.is_nothing() {
                decision = decide::prove_again(&open.state, now());
            }
        } else if let Err(wait) = self.take_limit_turn(run) {
            if let Some(open) = self.runs.open_mut(run) {
                open.waits_for_limit = true;
            }
            return self.performer.later(Duration::from_millis(wait), Input::GoOn { run: run.clone() });
        }
        self.turn.changed.insert(run.clone());
        // What can't be written down is tried again when there may be space; what is not due yet waits on.
        if self.take(run, decision).is_err() {
            self.hold(Input::GoOn { run: run.clone() });
        }
    }

    /// Takes a run's turn to go on; where others of its agent waited for the same limit, returns the milliseconds that
    /// it still waits as an error.
    fn take_limit_turn(&mut self, run: &RunId) -> Result<(), u64> {
        let Some(state) = self.runs.open_ref(run).map(|open| &open.state) else { return Ok(()) };
        let phase = state.current().map(|phase| phase.spec.name.clone()).unwrap_or_default();
        let Some((agent, _)) = state.agent_of(&phase) else { return Ok(()) };
        let agent = agent.to_owned();
        let waits = |run: &RunId| self.runs.open_ref(run)?.state.goes_on_at;
        self.limit_turns.take(&agent, run, now(), waits)
    }
}
