//! Files that are there whole or not at all, readable by their owner only.

use std::fs;
use std::path::Path;

use ground::Lasts;

use crate::error::EvidenceError;

/// Writes `bytes` whole or not at all, for what nobody can make again.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), EvidenceError> {
    ground::write_whole(path, bytes, Lasts::Always).map_err(EvidenceError::io("write", path))
}

/// Writes `bytes` whole or not at all, for what can be made again: after a power loss it may be damaged or missing.
pub(crate) fn write_cache(path: &Path, bytes: &[u8]) -> Result<(), EvidenceError> {
    ground::write_whole(path, bytes, Lasts::UntilRestart).map_err(EvidenceError::io("write", path))
}

/// Makes renames and new files in `folder` survive a power loss.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), EvidenceError> {
    ground::sync_folder(folder).map_err(EvidenceError::io("sync", folder))
}

/// Makes a folder that only its owner can enter; one that is there already is fine.
pub(crate) fn make_folder(path: &Path) -> Result<(), EvidenceError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(EvidenceError::io("make the folder", path))
}
