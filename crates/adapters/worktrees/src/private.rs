//! The folder where nobody else writes: locks, copies of git's files that are looked at, and objects that are tried aside.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use tempfile::TempDir;

/// The folder of this process. It is one for the whole process, so that two parts of it can't lock the same thing in two places.
static FOLDER: RwLock<Option<PathBuf>> = RwLock::new(None);

/// Keeps everything of this process below `folder`, a private one, and takes away what an earlier process looked at there.
/// Called before anything else of this crate; a second daemon of this process calls it when the first one is over.
pub fn keep_in(folder: &Path) {
    let _of_nobody_any_more = fs::remove_dir_all(folder.join("tmp"));
    *FOLDER.write().unwrap_or_else(PoisonError::into_inner) = Some(folder.to_owned());
}

fn kept_in() -> Option<PathBuf> {
    FOLDER.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The folder of locks, which is made where it is not there.
pub(crate) fn locks() -> io::Result<PathBuf> {
    let own = || std::env::temp_dir().join(format!("pilothouse-git-{}", rustix::process::geteuid().as_raw()));
    let folder = kept_in().unwrap_or_else(own).join("locks");
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    Ok(folder)
}

/// A new folder, which goes away with the value. One that a killed process left goes when the next one begins.
pub(crate) fn folder(what: &str) -> io::Result<TempDir> {
    let Some(folder) = kept_in() else { return elsewhere(what) };
    let folder = folder.join("tmp");
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    of_our_own(what, &folder)
}

/// As [`folder`], among the temporary files of the system.
pub(crate) fn elsewhere(what: &str) -> io::Result<TempDir> {
    of_our_own(what, &std::env::temp_dir())
}

fn of_our_own(what: &str, inside: &Path) -> io::Result<TempDir> {
    let name = format!("pilothouse-{what}-");
    tempfile::Builder::new().prefix(&name).permissions(fs::Permissions::from_mode(0o700)).tempdir_in(inside)
}

/// Makes a folder inside of such a one.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)
}
