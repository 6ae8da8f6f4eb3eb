//! Checkpoints: saving the whole worktree, and going back.

use std::path::Path;

use domain::decide::Facts;
use domain::effect::Outcome;
use worktrees::{CheckpointName, WorktreeError};

use super::job::{Job, Performed, failed, refused, repository, worktree};
use super::living::living;
use crate::places::DaemonPlaces;

fn name<'a>(job: &'a Job, path: &'a Path, n: u32) -> CheckpointName<'a> {
    CheckpointName { path, run: job.spec.id.as_str(), branch: &job.spec.branch, n }
}

/// Saves a checkpoint. One that was saved under this number before is found and returned as it is, so no probe is
/// needed.
pub(super) fn save(job: &Job, n: u32, why: &str) -> Performed {
    let save = || -> Result<_, WorktreeError> {
        let repo = repository(&job.spec)?;
        let path = worktree(&repo, &job.spec)?;
        repo.save_checkpoint(&name(job, &path, n), why)
    };
    match save() {
        Ok(saved) => (Outcome::Done, Facts::Checkpoint { commit: saved.commit, tree: saved.tree, head: saved.head }),
        Err(error) => failed(error),
    }
}

/// Drops all checkpoints of a run. One that is gone already is no mistake, so no probe is needed.
pub(super) fn drop_all(job: &Job) -> Performed {
    match repository(&job.spec).and_then(|repo| repo.drop_checkpoints(job.spec.id.as_str())) {
        Ok(refs) => (Outcome::Done, Facts::Dropped { refs }),
        Err(error) => failed(error),
    }
}

/// Goes back to a checkpoint. Going back twice comes to the same, so no probe is needed.
pub(super) fn restore(places: &DaemonPlaces, job: &Job, n: u32) -> Performed {
    let alive = living(places, &job.spec.id).len();
    if alive > 0 {
        return refused(format!("{}; terminate it first", domain::figures::living(alive)));
    }
    let restore = || -> Result<_, WorktreeError> {
        let repo = repository(&job.spec)?;
        // Files are overwritten here, so only what is proven to be the run's will do.
        let path = repo.path_of(job.spec.id.as_str(), job.spec.worktree.as_ref())?;
        repo.restore_checkpoint(&name(job, &path, n))
    };
    match restore() {
        Ok(went) => (Outcome::Done, Facts::Restored { head: went.head, kept: went.kept }),
        Err(error) => failed(error),
    }
}
