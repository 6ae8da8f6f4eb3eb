//! Whether work and its base come together, tried aside: nothing is written to the repository.

use std::path::Path;

use crate::error::WorktreeError;
use crate::merge_tree::{Together, merge_tree};
use crate::private;
use crate::repository::Repository;

/// Work as it would be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The base's short name, and the commit that it is at (a full id).
    pub onto: &'a str,
    pub base: &'a str,
    /// The work's commit (a full id).
    pub head: &'a str,
    /// The worktree in which the work was done.
    pub worktree: &'a Path,
}

/// The result of a merge that was only tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The paths in which both do not fit together, as git merge-tree(1) finds them; none where they merge cleanly.
    pub conflicts: Vec<String>,
    /// Reasons against the merge beside its conflicts, each a sentence.
    pub against: Vec<String>,
}

impl Repository {
    /// Tries a merge. `lives` says whether anything of a run lives.
    ///
    /// # Errors
    /// When it can't be found out whether they merge.
    pub fn try_merge(&self, of: &Candidate<'_>, lives: &dyn Fn(&str) -> bool) -> Result<Trial, WorktreeError> {
        let mut against = Vec::new();
        let full = format!("refs/heads/{}", of.onto);
        if self.at_ref(&full)?.is_none() {
            against.push(WorktreeError::NoBranch(of.onto.to_owned()).to_string());
        } else if let Err(error) = self.use_of(of.onto, lives) {
            against.push(error.to_string());
        }
        let Together { tree, conflicts } = self.merged_aside(of.base, of.head)?;
        if conflicts.is_empty() && of.head != of.base && tree == self.tree_of(of.base)? {
            against.push(format!("merged it would change nothing of {}", of.onto));
        }
        against.extend(self.lost_gitlinks(of.base, of.head, of.worktree)?);
        Ok(Trial { conflicts, against })
    }

    /// The paths in which two commits (full ids) do not fit together, as git merge-tree(1) finds them; none where they merge
    /// cleanly.
    ///
    /// # Errors
    /// When one of them is no commit here.
    pub fn conflicts(&self, ours: &str, theirs: &str) -> Result<Vec<String>, WorktreeError> {
        Ok(self.merged_aside(ours, theirs)?.conflicts)
    }

    fn merged_aside(&self, ours: &str, theirs: &str) -> Result<Together, WorktreeError> {
        let aside = private::folder("try").map_err(WorktreeError::io("make a temporary folder for", "git"))?;
        let git = self.git().writing_to(aside.path(), &self.common_dir().join("objects"));
        merge_tree(git, None, ours, theirs)
    }
}
