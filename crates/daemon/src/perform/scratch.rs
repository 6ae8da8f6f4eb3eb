//! A run's own folder for temporary files, beside its timeline, so that runs are not in each other's way.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use domain::RunId;

use crate::Places;

/// Where it is.
pub(super) fn path(places: &Places, run: &RunId) -> PathBuf {
    places.home.join("runs").join(run.as_str()).join("tmp")
}

/// Makes it anew, empty.
pub(super) fn make(places: &Places, run: &RunId) -> Result<(), String> {
    clear(places, run);
    let path = path(places, run);
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&path);
    made.map_err(|e| format!("no folder for temporary files: {}: {e}", path.display()))
}

/// Takes it away with what is in it. Links in it are removed, never followed.
pub(super) fn clear(places: &Places, run: &RunId) {
    let _not_there = fs::remove_dir_all(path(places, run));
}
