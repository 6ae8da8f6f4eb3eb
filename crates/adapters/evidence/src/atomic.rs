//! Files that are there whole or not at all, readable by their owner only.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::error::EvidenceError;

/// Writes `bytes` beside `path`, syncs, and renames; on any failure `path` stays as it was.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), EvidenceError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let written = (|| {
        let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)
    })();
    written.map_err(EvidenceError::io("write", path))?;
    sync_folder(folder)
}

/// Makes renames and new files in `folder` survive a power loss.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), EvidenceError> {
    let sync = || File::open(folder)?.sync_all();
    sync().map_err(EvidenceError::io("sync", folder))
}

/// Makes a folder that only its owner can enter; one that is there already is fine.
pub(crate) fn make_folder(path: &Path) -> Result<(), EvidenceError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(EvidenceError::io("make the folder", path))
}
