//! The processes of a run that live, and which of its places are there.

use std::path::Path;

use domain::RunId;
use evidence::StateFolder;
use supervisor::Identity;
use worktrees::WorktreeError;

use super::job::{repository, worktree};
use crate::input::GonePlace;
use crate::places::DaemonPlaces;

/// Returns the processes of a run that live, wherever they went, and those in its worktree that may be what a killed
/// keeper held.
pub(crate) fn living(places: &DaemonPlaces, run: &RunId) -> Vec<Identity> {
    let attempts = places.home.join("runs").join(run.as_str()).join("attempts");
    let mut found = supervisor::living(&places.home, run.as_str(), &attempts);
    let spec = StateFolder::open(&places.home).ok().and_then(|state| state.run(run).spec().ok());
    let doubtful = spec.map(|spec| supervisor::doubtful(&attempts, Path::new(&spec.worktree))).unwrap_or_default();
    let doubtful = doubtful.into_iter().filter(|process| found.iter().all(|known| known.pid != process.pid));
    let doubtful: Vec<Identity> = doubtful.filter_map(|process| Identity::of(process.pid)).collect();
    found.extend(doubtful);
    found
}

/// Whether anything of the run with this id lives.
pub(super) fn lives(places: &DaemonPlaces, run: &str) -> bool {
    RunId::parse(run).is_some_and(|run| !living(places, &run).is_empty())
}

/// Returns the place of a run, its repository or its worktree, that is proven not to be there; `None` where neither is.
pub(super) fn gone_place(places: &DaemonPlaces, run: &RunId) -> Option<GonePlace> {
    let spec = StateFolder::open(&places.home).ok()?.run(run).spec().ok()?;
    match repository(&spec) {
        Err(error @ WorktreeError::RepositoryGone(_)) => Some(GonePlace::Repository(error.to_string())),
        Err(_) => None,
        Ok(repo) => {
            let gone = matches!(worktree(&repo, &spec), Err(WorktreeError::Gone { .. }));
            gone.then_some(GonePlace::Worktree(spec.worktree))
        }
    }
}

/// Returns the processes that work in a folder, named for a person.
pub(crate) fn working_in(folder: &Path) -> Vec<String> {
    supervisor::inside(folder).iter().map(|process| format!("{} {}", process.name, process.pid)).collect()
}
