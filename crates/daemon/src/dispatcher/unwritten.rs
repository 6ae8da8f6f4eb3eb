//! Requests that come while nothing can be written down for want of space: whoever asked is told within a moment what is
//! known, what has to end is ended, and all of it is written down when there is room again.

use std::time::Duration;

use domain::RunId;
use domain::decide;
use domain::status::By;

use super::space::NO_SPACE;
use super::{Dispatcher, free_space};
use crate::input::Input;

/// Time that a client waits for what can't be written down.
const PATIENCE: Duration = Duration::from_millis(600);
/// Bytes of free space below which nothing is sure to be written.
const LEAST: u64 = 32 << 10;

impl Dispatcher {
    /// Whether what is decided now may not come onto the disk.
    pub(super) fn is_full(&self) -> bool {
        let no_room = || free_space::free(&self.places.home).is_some_and(|free| free < LEAST);
        self.trouble.is_some() || no_room()
    }

    /// Looks in a moment whether somebody waits for what can't be written down.
    pub(super) fn await_room(&mut self) {
        if !std::mem::replace(&mut self.pending_due, true) {
            self.performer.later(PATIENCE, Input::PendingDue);
        }
    }

    pub(super) fn tell_unwritten(&mut self) {
        self.pending_due = false;
        if self.is_full() {
            let mut pending = std::mem::take(&mut self.pending);
            let why = match &self.trouble {
                Some(trouble) if !trouble.starts_with(NO_SPACE) => format!("it can't be written down: {trouble}"),
                _ => format!("no space to write it down at {}", self.places.home.display()),
            };
            for late in pending.take_late(PATIENCE, &why, |run| self.is_busy(run)) {
                // There may have been room for what was asked and none for the step that ends it.
                for run in &late.waits {
                    let ending = self.runs.open_ref(run).and_then(|open| open.state.ending.as_ref());
                    if let Some((_, grace_ms)) = ending {
                        self.performer.end_unwritten(run.clone(), *grace_ms);
                    }
                }
                self.performer.tell_unwritten(late);
            }
            self.pending = pending;
        }
        if self.pending.waits() {
            self.await_room();
        }
    }

    /// Ends what lives of a run whose end can't be written down; the rest follows when there is room.
    pub(super) fn wish_end(&mut self, run: &RunId, grace_ms: u64) {
        self.wished.insert(run.clone(), grace_ms);
        self.performer.end_unwritten(run.clone(), grace_ms);
        self.stick(run);
    }

    /// Writes down that a run was to end, if it was and that can be done; returns `false` when it can't.
    pub(super) fn grant_end(&mut self, run: &RunId) -> bool {
        let Some(grace_ms) = self.wished.get(run).copied() else { return true };
        let asked = self.runs.open_ref(run).map(|open| decide::terminate(&open.state, grace_ms, By::Person));
        // One that is refused has come to its end meanwhile.
        if let Some(Ok(asked)) = asked
            && self.take(run, asked).is_err()
        {
            self.stick(run);
            return false;
        }
        self.wished.remove(run);
        true
    }
}
