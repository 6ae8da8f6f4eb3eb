//! How a worktree stands: its commit and the tree of all its files, to be compared with how it stands later.

use std::path::Path;

use crate::checkpoint::Everything;
use crate::error::WorktreeError;
use crate::repository::Repository;

/// A worktree at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand {
    /// Full id of the commit that the worktree is at.
    pub head: String,
    /// Full id of the tree of the worktree's tracked and untracked files, not of ignored ones.
    pub tree: String,
    /// The tree is not the commit's, or files are left out of it.
    pub uncommitted: bool,
    /// Files that are not in the tree, each with the reason.
    pub left_out: Vec<String>,
}

impl Repository {
    /// Reads the state of the worktree at `path`.
    ///
    /// # Errors
    /// When it is no worktree of this repository, or can't be read whole.
    pub fn stand(&self, path: &Path) -> Result<Stand, WorktreeError> {
        let (held, _) = self.lock_worktree(path)?;
        let Everything { tree, mut left_out } = self.tree_of_everything(path, &held)?;
        left_out.extend(self.uncommitted_inside(&tree, path)?);
        let head = self.head(path)?;
        let committed = self.tree_of(&head)?;
        Ok(Stand { uncommitted: committed != tree || !left_out.is_empty(), head, tree, left_out })
    }

    /// The full id of a commit's tree.
    ///
    /// # Errors
    /// When there is no such commit.
    pub fn tree_of(&self, commit: &str) -> Result<String, WorktreeError> {
        let spec = format!("{commit}^{{tree}}");
        self.git().args(&["rev-parse", "--verify", "--quiet", "--end-of-options", &spec]).line()
    }

    /// The paths that differ between two trees; names that are no UTF-8 with U+FFFD.
    ///
    /// # Errors
    /// When one of them is no tree here.
    pub fn changed_between(&self, one: &str, other: &str) -> Result<Vec<String>, WorktreeError> {
        let words = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--end-of-options", one, other];
        let out = self.git().args(&words).run()?;
        let names = out.split(|b| *b == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    }

    /// Whether git tracks this file of the worktree at `path`.
    ///
    /// # Errors
    /// When git can't be run.
    pub fn is_tracked(&self, path: &Path, file: &str) -> Result<bool, WorktreeError> {
        let literal = format!(":(literal){file}");
        Ok(!self.look(path)?.git().args(&["ls-files", "-z", "--", &literal]).run()?.is_empty())
    }
}
