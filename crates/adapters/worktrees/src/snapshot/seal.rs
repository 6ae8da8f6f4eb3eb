//! Whether a snapshot is as it was kept: looked at whole before anything is made of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::SnapshotRecord;
use crate::admin_file::open_regular;
use crate::error::WorktreeError;

/// The files that a record answers for.
const FILES: [&str; 2] = ["files.tar", "deleted"];
/// A tar archive ends with two blocks of zeros.
const TAR_END: u64 = 1024;

/// The digests of a snapshot's files in `folder`.
pub(super) fn digests(folder: &Path) -> io::Result<BTreeMap<String, String>> {
    FILES.iter().map(|name| Ok(((*name).to_owned(), digest(open_regular(&folder.join(name))?)?))).collect()
}

fn digest(mut file: File) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut chunk = vec![0u8; 256 << 10];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            n => hasher.update(&chunk[..n]),
        }
    }
}

/// Checks that every file of the snapshot is the one that was kept.
///
/// # Errors
/// Names the first that is not.
pub(super) fn check(record: &SnapshotRecord, folder: &Path) -> Result<(), WorktreeError> {
    let damaged = |name: &str, why: String| WorktreeError::DamagedSnapshot { path: folder.join(name), why };
    for name in FILES {
        let file = open_regular(&folder.join(name)).map_err(|error| damaged(name, error.to_string()))?;
        match record.sha256.get(name) {
            Some(kept) => match digest(file) {
                Ok(now) if now == *kept => {}
                Ok(_) => return Err(damaged(name, "it is not what was kept".to_owned())),
                Err(error) => return Err(damaged(name, error.to_string())),
            },
            // An earlier version kept no digest; a whole archive has its end.
            None if name == "files.tar" && !ends_as_tar(file).unwrap_or(false) => {
                return Err(damaged(name, "its end is missing".to_owned()));
            }
            None => {}
        }
    }
    Ok(())
}

fn ends_as_tar(mut file: File) -> io::Result<bool> {
    let len = file.metadata()?.len();
    if len < TAR_END {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(len - TAR_END))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    Ok(end.iter().all(|byte| *byte == 0))
}
