//! Making a removed worktree again out of its snapshot.

use std::path::Path;

use domain::decide::Facts;
use domain::effect::Outcome;
use worktrees::Restoring;

use super::job::{Job, Performed, refused, repository};
use crate::places::DaemonPlaces;

/// Makes a removed worktree again out of its snapshot. Done again after an interruption it is completed, so no probe is
/// needed.
pub(super) fn restore(places: &DaemonPlaces, job: &Job, snapshot: &str) -> Performed {
    let folder = places.home.join("snapshots").join(snapshot);
    let restoring = Restoring { run: job.spec.id.as_str(), folder: &folder, or_at: Path::new(&job.spec.worktree) };
    match repository(&job.spec).and_then(|repo| repo.restore_snapshot(&restoring)) {
        Ok(record) => {
            let head = record.branch_head.unwrap_or(record.head);
            (Outcome::Done, Facts::WorktreeBack { path: record.path, head })
        }
        Err(error) => refused(error),
    }
}
