//! One creation or removal at a time per repository, one git of ours at a time per worktree, also between processes.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use crate::error::WorktreeError;
use crate::linked::Linked;
use crate::private;
use crate::repository::Repository;

/// How long a lock is waited for before it is looked who has it.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(10);

impl Repository {
    /// Waits for the repository's lock; it is held until the file is dropped.
    pub(crate) fn lock(&self) -> Result<File, WorktreeError> {
        take(self.common_dir())
    }

    /// Waits for the lock on one worktree of ours, which a git that outlived its daemon may still hold.
    ///
    /// # Errors
    /// When `worktree` is not the top of a linked worktree of this very repository.
    pub(crate) fn lock_worktree(&self, worktree: &Path) -> Result<(File, Linked), WorktreeError> {
        let linked = self.linked(worktree)?;
        Ok((take(&linked.git_dir)?, linked))
    }
}

fn take(what: &Path) -> Result<File, WorktreeError> {
    let io = |path: &Path| WorktreeError::io("open the lock", path.to_owned());
    let folder = private::locks().map_err(io(what))?;
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    let path = folder.join(format!("{:016x}", hasher.finish()));
    let mut since = Instant::now();
    loop {
        // Nobody can read it, so that whoever is not allowed to write here can't hold it either.
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o200).open(&path);
        let file = file.map_err(io(&path))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // It may have been replaced between the two.
            Ok(()) if is_at(&file, &path) => return Ok(file),
            Ok(()) | Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                std::thread::sleep(LOOK);
                if since.elapsed() > PATIENCE {
                    since = Instant::now();
                    if is_held_by_strangers(&path) {
                        // Their lock is on a file that nobody looks for any more.
                        let _gone = fs::remove_file(&path);
                    }
                }
            }
            Err(e) => return Err(WorktreeError::io("take the lock", path)(e.into())),
        }
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let (open, there) = (file.metadata(), fs::metadata(path));
    open.is_ok_and(|open| there.is_ok_and(|there| (open.dev(), open.ino()) == (there.dev(), there.ino())))
}

/// Whether all that have the lock open are neither git nor pilothouse, of which alone it could be.
fn is_held_by_strangers(path: &Path) -> bool {
    let mut strangers = 0;
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let process = entry.path();
        if !entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit) {
            continue;
        }
        let mut open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        if !open.any(|fd| fs::read_link(fd.path()).is_ok_and(|target| target == path)) {
            continue;
        }
        let program = fs::read_link(process.join("exe")).unwrap_or_default();
        let own = fs::read_link("/proc/self/exe").unwrap_or_default();
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if (program == own && entry.file_name() != *std::process::id().to_string()) || name.starts_with("git") {
            return false;
        }
        strangers += u32::from(program != own);
    }
    strangers > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_lock_stops_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let what = folder.path().join("worktree");
        drop(take(&what).expect("free"));
        let locks = private::locks().expect("a folder");
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        let path = locks.join(format!("{:016x}", hasher.finish()));
        let mut stranger = std::process::Command::new("flock")
            .arg("--no-fork")
            .arg(&path)
            .args(["sh", "-c", "echo held; exec sleep 1000"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("flock");
        let mut said = [0u8; 5];
        std::io::Read::read_exact(stranger.stdout.as_mut().expect("a pipe"), &mut said).expect("held");
        let taken = take(&what);
        let first = taken.is_ok();
        // Our own are still waited for.
        let other = std::thread::spawn({
            let what = what.clone();
            move || take(&what).map(drop)
        });
        assert!(first && !other.is_finished());
        drop(taken);
        other.join().expect("no panic").expect("free again");
        stranger.kill().and_then(|()| stranger.wait()).expect("ours");
    }
}
