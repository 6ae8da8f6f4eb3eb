//! What follows when a run was taken over at its repository's new place.

use std::path::Path;

use domain::RunId;
use domain::command::NewRun;
use evidence::{EvidenceError, RunFolder};
use forge::Local;

use super::Dispatcher;

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

/// Writes the spec anew, and takes the repository's pull requests along, where the spec names another place than the events do.
pub(super) fn settle(home: &Path, folder: &RunFolder, spec: &NewRun) -> Result<(), EvidenceError> {
    let before = folder.spec()?;
    if (&before.repo, &before.worktree) == (&spec.repo, &spec.worktree) {
        return Ok(());
    }
    if before.repo != spec.repo
        && let Err(error) = Local::take_along(home, &before.repo, &spec.repo)
    {
        // Its run then gets another pull request at the new place.
        tracing::warn!(run = %spec.id, %error, "its pull request stays behind");
    }
    folder.write_spec(spec)
}
