//! The free-space guard: no run begins where a disk is about to be full.

use std::path::Path;
use std::time::Duration;

use domain::RunId;
use domain::figures;

use super::Dispatcher;
use super::free_space::free;
use crate::input::Input;

/// How often it is looked again while a run waits for room.
const LOOK: Duration = Duration::from_secs(5);

impl Dispatcher {
    /// Whether there is room for one more run, where its worktree is to be and where state is kept. A run that
    /// waits for room says so.
    pub(super) fn has_room(&mut self, run: &RunId) -> bool {
        let Some(open) = self.runs.open_mut(run) else { return true };
        let Some(spec) = &open.state.spec else { return true };
        if open.state.status != domain::Status::Queued {
            // Its worktree is there already.
            return true;
        }
        let tight = self.preferences.keeps_from_beginning().or_else(|| {
            [Path::new(&spec.worktree), &self.places.home].into_iter().find_map(|path| {
                let free = free(path).filter(|free| *free < self.floor)?;
                let (free, floor) = (figures::bytes(free), figures::bytes(self.floor));
                Some(format!("waits for room: {free} free at {}, {floor} must be (limits.free_space)", path.display()))
            })
        });
        if open.seen.held != tight {
            open.seen.held.clone_from(&tight);
            self.turn.changed.insert(run.clone());
        }
        if tight.is_some() && !self.room_asked {
            self.room_asked = true;
            self.performer.later(LOOK, Input::RoomAgain);
        }
        tight.is_none()
    }
}
