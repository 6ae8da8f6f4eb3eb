//! Whether work is in another branch already, also when it was squashed on the way.

use crate::error::WorktreeError;
use crate::git::Git;
use crate::repository::Repository;

impl Repository {
    /// Whether everything that `head` (a full id) adds is in `base` (a full id): its commits are there, or each
    /// of them as a picked one, or all of them as one squashed commit.
    ///
    /// # Errors
    /// When git can't compare them.
    pub fn is_merged(&self, head: &str, base: &str) -> Result<bool, WorktreeError> {
        self.is_merged_by(head, base, &|| self.git())
    }

    /// As [`is_merged`](Self::is_merged), where a call of git may write elsewhere than to the repository.
    pub(crate) fn is_merged_by(&self, head: &str, base: &str, git: &dyn Fn() -> Git) -> Result<bool, WorktreeError> {
        let (ahead, _) = self.ahead_behind(head, base)?;
        if ahead == 0 || is_in(base, head, git())? {
            return Ok(true);
        }
        let Some(from) = self.merge_base(head, base)? else { return Ok(false) };
        // A commit with the whole difference, which no ref knows: git compares patches only commit by commit. The same work gives
        // the same id.
        let (name, address, then) = ("pilothouse", "pilothouse@localhost", Some("@0 +0000"));
        let tree = format!("{head}^{{tree}}");
        let words = ["commit-tree", "--no-gpg-sign", "-p", &from, "-m", "all of it", &tree];
        let whole = git().author(name, address, then).committer(name, address, then).args(&words).line()?;
        is_in(base, &whole, git())
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

/// Whether `base` has a commit of the same change for each commit that `head` has beyond it (git-cherry(1)).
fn is_in(base: &str, head: &str, git: Git) -> Result<bool, WorktreeError> {
    let out = git.args(&["cherry", base, head]).run()?;
    let text = String::from_utf8_lossy(&out).into_owned();
    // A merge commit has no patch and is not listed, so nothing listed proves nothing.
    Ok(!text.trim().is_empty() && text.lines().all(|line| line.starts_with('-')))
}
