//! Whether work is in another branch already, also when it was squashed on the way.

use crate::error::WorktreeError;
use crate::repository::Repository;

impl Repository {
    /// Whether everything that `head` (a full id) adds is in `base` (a full id): its commits are there, or each
    /// of them as a picked one, or all of them as one squashed commit.
    ///
    /// # Errors
    /// When git can't compare them.
    pub fn is_merged(&self, head: &str, base: &str) -> Result<bool, WorktreeError> {
        let (ahead, _) = self.ahead_behind(head, base)?;
        if ahead == 0 || self.is_in(base, head)? {
            return Ok(true);
        }
        let Some(from) = self.merge_base(head, base)? else { return Ok(false) };
        // A commit with the whole difference, which no ref knows: git compares patches only commit by commit.
        let tree = format!("{head}^{{tree}}");
        let whole = self.commit_tree(&tree, &[from], "all of it")?;
        self.is_in(base, &whole)
    }

    /// Whether `base` has a commit of the same change for each commit that `head` has beyond it (git-cherry(1)).
    fn is_in(&self, base: &str, head: &str) -> Result<bool, WorktreeError> {
        let out = self.git().args(&["cherry", base, head]).run()?;
        let text = String::from_utf8_lossy(&out).into_owned();
        // A merge commit has no patch and is not listed, so nothing listed proves nothing.
        Ok(!text.trim().is_empty() && text.lines().all(|line| line.starts_with('-')))
    }

    /// Whether a remote-tracking branch has this commit (a full id).
    ///
    /// # Errors
    /// When git can't be run.
    pub fn is_pushed(&self, commit: &str) -> Result<bool, WorktreeError> {
        let words = ["for-each-ref", "--count=1", "--format=%(refname)", "--contains", commit, "refs/remotes/"];
        Ok(!self.git().args(&words).line()?.is_empty())
    }
}
