//! The single daemon of a state folder: its lock, the record that clients read, and the folder of sockets.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use protocol::{CONTRACT, DaemonRecord};

use crate::error::DaemonError;

/// The right to serve a state folder, held until dropped.
#[derive(Debug)]
pub struct Instance {
    _lock: File,
    record_path: PathBuf,
    pub(crate) record: DaemonRecord,
}

/// The state folder is served by another daemon.
#[derive(Debug)]
pub struct AlreadyRunning;

impl Instance {
    /// Takes the lock `daemon.lock`.
    ///
    /// # Errors
    /// When the folders can't be made or trusted; `Ok(Err(…))` when another daemon holds the lock.
    pub fn take(
        home: &Path,
        runtime: &Path,
        version: &str,
        now_ms: i64,
    ) -> Result<Result<Self, AlreadyRunning>, DaemonError> {
        make_private(home)?;
        let path = home.join("daemon.lock");
        // Whatever else lies there is not waited for, and who can only read it can't hold it.
        let lock = ground::take_writers_lock(&path).map_err(DaemonError::io("lock", &path))?;
        let Some(lock) = lock else { return Ok(Err(AlreadyRunning)) };
        // A folder below /tmp is ours alone only if its parent is: else it could be swapped for another.
        if let Some(parent) =
            runtime.parent().filter(|p| p.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"pilothouse")))
        {
            make_private(parent)?;
        }
        make_private(runtime)?;
        let record = DaemonRecord {
            pid: std::process::id(),
            started_ms: now_ms,
            socket: runtime.join("d.sock"),
            contract: CONTRACT,
            version: version.to_owned(),
        };
        Ok(Ok(Self { _lock: lock, record_path: home.join("daemon.json"), record }))
    }

    /// Writes `daemon.json`, whole or not at all; where there is no room for another one, over the last daemon's.
    pub(crate) fn announce(&self) -> Result<(), DaemonError> {
        let beside = self.record_path.with_extension("json.new");
        let json = serde_json::to_vec(&self.record).expect("a record is plain values");
        let write = || {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
            file.write_all(&json)?;
            fs::rename(&beside, &self.record_path)
        };
        let full = |e: &std::io::Error| {
            matches!(e.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
        };
        let written = write().or_else(|error| match full(&error) {
            true => over(&self.record_path, &json).map_err(|_| error),
            false => Err(error),
        });
        written.map_err(DaemonError::io("write", &self.record_path))
    }

    pub(crate) fn withdraw(&self) {
        // A client that still finds them sees that nobody answers there.
        let _gone = fs::remove_file(&self.record_path);
        let _gone = fs::remove_file(&self.record.socket);
        if let Some(runtime) = self.record.socket.parent() {
            // Living keepers have their sockets in it; then it stays.
            let _used = fs::remove_dir(runtime);
        }
    }
}

/// Writes a record over one that is there, in the room that it has: a full disk must not keep out the daemon that ends
/// what fills it. A client that reads just then finds no record and looks again.
fn over(path: &Path, json: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(json)?;
    file.set_len(json.len() as u64)
}

/// Makes a folder that only its owner can enter, and refuses one that someone else could have laid out.
fn make_private(path: &Path) -> Result<(), DaemonError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(DaemonError::io("make the folder", path))?;
    let meta = fs::symlink_metadata(path).map_err(DaemonError::io("look at", path))?;
    let unsafe_because = |why| Err(DaemonError::UnsafeFolder { path: path.to_owned(), why });
    if !meta.is_dir() {
        return unsafe_because("it is a link or no folder");
    }
    if meta.uid() != rustix::process::getuid().as_raw() {
        return unsafe_because("it belongs to another user");
    }
    if meta.mode() & 0o077 != 0 {
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(path, private).map_err(DaemonError::io("make private", path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rustix::fs::{FlockOperation, flock};

    use super::*;

    #[test]
    fn a_lock_reader_keeps_no_daemon_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let (home, runtime) = (folder.path().join("home"), folder.path().join("runtime"));
        let take = || Instance::take(&home, &runtime, "0", 0).expect("folders of ours");
        drop(take().expect("nobody serves"));
        let reader = File::open(home.join("daemon.lock")).or_else(|_| {
            // Nobody but root can; earlier versions made it so that everybody could.
            fs::set_permissions(home.join("daemon.lock"), fs::Permissions::from_mode(0o600))?;
            File::open(home.join("daemon.lock"))
        });
        let reader = reader.expect("readable");
        flock(&reader, FlockOperation::NonBlockingLockExclusive).expect("free");
        let instance = take().expect("who can only read has no lock");
        assert!(take().is_err(), "one daemon alone");
        drop(instance);
        assert!(take().is_ok());
    }
}
