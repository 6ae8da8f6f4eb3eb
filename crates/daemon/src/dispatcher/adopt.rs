//! Taking up what an earlier daemon left: open effects are probed, living keepers adopted.

use domain::RunId;
use domain::attempt::AttemptKey;
use domain::event::Adopted;

use super::Dispatcher;
use crate::input::Input;

/// Time after which runs that could not be read are tried again.
const READ_AGAIN: std::time::Duration = std::time::Duration::from_secs(5);

impl Dispatcher {
    /// Goes through every run that is not settled. What is decided here follows from facts on disk alone.
    pub(super) fn adopt_all(&mut self) {
        for run in self.runs.open_ids() {
            self.take_up(run);
        }
        self.await_unread();
    }

    /// Tries the runs again that could not be read, for as long as there are any.
    pub(super) fn adopt_unread(&mut self) {
        for run in self.runs.read_again() {
            tracing::info!(%run, "this run can be read again");
            self.take_up(run);
        }
        self.await_unread();
    }

    fn await_unread(&self) {
        if self.runs.has_unread() {
            self.performer.later(READ_AGAIN, Input::ReadAgain);
        }
    }

    fn take_up(&mut self, run: RunId) {
        self.turn.changed.insert(run.clone());
        let Some(open) = self.runs.open_ref(&run) else { return };
        let effects: Vec<_> = open.state.effects.iter().map(|(id, effect)| (*id, effect.clone())).collect();
        let live = open.state.attempt_key().filter(|_| open.state.is_live());
        let starting = effects.iter().any(|(_, e)| matches!(e, domain::effect::Effect::StartAttempt(_)));
        for (id, effect) in effects {
            self.hand_out(&run, id, effect, true);
        }
        // An attempt that was being started is followed when its effect has been probed.
        if let Some(attempt) = live.filter(|_| !starting) {
            self.adopt(&run, &attempt);
        }
        self.follow_calls(&run);
        if self.runs.open_ref(&run).is_some_and(|open| open.state.has_worktree()) {
            self.measure(&run, true);
        }
    }

    fn adopt(&mut self, run: &RunId, attempt: &AttemptKey) {
        let Some(open) = self.runs.open_ref(run) else { return };
        let folder = open.folder.attempt(attempt);
        self.follow(run, attempt);
        if supervisor::exit_record(&folder).is_ok_and(|exit| exit.is_some()) {
            return;
        }
        let record = supervisor::keeper_record(&folder).ok().flatten();
        match record.filter(|record| record.keeper.is_alive() && record.run == run.as_str()) {
            Some(record) => {
                let adopted = Adopted { keeper_pid: record.keeper.pid };
                if self.append(run, vec![(Some(attempt.clone()), adopted.into())], None).is_err() {
                    tracing::warn!(%run, "its adoption could not be written down");
                }
                self.performer.await_keeper(run.clone(), attempt.clone(), record.keeper, None);
            }
            None => self.later(Input::KeeperGone { run: run.clone(), attempt: attempt.clone() }),
        }
    }
}
