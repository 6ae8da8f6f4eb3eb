//! Committing what an agent left, once no process of it lives.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::error::WorktreeError;
use crate::git::Git;
use crate::repository::{Repository, open};

/// What is to be committed, and where.
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
}

impl Repository {
    /// Commits tracked and untracked changes (not ignored files) with the person's identity, without
    /// hooks and without signing. Doing it again after an interruption gives the same result.
    ///
    /// # Errors
    /// When the worktree is on another branch, a merge or rebase is under way, or git can't commit.
    pub fn commit_leftovers(&self, left: &Leftovers<'_>) -> Result<Committed, WorktreeError> {
        let (held, _) = self.lock_worktree(left.path)?;
        let on = Git::at(left.path).args(&["rev-parse", "--symbolic-full-name", "HEAD"]).line()?;
        if on != format!("refs/heads/{}", left.branch) {
            let found = match on.trim_start_matches("refs/heads/") {
                "HEAD" => "no branch".to_owned(),
                branch => branch.to_owned(),
            };
            let (path, wanted) = (left.path.to_owned(), left.branch.to_owned());
            return Err(WorktreeError::WrongBranch { path, found, wanted });
        }
        if let Some(what) = self.in_progress(left.path)? {
            return Err(WorktreeError::InProgress { path: left.path.to_owned(), what });
        }
        let dirt = self.dirt(left.path)?;
        if !dirt.is_clean() {
            add_everything(left.path, |words| Git::at(left.path).holding(&held).map(|git| git.args(words)))?;
            let trailer = format!("Pilothouse-Run: {}", left.run);
            let words =
                ["commit", "--quiet", "--no-verify", "--no-gpg-sign", "--trailer", &trailer, "-m", left.subject];
            Git::at(left.path).holding(&held)?.args(&words).run()?;
        }
        Ok(Committed { head: self.head(left.path)?, files: dirt.changed + dirt.untracked })
    }

    /// What a worktree is in the middle of, where a commit would be a wrong step.
    fn in_progress(&self, path: &Path) -> Result<Option<&'static str>, WorktreeError> {
        use gix::state::InProgress;
        Ok(match open(path)?.state() {
            None => None,
            Some(InProgress::Merge) => Some("merge"),
            Some(InProgress::Rebase | InProgress::RebaseInteractive) => Some("rebase"),
            Some(InProgress::CherryPick | InProgress::CherryPickSequence) => Some("cherry-pick"),
            Some(InProgress::Revert | InProgress::RevertSequence) => Some("revert"),
            Some(InProgress::Bisect) => Some("bisect"),
            Some(InProgress::ApplyMailbox | InProgress::ApplyMailboxRebase) => Some("git am"),
        })
    }
}

/// Adds all files that are not ignored to the index that `git` works on. A repository inside that has no commit
/// can't be added and is left where it is; anything else that can't be is an error.
pub(crate) fn add_everything(
    path: &Path,
    git: impl Fn(&[&str]) -> Result<Git, WorktreeError>,
) -> Result<(), WorktreeError> {
    let added = git(&["add", "--all", "--sparse", "--ignore-errors", "--", "."])?.run();
    let Err(error) = added else { return Ok(()) };
    let left = git(&["ls-files", "--others", "--exclude-standard", "-z"])?.run()?;
    let is_repository =
        |name: &[u8]| name.ends_with(b"/") && path.join(std::ffi::OsStr::from_bytes(name)).join(".git").exists();
    let mut names = left.split(|b| *b == 0).filter(|name| !name.is_empty()).peekable();
    let only_repositories = names.peek().is_some() && names.all(is_repository);
    if only_repositories && git(&["diff-files", "--quiet"])?.run().is_ok() { Ok(()) } else { Err(error) }
}
