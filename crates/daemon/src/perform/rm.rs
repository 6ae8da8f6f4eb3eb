//! Removing a run's worktree and branch into a snapshot.

use std::path::Path;

use domain::decide::Facts;
use domain::effect::Outcome;
use domain::status::By;
use worktrees::{FoundWorktree, Removal, WorktreeError};

use super::job::{Job, Performed, refused, repository};
use super::living::{living, working_in};
use crate::places::DaemonPlaces;

/// Removes a run's worktree and branch into a snapshot. Done again after an interruption it goes on where it was, so no
/// probe is needed.
pub(super) fn rm(places: &DaemonPlaces, job: &Job, snapshot: &str, by: &By, at: Option<&str>) -> Performed {
    let spec = &job.spec;
    let alive = living(places, &spec.id).len();
    if alive > 0 {
        return refused(format!("{}; terminate it first", domain::figures::living(alive)));
    }
    // Where it was made, or what was merged of it: whatever came beside is nobody's to take away.
    let at = at.unwrap_or(&spec.base_commit);
    let snapshots = places.home.join("snapshots");
    let removal = Removal {
        run: spec.id.as_str(),
        branch: &spec.branch,
        path: Path::new(&spec.worktree),
        name: snapshot,
        snapshots: &snapshots,
        only_at: (*by == By::Pilothouse).then_some(at),
    };
    let mut not_whole = None;
    // Nobody was asked, and what is in the stash would be out of sight.
    let removed = repository(spec).and_then(|repo| match *by == By::Pilothouse && repo.has_stash_of(&spec.branch)? {
        true => Err(WorktreeError::Changed {
            path: spec.worktree.clone().into(),
            what: "the stash holds work of it; `git stash list` shows it".to_owned(),
        }),
        false => {
            // A worktree that vanished has none.
            if let Ok(FoundWorktree::There(tree)) = repo.worktree_of(spec.id.as_str())
                && repo.close_store(&tree.path).is_err()
            {
                not_whole = repo.give_up_store(&tree.path)?;
            }
            repo.remove(&removal, &working_in)
        }
    });
    match removed {
        Ok(removed) => {
            super::scratch::clear(places, &spec.id);
            let (bytes, mut left_out) = (removed.record.bytes, removed.record.left_out);
            left_out
                .extend(not_whole.map(|kept| format!("objects of its own that are not whole, in {}", kept.display())));
            left_out.extend(removed.rest.map(|rest| format!("still there: {rest}")));
            left_out.extend(removed.branch_stays.map(|why| format!("the branch {}, which stays: {why}", spec.branch)));
            (Outcome::Done, Facts::Removed { bytes, left_out, branch: removed.branch })
        }
        Err(error) => refused(error),
    }
}
