//! One creation or removal at a time per repository, also between processes.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::{FlockOperation, flock};

use crate::error::WorktreeError;
use crate::repository::Repository;

impl Repository {
    /// Waits for the repository's lock; it is held until the file is dropped.
    pub(crate) fn lock(&self) -> Result<File, WorktreeError> {
        let path = self.common_dir().join("pilothouse.lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(WorktreeError::io("open the lock", &path))?;
        loop {
            match flock(&file, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(file),
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(WorktreeError::io("take the lock", &path)(e.into())),
            }
        }
    }
}
