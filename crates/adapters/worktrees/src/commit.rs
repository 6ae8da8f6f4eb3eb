//! Committing what an agent left, once no process of it lives.

use std::fs;
use std::path::Path;

use crate::error::WorktreeError;
use crate::linked::Linked;
use crate::repository::Repository;

/// Uncommitted work that is to be committed, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftovers<'a> {
    pub path: &'a Path,
    /// The branch the worktree must still be on.
    pub branch: &'a str,
    /// First line of the commit message.
    pub subject: &'a str,
    /// The run's id, for the trailer `Pilothouse-Run`.
    pub run: &'a str,
}

/// Where the branch stands afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    pub head: String,
    /// Files that the commit took up; 0 when there was nothing to commit.
    pub files: u32,
    /// Files that the commit did not take up, each with the reason.
    pub left_out: Vec<String>,
}

impl Repository {
    /// Commits tracked and untracked changes (not ignored files) with the person's identity, without
    /// hooks and without signing. Doing it again after an interruption gives the same result.
    ///
    /// # Errors
    /// When the worktree is on another branch, a merge or rebase is under way, or git can't commit.
    pub fn commit_leftovers(&self, left: &Leftovers<'_>) -> Result<Committed, WorktreeError> {
        let (held, linked) = self.lock_worktree(left.path)?;
        let look = self.look(left.path)?;
        let on = look.git().args(&["symbolic-ref", "--quiet", "HEAD"]).line().unwrap_or_default();
        if on != format!("refs/heads/{}", left.branch) {
            let branch = on.strip_prefix("refs/heads/").unwrap_or(&on);
            let found = match branch {
                "" => "no branch".to_owned(),
                branch if self.tip(branch)?.is_none() => format!("the branch {branch}, which has no commit,"),
                branch => format!("the branch {branch}"),
            };
            let (path, wanted) = (left.path.to_owned(), left.branch.to_owned());
            return Err(WorktreeError::WrongBranch { path, found, wanted });
        }
        if let Some(what) = linked.in_progress() {
            return Err(WorktreeError::InProgress { path: left.path.to_owned(), what });
        }
        let left_out = look.left_out(left.path)?;
        let dirt = self.dirt_of(&look)?;
        let git = || self.git_in(&linked)?.patient().holding(&held);
        if !dirt.is_clean() {
            // Standard input is the list of paths here, so that the lock is held by the commit alone.
            left_out.add_the_rest(self.git_in(&linked)?, &[])?;
        }
        let staged = git()?.args(&["diff-index", "--cached", "--quiet", "--ignore-submodules=none", "HEAD", "--"]);
        let is_staged = staged.output()?.status.code() == Some(1);
        if is_staged {
            let trailer = format!("Pilothouse-Run: {}", left.run);
            let words =
                ["commit", "--quiet", "--no-verify", "--no-gpg-sign", "--trailer", &trailer, "-m", left.subject];
            let (name, address) = self.identity()?;
            let git = git()?.author(&name, &address, None).committer(&name, &address, None);
            git.args(&words).run()?;
        }
        let files = if is_staged { dirt.changed + dirt.untracked } else { 0 };
        Ok(Committed { head: self.head(left.path)?, files, left_out: left_out.reasons })
    }
}

impl Linked {
    /// Returns the operation of git that is under way in the worktree, during which a commit would be a wrong step.
    fn in_progress(&self) -> Option<&'static str> {
        let is_there = |name: &str| fs::symlink_metadata(self.git_dir.join(name)).is_ok();
        UNDER_WAY.iter().find(|(name, _)| is_there(name)).map(|(_, what)| *what)
    }
}

/// The files by which git knows (git's `wt_status_get_state`), the surest first.
const UNDER_WAY: [(&str, &str); 7] = [
    ("rebase-apply/applying", "git am"),
    ("rebase-apply", "rebase"),
    ("rebase-merge", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
];
