//! Checkpoints: the whole worktree as a commit that no branch knows, and the way back to one.

use std::fs;
use std::path::Path;

use crate::commit::wait_for_index;
use crate::error::WorktreeError;
use crate::git::Git;
use crate::repository::Repository;

/// A checkpoint to be saved or gone back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointName<'a> {
    /// Absolute path of the run's worktree.
    pub path: &'a Path,
    /// The run's id.
    pub run: &'a str,
    pub n: u32,
}

/// A checkpoint as saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Full id of the checkpoint's commit; its tree has tracked and untracked files, not ignored ones.
    pub commit: String,
    /// Its first parent: where HEAD stood.
    pub head: String,
}

impl CheckpointName<'_> {
    /// `refs/pilothouse/<run>/<n>`.
    pub fn reference(&self) -> String {
        format!("refs/pilothouse/{}/{}", self.run, self.n)
    }
}

impl Repository {
    /// Saves the worktree through an index of its own, so that neither the agent's index nor its branch is
    /// touched. One that was saved under this name before is given as it is.
    ///
    /// # Errors
    /// When the worktree can't be read whole or git can't write.
    pub fn save_checkpoint(&self, name: &CheckpointName<'_>, why: &str) -> Result<Checkpoint, WorktreeError> {
        if let Some(saved) = self.checkpoint(name)? {
            return Ok(saved);
        }
        let (held, git_dir) = self.lock_worktree(name.path)?;
        let head = self.head(name.path)?;
        let tree = self.tree_of_everything(name.path, &git_dir, &held)?;
        let subject = format!("checkpoint {} of {}: {why}", name.n, name.run);
        let words = ["commit-tree", "--no-gpg-sign", "-p", &head, "-m", &subject, &tree];
        let commit = Git::at(name.path).holding(&held)?.args(&words).line()?;
        // Only made, never moved: a checkpoint is for ever what it was.
        let none = "0".repeat(commit.len());
        Git::at(name.path).holding(&held)?.args(&["update-ref", &name.reference(), &commit, &none]).run()?;
        Ok(Checkpoint { commit, head })
    }

    /// The checkpoint of this name, if it was saved.
    ///
    /// # Errors
    /// When git can't be started.
    pub fn checkpoint(&self, name: &CheckpointName<'_>) -> Result<Option<Checkpoint>, WorktreeError> {
        let spec = format!("{}^{{commit}}", name.reference());
        let words = ["rev-parse", "--verify", "--quiet", "--end-of-options", &spec];
        let commit = match Git::at(self.main()).args(&words).line() {
            Ok(commit) => commit,
            Err(WorktreeError::Git { .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        let parent = format!("{commit}^1");
        let head = Git::at(self.main()).args(&["rev-parse", "--verify", "--end-of-options", &parent]).line()?;
        Ok(Some(Checkpoint { commit, head }))
    }

    /// Sets the branch to the checkpoint's parent, files to its tree and the index to HEAD; ignored files stay.
    /// Gives the commit the branch stands at then. Doing it again gives the same.
    ///
    /// # Errors
    /// When there is no such checkpoint, or git can't write.
    pub fn restore_checkpoint(&self, name: &CheckpointName<'_>, branch: &str) -> Result<String, WorktreeError> {
        let missing = || WorktreeError::NoCheckpoint { reference: name.reference() };
        let saved = self.checkpoint(name)?.ok_or_else(missing)?;
        let (held, git_dir) = self.lock_worktree(name.path)?;
        wait_for_index(&git_dir);
        let git = |words: &[&str]| Git::at(name.path).holding(&held).map(|git| git.args(words));
        // What the agent was in the middle of (a merge, a rebase) ends: its state is no part of a checkpoint.
        for what in ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "MERGE_MSG", "MERGE_MODE"] {
            drop(fs::remove_file(git_dir.join(what)));
        }
        for what in ["rebase-merge", "rebase-apply", "sequencer"] {
            drop(fs::remove_dir_all(git_dir.join(what)));
        }
        git(&["symbolic-ref", "HEAD", &format!("refs/heads/{branch}")])?.run()?;
        // Untracked files become tracked by the checkpoint's tree first, so that no clean is needed that could
        // reach further than it: what the present has and the checkpoint has not goes, the rest stays.
        let present = self.tree_of_everything(name.path, &git_dir, &held)?;
        self.keep_overwritten(name, &present, &saved.commit)?;
        git(&["read-tree", "--reset", &present])?.run()?;
        git(&["read-tree", "--reset", "-u", "--no-recurse-submodules", &saved.commit])?.run()?;
        git(&["update-ref", &format!("refs/heads/{branch}"), &saved.head])?.run()?;
        git(&["read-tree", "--reset", &saved.head])?.run()?;
        // The index knows no file times yet; without them every status would read every file.
        drop(git(&["update-index", "-q", "--refresh"])?.run());
        Ok(saved.head)
    }

    /// Files that are ignored now and were not when the checkpoint was saved are in no checkpoint of the present;
    /// they are kept under `refs/pilothouse/<run>/overwritten-<tree>` before the checkpoint's take their place.
    fn keep_overwritten(&self, name: &CheckpointName<'_>, present: &str, saved: &str) -> Result<(), WorktreeError> {
        let words = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--diff-filter=A", present, saved];
        let added = Git::at(name.path).args(&words).run()?;
        let hit: Vec<&[u8]> = added.split(|b| *b == 0).filter(|n| !n.is_empty() && there(name.path, n)).collect();
        if hit.is_empty() {
            return Ok(());
        }
        let git_dir = self.git_dir_of(name.path)?;
        let index = IndexCopy::of(&git_dir)?;
        let git = || Git::at(name.path).index(&index.0);
        git().args(&["read-tree", present]).run()?;
        let names: Vec<u8> = hit.iter().flat_map(|n| [n, &b"\0"[..]].concat()).collect();
        git().args(&["update-index", "-z", "--add", "--stdin"]).input(&names)?;
        let tree = git().args(&["write-tree"]).line()?;
        let words = ["commit-tree", "--no-gpg-sign", "-m", "ignored files that a rollback overwrote", &tree];
        let commit = Git::at(name.path).args(&words).line()?;
        let reference = format!("refs/pilothouse/{}/overwritten-{}", name.run, &tree[..12.min(tree.len())]);
        Git::at(name.path).args(&["update-ref", &reference, &commit]).run().map(|_| ())
    }

    /// Writes tracked and untracked files as a tree, through a copy of the index.
    pub(crate) fn tree_of_everything(
        &self,
        path: &Path,
        git_dir: &Path,
        held: &fs::File,
    ) -> Result<String, WorktreeError> {
        let index = IndexCopy::of(git_dir)?;
        let git = |words: &[&str]| Git::at(path).holding(held).map(|git| git.index(&index.0).args(words));
        // Flags that tell git to look away would leave a file's changes out.
        let flagged = git(&["ls-files", "-v", "-z"])?.run()?;
        for (flag, is_set) in FLAGS {
            let set = flagged.split(|b| *b == 0).filter(|line| line.first().is_some_and(|c| is_set(*c)));
            let there = set.filter_map(|line| line.get(2..)).filter(|name| there(path, name));
            let names: Vec<u8> = there.flat_map(|name| [name, b"\0"].concat()).collect();
            if !names.is_empty() {
                Git::at(path).index(&index.0).args(&["update-index", "-z", flag, "--stdin"]).input(&names)?;
            }
        }
        git(&["add", "--all", "--sparse", "--", "."])?.run()?;
        git(&["write-tree"])?.line()
    }
}

type IsSet = fn(u8) -> bool;

/// How to take a flag away, and by which letter `git ls-files -v` shows it.
const FLAGS: [(&str, IsSet); 2] =
    [("--no-assume-unchanged", |c| c.is_ascii_lowercase()), ("--no-skip-worktree", |c| matches!(c, b'S' | b's'))];

/// A file that a sparse checkout leaves away is not missing.
fn there(path: &Path, name: &[u8]) -> bool {
    use std::os::unix::ffi::OsStrExt;
    fs::symlink_metadata(path.join(std::ffi::OsStr::from_bytes(name))).is_ok()
}

/// A copy of a worktree's index that goes away by itself.
pub(crate) struct IndexCopy(pub(crate) std::path::PathBuf);

impl IndexCopy {
    pub(crate) fn of(git_dir: &Path) -> Result<Self, WorktreeError> {
        let copy = git_dir.join(format!("pilothouse-index.{}.{:?}", std::process::id(), std::thread::current().id()));
        let copied = fs::copy(git_dir.join("index"), &copy);
        match copied {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(WorktreeError::io("copy the index to", copy)(e)),
            _ => Ok(Self(copy)),
        }
    }
}

impl Drop for IndexCopy {
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.0);
    }
}
