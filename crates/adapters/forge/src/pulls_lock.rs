//! The lock on the pull requests of a repository, which only who may write to its file can hold: flock(2) asks for no more than
//! a descriptor, and a sandboxed agent may read everything.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

/// How long somebody else may change something.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(10);
/// How long a lock is waited for before it is looked who has it.
const SUSPICION: Duration = Duration::from_secs(1);
/// The mode of the file: nobody can open it for reading.
const MODE: u32 = 0o200;

/// Waits until nobody else has the lock at `path`; ends when the file is dropped.
///
/// # Errors
/// When the file can't be opened or locked, or somebody has it for longer than a change takes.
pub(crate) fn take(path: &Path) -> io::Result<File> {
    let (began, mut looked) = (Instant::now(), false);
    while began.elapsed() < PATIENCE {
        let file = open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // It may have been replaced between the two.
            Ok(()) if is_at(&file, path) => return Ok(file),
            Ok(()) | Err(Errno::INTR) => {}
            Err(Errno::WOULDBLOCK) => {
                std::thread::sleep(LOOK);
                if !looked && began.elapsed() > SUSPICION {
                    looked = true;
                    if is_held_by_reader(&file) && is_at(&file, path) {
                        // Their lock is on a file that nobody looks for any more.
                        fs::remove_file(path)?;
                    }
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "another change has it and does not end; try again"))
}

/// Opens a plain file for writing; nothing else in its place is waited for or followed.
fn open(path: &Path) -> io::Result<File> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).map_err(io::Error::other)?;
    let file = File::options().write(true).create(true).truncate(false).mode(MODE).custom_flags(flags).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    // Earlier versions made it so that it can be read.
    if meta.mode() & 0o777 != MODE {
        file.set_permissions(Permissions::from_mode(MODE))?;
    }
    Ok(file)
}

fn is_at(file: &File, path: &Path) -> bool {
    let (open, there) = (file.metadata(), fs::symlink_metadata(path));
    open.is_ok_and(|open| there.is_ok_and(|there| (open.dev(), open.ino()) == (there.dev(), there.ino())))
}

/// Whether the lock of this file is held through a descriptor that can't write (proc_pid_fdinfo(5)): pilothouse never opens it
/// so.
fn is_held_by_reader(file: &File) -> bool {
    let Ok(name) = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())) else { return false };
    let holds = |process: &Path, fd: &fs::DirEntry| {
        let info = fs::read_to_string(process.join("fdinfo").join(fd.file_name())).unwrap_or_default();
        let flags = info.lines().find_map(|line| u32::from_str_radix(line.strip_prefix("flags:")?.trim(), 8).ok());
        let reads = flags.is_some_and(|flags| flags & OFlags::ACCMODE.bits() == OFlags::RDONLY.bits());
        reads && info.lines().any(|line| line.starts_with("lock:") && line.contains(" FLOCK "))
    };
    let mut processes = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    processes.any(|process| {
        let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        let mut of_it = open.filter(|fd| fs::read_link(fd.path()).is_ok_and(|target| target == name));
        of_it.any(|fd| holds(&process, &fd))
    })
}

#[cfg(test)]
mod tests {
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
        assert_eq!(taken.metadata().expect("a file").mode() & 0o777, MODE);
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
