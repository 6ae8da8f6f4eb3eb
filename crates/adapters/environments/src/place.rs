//! One file put in its place: cloned where the file system can, never through a link, never over what is there.

use std::fs;
use std::io;
use std::path::{Component, Path};

use crate::error::EnvironmentError;

/// Whether a path stays below the folder it counts from.
pub(crate) fn stays_below(path: &Path) -> bool {
    !path.as_os_str().is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// Makes the folders above `path` below `root`. A link on the way is refused: it may lead anywhere.
pub(crate) fn folders_above(root: &Path, path: &Path) -> Result<(), EnvironmentError> {
    let mut at = root.to_owned();
    for part in path.parent().into_iter().flat_map(Path::components) {
        at.push(part);
        match fs::symlink_metadata(&at) {
            Ok(known) if known.is_dir() => {}
            Ok(_) => return Err(EnvironmentError::Outside { path: at }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                fs::create_dir(&at).map_err(EnvironmentError::io("make the folder", &at))?;
            }
            Err(e) => return Err(EnvironmentError::io("look at", &at)(e)),
        }
    }
    Ok(())
}

/// Whether every folder on the way to `path` below `root` is one, and no link that may lead anywhere.
pub(crate) fn leads_through_folders(root: &Path, path: &Path) -> bool {
    let mut at = root.to_owned();
    path.components().all(|part| {
        at.push(part);
        fs::symlink_metadata(&at).is_ok_and(|known| known.is_dir())
    })
}

/// Puts a copy of a file or a link at `to`, where nothing is yet; returns its bytes. Anything else is passed over.
pub(crate) fn file(from: &Path, to: &Path) -> Result<Option<u64>, EnvironmentError> {
    let known = fs::symlink_metadata(from).map_err(EnvironmentError::io("look at", from))?;
    if fs::symlink_metadata(to).is_ok() {
        return Ok(None);
    }
    if known.is_symlink() {
        let target = fs::read_link(from).map_err(EnvironmentError::io("read the link", from))?;
        std::os::unix::fs::symlink(target, to).map_err(EnvironmentError::io("make the link", to))?;
        return Ok(Some(0));
    }
    if !known.is_file() {
        return Ok(None);
    }
    // Whole or not at all: what a cut copy left under this name is its own.
    let part = to.with_file_name(format!(".{}.pilothouse-part", to.file_name().unwrap_or_default().to_string_lossy()));
    let _none = fs::remove_file(&part);
    reflink_copy::reflink_or_copy(from, &part).map_err(EnvironmentError::io("copy to", &part))?;
    fs::set_permissions(&part, known.permissions()).map_err(EnvironmentError::io("set the permissions of", &part))?;
    fs::rename(&part, to).map_err(EnvironmentError::io("copy to", to))?;
    Ok(Some(known.len()))
}
