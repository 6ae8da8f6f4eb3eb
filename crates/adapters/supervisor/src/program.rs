//! Where a program is that is only named.

use std::path::PathBuf;

/// The file of this name in the first folder of this process's `PATH` that has one.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
