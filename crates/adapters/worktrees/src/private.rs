//! The folder where nobody else writes: locks, copies of git's files that are looked at, and objects that are tried aside.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

/// The folder of this process. It is one for the whole process, so that two parts of it can't lock the same thing in two places.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Keeps everything of this process below `folder`, a private one, and takes away what an earlier process looked at there.
/// Called once, before anything else of this crate.
pub fn keep_in(folder: &Path) {
    let _of_nobody_any_more = fs::remove_dir_all(folder.join("tmp"));
    let _as_before = FOLDER.set(folder.to_owned());
}

/// The folder of locks, which is made where it is not there.
pub(crate) fn locks() -> io::Result<PathBuf> {
    let own = || std::env::temp_dir().join(format!("pilothouse-git-{}", rustix::process::geteuid().as_raw()));
    let folder = FOLDER.get_or_init(own).join("locks");
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    Ok(folder)
}

/// A new folder, which goes away with the value. One that a killed process left goes when the next one begins.
pub(crate) fn folder(what: &str) -> io::Result<TempDir> {
    let Some(folder) = FOLDER.get() else { return elsewhere(what) };
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
