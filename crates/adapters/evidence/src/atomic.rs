//! Files that are there whole or not at all, readable by their owner only.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::error::EvidenceError;

/// Writes `bytes` beside `path`, syncs, and renames; on any failure `path` stays as it was.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), EvidenceError> {
    replace(path, bytes, File::sync_all)?;
    sync_folder(folder_of(path))
}

/// As [`write`], for what can be made again: after a power loss it may be damaged or missing.
pub(crate) fn write_cache(path: &Path, bytes: &[u8]) -> Result<(), EvidenceError> {
    replace(path, bytes, |_| Ok(()))
}

fn replace(path: &Path, bytes: &[u8], sync: impl Fn(&File) -> io::Result<()>) -> Result<(), EvidenceError> {
    let written = (|| {
        let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder_of(path))?;
        file.write_all(bytes)?;
        sync(file.as_file())?;
        file.persist(path).map_err(|e| e.error)
    })();
    written.map_err(EvidenceError::io("write", path)).map(drop)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
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
