//! A run's worktree as it is found now: it may have moved, vanished, or be someone else's by now.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::list::Worktree;
use crate::repository::Repository;

/// Where a run's worktree is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundWorktree {
    /// There, proven ours by what was kept when it was made.
    There(Worktree),
    /// git knows it, and its folder is gone.
    Vanished(Worktree),
    /// git knows of no worktree of this run.
    Unknown,
}

impl Repository {
    /// Looks for the worktree of a run by what was kept of it, wherever it was moved to.
    ///
    /// # Errors
    /// When the repository can't be read, or git was made to look elsewhere from it.
    pub fn worktree_of(&self, run: &str) -> Result<FoundWorktree, WorktreeError> {
        let ours = self.worktrees()?.into_iter().find(|w| w.run() == Some(run));
        Ok(match ours {
            None => FoundWorktree::Unknown,
            Some(w) if fs::symlink_metadata(w.path.join(".git")).is_err() => FoundWorktree::Vanished(w),
            Some(w) => {
                self.linked(&w.path)?;
                FoundWorktree::There(w)
            }
        })
    }

    /// The path of a run's worktree, proven to be that.
    ///
    /// # Errors
    /// `Gone` when it vanished or can't be proven ours.
    pub fn path_of(&self, run: &str, expected: &Path) -> Result<PathBuf, WorktreeError> {
        match self.worktree_of(run)? {
            FoundWorktree::There(worktree) => Ok(worktree.path),
            FoundWorktree::Vanished(worktree) => Err(WorktreeError::Gone { path: worktree.path }),
            FoundWorktree::Unknown => Err(WorktreeError::Gone { path: expected.to_owned() }),
        }
    }
}
