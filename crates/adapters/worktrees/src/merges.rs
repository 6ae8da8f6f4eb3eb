//! Whether work and its base come together, tried aside: nothing is written to the repository.

use crate::error::WorktreeError;
use crate::git::Git;
use crate::merge_tree::merge_tree;
use crate::repository::Repository;

impl Repository {
    /// The paths in which two commits (full ids) do not fit together, as git merge-tree(1) finds them; none where they merge
    /// cleanly.
    ///
    /// # Errors
    /// When one of them is no commit here.
    pub fn conflicts(&self, ours: &str, theirs: &str) -> Result<Vec<String>, WorktreeError> {
        let aside = tempfile::tempdir().map_err(WorktreeError::io("make a temporary folder for", "git"))?;
        let git = Git::at(self.main()).writing_to(aside.path(), &self.common_dir().join("objects"));
        Ok(merge_tree(git, None, ours, theirs)?.conflicts)
    }
}
