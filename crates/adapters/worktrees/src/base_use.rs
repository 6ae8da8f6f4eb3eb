//! Who uses a branch just now, as git's own `branch -f` asks before it moves one: checkouts, also of a folder that is not
//! there, and whatever a worktree is in the middle of that will move the branch at its end.

use std::path::{Path, PathBuf};

use crate::admin_file::read_small;
use crate::error::WorktreeError;
use crate::repository::Repository;

/// Files in a worktree's git folder that name the branch which is put back when what is under way ends.
const HEAD_NAMES: [(&str, &str); 3] =
    [("rebase-merge/head-name", "a rebase"), ("rebase-apply/head-name", "a rebase"), ("BISECT_START", "a bisect")];
/// The further branches that a rebase with `--update-refs` moves (git-rebase(1)).
const UPDATED_TOO: &str = "rebase-merge/update-refs";

/// A branch as it may be moved.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BranchUse {
    /// Nobody has it.
    Free,
    /// A checkout has the branch in this folder, which is there.
    CheckedOut(PathBuf),
}

impl Repository {
    /// Finds out whether the local branch `name` (its short name) may be moved, and by whom.
    ///
    /// `lives` says whether anything of a run lives.
    ///
    /// # Errors
    /// Names who has it in use.
    pub(crate) fn use_of(&self, name: &str, lives: &dyn Fn(&str) -> bool) -> Result<BranchUse, WorktreeError> {
        let in_use = |why: String| WorktreeError::InUse { branch: name.to_owned(), why };
        let full = format!("refs/heads/{name}");
        if let Ok(other) = self.git().args(&["symbolic-ref", "--quiet", &full]).line() {
            return Err(in_use(format!("it is another name of {other}; name that one as the base")));
        }
        let mut found = BranchUse::Free;
        for tree in self.worktrees()? {
            let place = tree.path.display().to_string();
            if let Some(what) = moved_at_the_end(&tree.git_dir, &full) {
                return Err(in_use(format!("{what} of it is under way in {place}; end that first")));
            }
            if tree.branch.as_deref() != Some(name) {
                continue;
            }
            if !tree.path.exists() {
                let next = "bring it back, or have git forget it with `git worktree remove`";
                return Err(in_use(format!("it is checked out in {place}, which is not there; {next}")));
            }
            if let Some(run) = tree.run().filter(|run| lives(run)) {
                return Err(in_use(format!("the run {run} works on it in {place}; wait for its end, or terminate it")));
            }
            found = BranchUse::CheckedOut(tree.path);
        }
        Ok(found)
    }
}

/// Returns the operation under way in this git folder that will move the branch `full` at its end.
fn moved_at_the_end(git_dir: &Path, full: &str) -> Option<&'static str> {
    let text = |name: &str| {
        let bytes = read_small(&git_dir.join(name)).ok().flatten().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let short = full.trim_start_matches("refs/heads/");
    let named = HEAD_NAMES.iter().find(|(file, _)| matches!(text(file).trim(), name if name == full || name == short));
    let updated = || text(UPDATED_TOO).lines().any(|line| line == full);
    named.map(|(_, what)| *what).or_else(|| updated().then_some("a rebase"))
}
