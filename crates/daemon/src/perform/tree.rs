//! Effects on the repository.

use domain::decide::Facts;
use domain::effect::{Effect, Outcome};
use worktrees::{Leftovers, NewWorktree, Probe, WorktreeError};

use super::job::{Job, Performed, failed, repository, worktree};
use super::living::living;
use crate::places::DaemonPlaces;

pub(super) fn create(job: &Job) -> Performed {
    let spec = &job.spec;
    let new = NewWorktree {
        path: spec.worktree.clone().into(),
        branch: spec.branch.clone(),
        commit: spec.base_commit.clone(),
        run: spec.id.to_string(),
    };
    let create = || {
        let repo = repository(spec)?;
        if !job.again {
            return repo.create(&new);
        }
        match repo.probe(&new)? {
            Probe::Not | Probe::Foreign => repo.create(&new),
            Probe::Partly => repo.complete(&new),
        }
    };
    match create() {
        Ok(created) => {
            let path = created.path.to_string_lossy().into_owned();
            let facts = Facts::Worktree { path, branch: spec.branch.clone(), head: created.head };
            (Outcome::Done, facts)
        }
        Err(error) => failed(error),
    }
}

/// Commits what the agent left uncommitted. A second time there is nothing left to commit, so no probe is needed.
pub(super) fn commit(job: &Job) -> Performed {
    let spec = &job.spec;
    let subject = format!("{}: what the agent left uncommitted", spec.name);
    let commit = || -> Result<_, WorktreeError> {
        let repo = repository(spec)?;
        let path = worktree(&repo, spec)?;
        let run = spec.id.as_str();
        repo.commit_leftovers(&Leftovers { path: &path, branch: &spec.branch, subject: &subject, run })
    };
    match commit() {
        Ok(done) => (Outcome::Done, Facts::Committed { head: done.head, leftovers: done.files }),
        Err(error) => failed(error),
    }
}

/// Takes over what an agent that was held inside put into a store of its own, before anything changes its worktree.
///
/// # Errors
/// When the store is not whole.
pub(super) fn take_over_store(places: &DaemonPlaces, job: &Job) -> Result<(), WorktreeError> {
    use Effect::{CommitLeftovers, RestoreCheckpoint, StartAttempt};
    if !matches!(job.effect, CommitLeftovers { .. } | RestoreCheckpoint { .. } | StartAttempt(_)) {
        return Ok(());
    }
    // A worktree that can't be used is told of by the effect itself.
    let Ok(repo) = repository(&job.spec) else { return Ok(()) };
    let Ok(path) = worktree(&repo, &job.spec) else { return Ok(()) };
    if living(places, &job.spec.id).is_empty() { repo.close_store(&path) } else { Ok(()) }
}
