//! Space that is left on a file system.

use std::path::Path;

/// Returns the bytes that this user may still write on the file system of `path` or of the folder it will be in.
pub(super) fn free(path: &Path) -> Option<u64> {
    let there = path.ancestors().find(|folder| folder.exists())?;
    let stat = rustix::fs::statvfs(there).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}
