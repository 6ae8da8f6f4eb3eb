//! Runs that a provider's limit stopped, and the time at which they go on.

use std::time::Duration;

use domain::RunId;
use domain::decide;

use super::{Dispatcher, now};
use crate::input::Input;

/// The clock is looked at so often, since a machine that sleeps makes timers late.
const LOOK: Duration = Duration::from_secs(30);

impl Dispatcher {
    /// Looks again when it may be time, once for each wait.
    pub(super) fn await_limit(&mut self, run: &RunId) {
        let Some(open) = self.runs.open_mut(run) else { return };
        let waits = open.state.goes_on_at.filter(|_| !open.waits_for_limit);
        let Some(until) = waits else { return };
        open.waits_for_limit = true;
        let left = Duration::from_millis(until.since(now()));
        self.performer.later(left.min(LOOK), Input::GoOn { run: run.clone() });
    }

    pub(super) fn go_on(&mut self, run: &RunId) {
        let Some(open) = self.runs.open_mut(run) else { return };
        open.waits_for_limit = false;
        let decision = decide::go_on(&open.state, now());
        self.turn.changed.insert(run.clone());
        // What can't be written down is tried again when there may be space; what is not due yet waits on.
        if self.take(run, decision).is_err() {
            self.hold(Input::GoOn { run: run.clone() });
        }
    }
}
