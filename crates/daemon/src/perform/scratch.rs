//! A run's own folders for temporary files and caches, beside its timeline, so that runs are not in each other's way.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use domain::RunId;
use domain::command::NewRun;

use super::effect_error::EffectError;
use crate::places::DaemonPlaces;

/// Returns the folder for a run's temporary files.
pub(super) fn path(places: &DaemonPlaces, run: &RunId) -> PathBuf {
    folder(&places.home, run).join("tmp")
}

/// Returns the folder for the caches of a run that has its own.
pub(super) fn cache(places: &DaemonPlaces, spec: &NewRun) -> Option<PathBuf> {
    spec.environment.own_cache.then(|| folder(&places.home, &spec.id).join("cache"))
}

/// Returns the folder in which git in the worktree of an agent that is held inside writes objects and refs.
pub(super) fn store(places: &DaemonPlaces, run: &RunId) -> PathBuf {
    folder(&places.home, run).join("git")
}

/// Returns the folders that a run may have written beside its worktree and its record.
pub(crate) fn all(home: &Path, run: &RunId) -> [PathBuf; 2] {
    ["tmp", "cache"].map(|name| folder(home, run).join(name))
}

fn folder(home: &Path, run: &RunId) -> PathBuf {
    home.join("runs").join(run.as_str())
}

/// Makes the folder for temporary files anew, empty; caches stay.
pub(super) fn make(places: &DaemonPlaces, spec: &NewRun) -> Result<(), EffectError> {
    let tmp = path(places, &spec.id);
    let _not_there = fs::remove_dir_all(&tmp);
    for path in [Some(tmp), cache(places, spec)].into_iter().flatten() {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.map_err(EffectError::file(format!("no folder for temporary files: {}", path.display())))?;
    }
    Ok(())
}

/// Takes away a run's folders for temporary files and caches. Links in them are removed, never followed.
pub(super) fn clear(places: &DaemonPlaces, run: &RunId) {
    for path in all(&places.home, run) {
        let _not_there = fs::remove_dir_all(path);
    }
}
