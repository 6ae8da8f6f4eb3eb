//! The lock on the pull requests of a repository, which only who may write to its file can hold: flock(2) asks for no more than
//! a descriptor, and a sandboxed agent may read everything.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use ground::{take_writers_lock, try_writers_lock};

/// How long somebody else may change something.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(10);
/// How long a lock is waited for before it is looked who has it.
const SUSPICION: Duration = Duration::from_secs(1);
/// Waits until nobody else has the lock at `path`; the lock ends when the file is dropped.
///
/// # Errors
/// When the file can't be opened or locked, or somebody has it for longer than a change takes.
pub(crate) fn take(path: &Path) -> io::Result<File> {
    let (began, mut looked) = (Instant::now(), false);
    while began.elapsed() < PATIENCE {
        let looks = !looked && began.elapsed() > SUSPICION;
        looked |= looks;
        let taken = if looks { take_writers_lock(path)? } else { try_writers_lock(path)? };
        match taken {
            Some(file) => return Ok(file),
            None => std::thread::sleep(LOOK),
        }
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "another change has it and does not end; try again"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::{FlockOperation, flock};

    use super::*;

    #[test]
    fn a_readers_lock_keeps_no_change_waiting() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        // As earlier versions made it.
        fs::write(&path, "").expect("made");
        let reader = File::open(&path).expect("readable");
        flock(&reader, FlockOperation::NonBlockingLockExclusive).expect("free");
        let taken = take(&path).expect("who can only read has no lock");
        assert_eq!(taken.metadata().expect("a file").mode() & 0o777, 0o200);
        // Another change is still waited for.
        let other = std::thread::spawn({
            let path = path.clone();
            move || take(&path).map(drop)
        });
        assert!(!other.is_finished());
        drop(taken);
        other.join().expect("no panic").expect("free again");
    }
}
