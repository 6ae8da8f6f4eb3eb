//! Git's own locks that a git which was killed left behind: nobody would ever take them away.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::WorktreeError;
use crate::linked::Linked;
use crate::repository::Repository;

/// How long another git may hold a lock of a worktree whose agent has ended.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);

impl Repository {
    /// Lets whoever writes the index, HEAD or `branch` of this worktree just now finish. A lock that is still there
    /// when nobody works in the worktree is taken away; returns the names of those. `lives` says whether anything of
    /// the worktree's run does, which is looked at only where there is a lock.
    ///
    /// # Errors
    /// When `path` is no linked worktree of this repository.
    pub fn release_left_locks(
        &self,
        path: &Path,
        branch: &str,
        lives: impl Fn() -> bool,
    ) -> Result<Vec<String>, WorktreeError> {
        let (_held, Linked { git_dir, .. }) = self.lock_worktree(path)?;
        let branch = self.common_dir().join(format!("refs/heads/{branch}.lock"));
        let locks = [git_dir.join("index.lock"), git_dir.join("HEAD.lock"), branch];
        if !locks.iter().any(|lock| lock.exists()) || lives() {
            return Ok(Vec::new());
        }
        let deadline = Instant::now() + PATIENCE;
        while locks.iter().any(|lock| lock.exists()) && Instant::now() < deadline {
            std::thread::sleep(LOOK);
        }
        let left: Vec<&PathBuf> = locks.iter().filter(|lock| lock.exists()).collect();
        if left.is_empty() || someone_is_in(path) {
            return Ok(Vec::new());
        }
        let taken = left.into_iter().filter(|lock| fs::remove_file(lock).is_ok());
        let name = |lock: &PathBuf| lock.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(taken.map(name).collect())
    }
}

/// Whether a process works in this folder; where that can't be told, someone may.
fn someone_is_in(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir("/proc") else { return true };
    let pids = entries.flatten().filter(|e| e.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit));
    pids.filter_map(|entry| fs::read_link(entry.path().join("cwd")).ok()).any(|cwd| cwd.starts_with(folder))
}
