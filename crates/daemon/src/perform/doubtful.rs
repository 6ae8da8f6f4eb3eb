//! Processes that may be a run's and can't be proven to be: what works in its worktree after its keeper was killed.

use std::path::Path;

use domain::RunId;
use evidence::StateFolder;

use super::job::Job;
use crate::places::DaemonPlaces;

/// Returns the processes in the worktree of this job's run that may be what a killed keeper held.
pub(super) fn doubtful(places: &DaemonPlaces, job: &Job) -> Vec<supervisor::FolderProcess> {
    let attempts = places.home.join("runs").join(job.spec.id.as_str()).join("attempts");
    supervisor::doubtful(&attempts, Path::new(&job.spec.worktree))
}

/// Returns why nothing of a run can be ended though something may live; `None` where that is not so.
pub(super) fn only_doubtful(places: &DaemonPlaces, run: &RunId) -> Option<String> {
    let folder = StateFolder::open(&places.home).ok()?.run(run);
    let attempts = folder.path().join("attempts");
    let doubtful = supervisor::doubtful(&attempts, Path::new(&folder.spec().ok()?.worktree));
    let proven = || supervisor::living(&places.home, run.as_str(), &attempts);
    (!doubtful.is_empty() && proven().is_empty()).then(|| left_alone(&doubtful))
}

/// Words that processes can't be proven to be the run's, so that they are left alone.
pub(super) fn left_alone(processes: &[supervisor::FolderProcess]) -> String {
    let named: Vec<String> = processes.iter().map(|process| format!("{} {}", process.name, process.pid)).collect();
    format!(
        "its keeper was killed, and what works in its worktree can't be proven to be its own, so it is left alone: {}",
        named.join(", ")
    )
}
