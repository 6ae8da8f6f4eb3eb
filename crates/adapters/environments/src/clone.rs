//! A folder of the main checkout that a worktree gets a copy of its own of, such as `node_modules`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::copy::CopiedFiles;
use crate::error::EnvironmentError;
use crate::place;

/// Copies the folder `path` of `main` to the same place in `worktree`, without taking room twice where the file system
/// can (reflink). Links stay links. What is there already stays; a folder that `main` has not,
/// or only through a link, is no mistake.
///
/// # Errors
/// When the path leads out of the repository, or something can't be read or written.
pub fn clone(main: &Path, worktree: &Path, path: &Path) -> Result<CopiedFiles, EnvironmentError> {
    if !place::stays_below(path) {
        return Err(EnvironmentError::Outside { path: path.to_owned() });
    }
    let path: &Path = &path.components().collect::<PathBuf>();
    let top = main.join(path);
    if !place::leads_through_folders(main, path) {
        return Ok(CopiedFiles::default());
    }
    place::folders_above(worktree, path)?;
    let mut copied = CopiedFiles { names: vec![format!("{}/", path.display())], bytes: 0 };
    let mut open = vec![(top, worktree.join(path))];
    while let Some((from, to)) = open.pop() {
        match fs::symlink_metadata(&to) {
            Ok(known) if known.is_dir() => {}
            Ok(_) => return Err(EnvironmentError::Outside { path: to }),
            Err(_) => fs::create_dir(&to).map_err(EnvironmentError::io("make the folder", &to))?,
        }
        for entry in fs::read_dir(&from).map_err(EnvironmentError::io("read", &from))? {
            let entry = entry.map_err(EnvironmentError::io("read", &from))?;
            let kind = entry.file_type().map_err(EnvironmentError::io("look at", entry.path()))?;
            let to = to.join(entry.file_name());
            if kind.is_dir() {
                open.push((entry.path(), to));
            } else {
                copied.bytes += place::file(&entry.path(), &to)?.unwrap_or(0);
            }
        }
    }
    Ok(copied)
}
