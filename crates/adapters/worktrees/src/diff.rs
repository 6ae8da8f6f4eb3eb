//! The difference between a worktree and a commit, as git words it.

use std::path::Path;

use crate::changes::WorkChanges;
use crate::error::WorktreeError;
use crate::git::Git;
use crate::patch::{ALWAYS, AROUND, TO_APPLY};
use crate::repository::Repository;

/// Whom a difference is worded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Somebody who reads it.
    Reading,
    /// git apply(1): binaries have their bytes.
    Applying,
}

/// A difference and its sums.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// A unified diff, in the bytes that the files have.
    pub text: Vec<u8>,
    /// Each changed file: lines added and removed (`None` for binaries) and its path.
    pub files: Vec<(Option<u64>, Option<u64>, String)>,
    pub changes: WorkChanges,
    /// Files of the worktree that are not in the difference, each with the reason.
    pub left_out: Vec<String>,
}

impl Repository {
    /// Returns the changes of the worktree at `path`, uncommitted and untracked files included, since the commit
    /// `from`.
    ///
    /// # Errors
    /// When the worktree can't be read.
    pub fn diff(&self, path: &Path, from: &str, whom: For) -> Result<Diff, WorktreeError> {
        let look = self.look(path)?;
        look.unflag(path)?;
        let left = look.left_out(path)?;
        // Names alone are added to the copy, so that new files are part of the difference.
        left.add_the_rest(look.git(), &["--intent-to-add"])?;
        let diff = compare(|| look.git(), |git| left.pass_over(git), &[from], whom)?;
        Ok(Diff { left_out: left.reasons, ..diff })
    }

    /// Returns the changes from the commit `from` to the commit `to`; neither needs a worktree.
    ///
    /// # Errors
    /// When one of them is no commit here.
    pub fn diff_of_commits(&self, from: &str, to: &str, whom: For) -> Result<Diff, WorktreeError> {
        compare(|| self.git(), |git| git, &[from, to], whom)
    }

    /// As [`diff_of_commits`](Self::diff_of_commits), also for trees, without the text.
    ///
    /// # Errors
    /// When one of them is not here.
    pub fn counts_between(&self, from: &str, to: &str) -> Result<Diff, WorktreeError> {
        count(self.git(), |git| git, &[from, to])
    }
}

fn compare(
    git: impl Fn() -> Git,
    paths: impl Fn(Git) -> Git,
    commits: &[&str],
    whom: For,
) -> Result<Diff, WorktreeError> {
    let more = if whom == For::Applying { &TO_APPLY[..] } else { &[] };
    let words =
        git().patient().args(&ALWAYS).args(more).args(&[AROUND, "--end-of-options"]).args(commits).args(&["--"]);
    let text = paths(words).run()?;
    let diff = count(git(), paths, commits)?;
    Ok(Diff { text, ..diff })
}

/// A difference without its text.
fn count(git: Git, paths: impl Fn(Git) -> Git, commits: &[&str]) -> Result<Diff, WorktreeError> {
    let mut diff = Diff::default();
    let counted = git.args(&ALWAYS).args(&["--numstat", "-z", "--end-of-options"]).args(commits).args(&["--"]);
    for entry in paths(counted.patient()).run()?.split(|b| *b == 0).filter(|entry| !entry.is_empty()) {
        let entry = String::from_utf8_lossy(entry);
        let mut fields = entry.splitn(3, '\t');
        let mut number = || fields.next().and_then(|n| n.parse::<u64>().ok());
        let (added, removed) = (number(), number());
        diff.changes.files += 1;
        diff.changes.added += added.unwrap_or(0);
        diff.changes.removed += removed.unwrap_or(0);
        diff.files.push((added, removed, fields.next().unwrap_or_default().to_owned()));
    }
    Ok(diff)
}
