//! What an agent is told: its task at its start, and what its protocol asks for next.

use domain::RunId;
use domain::decide::Decision;

use super::Dispatcher;
use super::start_with::start_with;

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
