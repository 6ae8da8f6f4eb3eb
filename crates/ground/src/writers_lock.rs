//! A lock of flock(2) that only who may write to its file can hold. flock(2) itself asks for no more than a descriptor, and a
//! sandboxed agent may read everything.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

/// The mode of such a file: nobody can open it for reading.
const MODE: u32 = 0o200;

/// Takes the lock at `path`, which is made where there is none, until the file is dropped; `None` while another has it. A lock
/// that is held by who can only read the file does not count.
///
/// # Errors
/// When the file can't be opened or locked.
pub fn take_writers_lock(path: &Path) -> io::Result<Option<File>> {
    loop {
        match attempt(path)? {
            Ok(taken) => return Ok(Some(taken)),
            Err(held) if is_held_by_reader(&held) => set_aside(&held, path)?,
            Err(_) => return Ok(None),
        }
    }
}

/// As [`take_writers_lock`], for who tries often: `None` also while somebody holds it who can only read, for whom every process
/// there is would have to be looked at.
///
/// # Errors
/// When the file can't be opened or locked.
pub fn try_writers_lock(path: &Path) -> io::Result<Option<File>> {
    Ok(attempt(path)?.ok())
}

/// Returns the locked file, or as an error the file that another has locked.
fn attempt(path: &Path) -> io::Result<Result<File, File>> {
    loop {
        let file = open(path, true)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // It may have been replaced between the two.
            Ok(()) if is_at(&file, path) => return Ok(Ok(file)),
            Ok(()) | Err(Errno::INTR) => {}
            Err(Errno::WOULDBLOCK) => return Ok(Err(file)),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether somebody holds the lock at `path` who may write there.
pub fn is_writers_locked(path: &Path) -> bool {
    let Ok(file) = open(path, false) else { return false };
    let free = flock(&file, FlockOperation::NonBlockingLockShared);
    free == Err(Errno::WOULDBLOCK) && !is_held_by_reader(&file)
}

/// Opens a plain file for writing; nothing else in its place is waited for or followed.
fn open(path: &Path, make: bool) -> io::Result<File> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).map_err(io::Error::other)?;
    let file = File::options().write(true).create(make).truncate(false).mode(MODE).custom_flags(flags).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    // Earlier versions made it so that it can be read.
    if make && meta.mode() & 0o777 != MODE {
        file.set_permissions(Permissions::from_mode(MODE))?;
    }
    Ok(file)
}

fn is_at(file: &File, path: &Path) -> bool {
    let (open, there) = (file.metadata(), fs::symlink_metadata(path));
    open.is_ok_and(|open| there.is_ok_and(|there| (open.dev(), open.ino()) == (there.dev(), there.ino())))
}

/// Whether the lock of this file is held through a descriptor that can't write: pilothouse never opens it so.
fn is_held_by_reader(file: &File) -> bool {
    let Ok(name) = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())) else { return false };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbered = processes.filter(|entry| entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit));
    numbered.into_iter().any(|process| {
        let process = process.path();
        let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        let of_it = open.filter(|fd| fs::read_link(fd.path()).is_ok_and(|target| target == name));
        of_it.into_iter().any(|fd| {
            let info = fs::read_to_string(process.join("fdinfo").join(fd.file_name())).unwrap_or_default();
            is_readers_lock(&info)
        })
    })
}

/// Whether this descriptor holds a lock of flock(2) and is open for reading only (proc_pid_fdinfo(5)).
fn is_readers_lock(info: &str) -> bool {
    let flags = info.lines().find_map(|line| u32::from_str_radix(line.strip_prefix("flags:")?.trim(), 8).ok());
    let reads = flags.is_some_and(|flags| flags & OFlags::ACCMODE.bits() == OFlags::RDONLY.bits());
    reads && info.lines().any(|line| line.starts_with("lock:") && line.contains(" FLOCK "))
}

/// Puts this file out of the way of who looks for a lock at `path`, unless another is there by now.
fn set_aside(file: &File, path: &Path) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".held-{}", std::process::id()));
    let aside: PathBuf = path.with_file_name(name);
    match fs::rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        renamed => renamed?,
    }
    if is_at(file, &aside) {
        return fs::remove_file(&aside);
    }
    // Somebody else was faster, and theirs may be held already.
    let back = fs::hard_link(&aside, path);
    fs::remove_file(&aside)?;
    back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_can_only_read_holds_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        // As earlier versions made it, and held by a reader since.
        fs::write(&path, "").expect("made");
        let reader = File::open(&path).expect("readable");
        flock(&reader, FlockOperation::NonBlockingLockExclusive).expect("nobody else has it");
        assert!(!is_writers_locked(&path));
        let taken = take_writers_lock(&path).expect("it can be opened").expect("nobody has it who counts");
        assert_eq!(taken.metadata().expect("a file").mode() & 0o777, MODE);
        assert!(is_writers_locked(&path));
        assert!(take_writers_lock(&path).expect("it can be opened").is_none(), "only one has it");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");
        drop(taken);
        assert!(!is_writers_locked(&path));
    }

    #[test]
    fn a_writers_lock_is_never_set_aside() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, other) = (folder.path().join("lock"), folder.path().join("other"));
        let held = take_writers_lock(&path).expect("it can be opened").expect("free");
        let gone = take_writers_lock(&other).expect("it can be opened").expect("free");
        set_aside(&gone, &path).expect("put back");
        assert!(is_at(&held, &path) && is_writers_locked(&path));
    }
}
