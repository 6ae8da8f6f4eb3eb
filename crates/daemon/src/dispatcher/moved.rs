//! What follows when a run was taken over at its repository's new place.

use domain::RunId;

use super::Dispatcher;
use super::new_place::settle;

impl Dispatcher {
    /// Has the files beside the timeline say where the run is now.
    pub(super) fn settle_in(&mut self, run: &RunId) {
        let Some(open) = self.runs.open_ref(run) else { return };
        let Some(spec) = &open.state.spec else { return };
        if let Err(error) = settle(&self.places.home, &open.folder, spec) {
            // The next daemon does it when it folds the timeline.
            tracing::warn!(run = %run, %error, "its spec says where it was before");
        }
    }
}
