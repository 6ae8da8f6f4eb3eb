//! The files beside the timeline of a run that was taken over at its repository's new place.

use std::path::Path;

use domain::command::NewRun;
use evidence::{EvidenceError, RunFolder};
use forge::Local;

/// Writes the spec anew, and takes the repository's pull requests along, where the file names another place than
/// `spec`.
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
