//! The fleet as it is now: places at work, and the free space where a run would begin.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use domain::{RunId, Status};
use fleet::{FleetState, FreeSpace, WaitingRun};

use super::Dispatcher;
use super::free_space::free;
use crate::input::Input;

/// Time between two looks for room while a run waits for it.
const LOOK: Duration = Duration::from_secs(5);

impl Dispatcher {
    /// Returns what places are granted by. Where no place is free nobody is looked at: every look asks the file system.
    pub(super) fn fleet(&self) -> FleetState {
        let at_work = self.runs.at_work();
        let mut fleet = FleetState { limit: self.limit, at_work, floor: self.floor, waiting: Vec::new() };
        if at_work < self.limit {
            let mut known = BTreeMap::new();
            let waiting = self.runs.queued().into_iter().filter_map(|run| self.waiting(run, &mut known));
            fleet.waiting = waiting.collect();
        }
        fleet
    }

    fn waiting(&self, run: RunId, known: &mut BTreeMap<String, Option<u64>>) -> Option<WaitingRun> {
        let state = &self.runs.open_ref(&run)?.state;
        let mut waiting = WaitingRun { run, created_at: state.created_at, kept_back: None, writes_to: Vec::new() };
        // The worktree of one that is not queued is there already.
        if let Some(spec) = state.spec.as_ref().filter(|_| state.status == Status::Queued) {
            waiting.kept_back = self.preferences.keeps_from_beginning();
            let home = self.places.home.display().to_string();
            waiting.writes_to = [spec.worktree.clone(), home]
                .into_iter()
                .map(|at| {
                    // The state folder is that of all of them, so it is asked once.
                    let free = *known.entry(at.clone()).or_insert_with(|| free(Path::new(&at)));
                    FreeSpace { at, free }
                })
                .collect();
        }
        Some(waiting)
    }

    /// Has a run say why it waits although a place is free, or nothing any more.
    pub(super) fn hold_back(&mut self, run: &RunId, why: Option<String>) {
        let Some(open) = self.runs.open_mut(run) else { return };
        let waits = why.is_some();
        if open.seen.held != why {
            open.seen.held = why;
            self.turn.changed.insert(run.clone());
        }
        if waits && !self.room_asked {
            self.room_asked = true;
            self.performer.later(LOOK, Input::RoomAgain);
        }
    }
}
