//! Where a program is that is only named.

use std::ffi::OsString;
use std::path::PathBuf;

/// The file of this name in the first folder of `path` that has one; of this process's `PATH` where that is `None`.
pub fn in_path(name: &str, path: Option<&str>) -> Option<PathBuf> {
    let path = path.map(OsString::from).or_else(|| std::env::var_os("PATH"))?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
