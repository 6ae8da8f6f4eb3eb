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

/// Puts a copy of a file or a link at `to`, where nothing is yet; gives its bytes. Anything else is passed over.
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
    reflink_copy::reflink_or_copy(from, to).map_err(EnvironmentError::io("copy to", to))?;
    fs::set_permissions(to, known.permissions()).map_err(EnvironmentError::io("set the permissions of", to))?;
    Ok(Some(known.len()))
}
