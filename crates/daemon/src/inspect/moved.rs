//! Runs that are known in a repository and were made in it when it lay elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::RunId;
use domain::command::NewRun;
use domain::decide::NewPlace;
use evidence::StateFolder;
use protocol::{MovedRow, Refused};
use worktrees::{AtOldPlace, Repository};

use super::state::broken;
use crate::places::DaemonPlaces;
use crate::settings_of;

/// A run that was made elsewhere, and where it is now or why that is not known.
pub(crate) struct MovedRun {
    pub(crate) spec: NewRun,
    pub(crate) place: Result<NewPlace, String>,
}

/// Returns the rows that a client shows of runs whose repository was moved.
pub(super) fn rows(places: &DaemonPlaces, folder: &Path) -> Result<Vec<MovedRow>, Refused> {
    let row = |(run, MovedRun { spec, place }): (RunId, MovedRun)| MovedRow {
        run,
        name: spec.name,
        from: spec.repo,
        worktree: place.as_ref().ok().map(|place| place.worktree.clone()),
        why_not: place.err(),
    };
    Ok(moved(places, folder)?.into_iter().map(row).collect())
}

/// Looks for runs that were made elsewhere in the repository that `folder` lies in. A repository that is still at its
/// old place too was copied, and keeps its runs.
pub(crate) fn moved(places: &DaemonPlaces, folder: &Path) -> Result<BTreeMap<RunId, MovedRun>, Refused> {
    let repo = Repository::find(folder).map_err(settings_of::refused)?;
    let here = repo.main().to_string_lossy().into_owned();
    let state = StateFolder::open(&places.home).map_err(broken)?;
    let spec = |run: &RunId| state.run(run).spec().ok().filter(|spec| spec.id == *run && spec.repo != here);
    let traces = repo.traces().map_err(settings_of::refused)?;
    let known: Vec<NewRun> = traces.iter().filter_map(|run| spec(&RunId::parse(run)?)).collect();
    let mut found = BTreeMap::new();
    let mut left = BTreeSet::new();
    for spec in known {
        if repo.at_old_place(Path::new(&spec.repo), spec.id.as_str()) == AtOldPlace::Left {
            left.insert(spec.repo.clone());
        } else {
            let why = format!("its repository is still at {}, so this one is a copy", spec.repo);
            found.insert(spec.id.clone(), MovedRun { spec, place: Err(why) });
        }
    }
    if left.is_empty() {
        return Ok(found);
    }
    // Those that left no trace in it were made in the same repository, if it has what they began at.
    for spec in state.runs().map_err(broken)?.iter().filter_map(spec).filter(|spec| left.contains(&spec.repo)) {
        if traces.contains(spec.id.as_str()) || repo.resolve(&spec.base_commit).is_ok() {
            let place = now_at(&repo, &here, &spec);
            found.insert(spec.id.clone(), MovedRun { spec, place });
        }
    }
    Ok(found)
}

fn now_at(repo: &Repository, here: &str, spec: &NewRun) -> Result<NewPlace, String> {
    let worktree = repo.worktree_since(Path::new(&spec.repo), spec.id.as_str(), Path::new(&spec.worktree));
    let worktree = worktree.map_err(|error| error.to_string())?.to_string_lossy().into_owned();
    Ok(NewPlace { repo: here.to_owned(), worktree })
}
