//! The stash, which all worktrees of a repository share: what an agent put there is out of sight, and what it took from there
//! was somebody else's.

use std::collections::BTreeSet;

use crate::error::WorktreeError;
use crate::repository::Repository;

/// An entry of the stash.
struct Stash {
    commit: String,
    /// `WIP on BRANCH: …` or `On BRANCH: …` (git-stash(1)).
    subject: String,
}

impl Stash {
    fn is_of(&self, branch: &str) -> bool {
        ["WIP on ", "On "].iter().any(|begin| {
            let rest = self.subject.strip_prefix(begin).and_then(|rest| rest.strip_prefix(branch));
            rest.is_some_and(|rest| rest.starts_with(':'))
        })
    }
}

impl Repository {
    /// Keeps what the stash has now under `refs/pilothouse/<run>/stash-<commit>`, so that nothing of it is lost by what the run
    /// does.
    ///
    /// # Errors
    /// When git can't write refs.
    pub fn keep_stashes(&self, run: &str) -> Result<(), WorktreeError> {
        for stash in self.stashes()? {
            self.keep_stash(run, &stash.commit)?;
        }
        Ok(())
    }

    fn keep_stash(&self, run: &str, commit: &str) -> Result<String, WorktreeError> {
        let reference = format!("refs/pilothouse/{run}/stash-{}", &commit[..commit.len().min(12)]);
        self.git().args(&["update-ref", &reference, commit]).run().map(|_| reference)
    }

    /// Whether the stash holds work that was done on this branch.
    ///
    /// # Errors
    /// When git can't read it.
    pub fn has_stash_of(&self, branch: &str) -> Result<bool, WorktreeError> {
        Ok(self.stashes()?.iter().any(|stash| stash.is_of(branch)))
    }

    /// Returns what the run did with the stash, each a sentence: work of its own that is there, and entries that were
    /// there when it began, are gone, and are in its tree.
    ///
    /// # Errors
    /// When git can't read it.
    pub fn stashes_touched(&self, run: &str, branch: &str, tree: &str) -> Result<Vec<String>, WorktreeError> {
        let now = self.stashes()?;
        let mut told = Vec::new();
        for stash in now.iter().filter(|stash| stash.is_of(branch)) {
            let kept = self.keep_stash(run, &stash.commit)?;
            told.push(format!("the stash holds work of it, {:?}; it is kept as {kept}", stash.subject));
        }
        let there: BTreeSet<&str> = now.iter().map(|stash| stash.commit.as_str()).collect();
        let words = ["for-each-ref", "--format=%(refname) %(objectname) %(contents:subject)"];
        let kept = self.git().args(&words).arg(format!("refs/pilothouse/{run}/stash-*")).run()?;
        for line in String::from_utf8_lossy(&kept).lines() {
            let mut parts = line.splitn(3, ' ');
            let mut part = || parts.next().unwrap_or_default().to_owned();
            let (name, commit, subject) = (part(), part(), part());
            let gone = Stash { commit, subject };
            if !there.contains(gone.commit.as_str()) && !gone.is_of(branch) && self.has_all_of(tree, &gone.commit)? {
                told.push(format!(
                    "it took {:?} out of the stash and has it in its work; it is kept as {name}",
                    gone.subject
                ));
            }
        }
        Ok(told)
    }

    /// Whether every file that a stash changed is in the tree as the stash has it.
    fn has_all_of(&self, tree: &str, stash: &str) -> Result<bool, WorktreeError> {
        let parent = format!("{stash}^1");
        let changed = self.changed_between(&parent, stash)?;
        let differs: BTreeSet<String> = self.changed_between(tree, stash)?.into_iter().collect();
        Ok(!changed.is_empty() && changed.iter().all(|path| !differs.contains(path)))
    }

    fn stashes(&self) -> Result<Vec<Stash>, WorktreeError> {
        if self.at_ref("refs/stash")?.is_none() {
            return Ok(Vec::new());
        }
        let out = self.git().args(&["log", "-g", "-z", "--no-patch", "--format=%H %gs", "refs/stash", "--"]).run()?;
        let text = String::from_utf8_lossy(&out).into_owned();
        let entries = text.split('\0').filter_map(|entry| entry.trim().split_once(' '));
        Ok(entries.map(|(commit, subject)| Stash { commit: commit.to_owned(), subject: subject.to_owned() }).collect())
    }
}
