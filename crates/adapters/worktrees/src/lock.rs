//! One creation or removal at a time per repository, one git of ours at a time per worktree, also between processes.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::error::WorktreeError;
use crate::git::Git;
use crate::repository::Repository;

impl Repository {
    /// Waits for the repository's lock; it is held until the file is dropped.
    pub(crate) fn lock(&self) -> Result<File, WorktreeError> {
        take(&self.common_dir().join("pilothouse.lock"))
    }

    /// Waits for the lock on one worktree of ours, which a git that outlived its daemon may still hold.
    ///
    /// # Errors
    /// When `worktree` is not the top of a linked worktree of this very repository: without its `.git` file
    /// git would take an enclosing repository for it.
    pub(crate) fn lock_worktree(&self, worktree: &Path) -> Result<(File, PathBuf), WorktreeError> {
        let git_dir = self.check_linked(worktree)?;
        Ok((take(&git_dir.join("pilothouse.lock"))?, git_dir))
    }

    /// Gives the own git folder of a worktree that is a linked one of this very repository.
    ///
    /// # Errors
    /// When it is the main checkout, another repository's, or no worktree at all.
    pub fn check_linked(&self, worktree: &Path) -> Result<PathBuf, WorktreeError> {
        let out = Git::at(worktree).args(&["rev-parse", "--absolute-git-dir", "--show-toplevel"]).run()?;
        let said = String::from_utf8_lossy(&out).into_owned();
        let mut lines = said.lines().map(PathBuf::from);
        let (git_dir, top) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let linked = git_dir.starts_with(self.common_dir().join("worktrees"));
        if !linked || top != worktree {
            let message = "it is no worktree of this repository any more".to_owned();
            return Err(WorktreeError::Read { path: worktree.to_owned(), message });
        }
        Ok(git_dir)
    }
}

fn take(path: &Path) -> Result<File, WorktreeError> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    let file = file.map_err(WorktreeError::io("open the lock", path))?;
    loop {
        match flock(&file, FlockOperation::LockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(WorktreeError::io("take the lock", path)(e.into())),
        }
    }
}
