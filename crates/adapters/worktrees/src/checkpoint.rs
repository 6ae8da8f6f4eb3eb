//! Checkpoints: the whole worktree as a commit that no branch knows, and the way back to one.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::obstacles::mounted_below;
use crate::pointers::{end_what_is_under_way, pointed_to};
use crate::private;
use crate::repository::Repository;

/// A checkpoint to be saved or gone back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointName<'a> {
    /// Absolute path of the run's worktree.
    pub path: &'a Path,
    /// The run's id.
    pub run: &'a str,
    /// The run's branch.
    pub branch: &'a str,
    pub n: u32,
}

/// A checkpoint as saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCheckpoint {
    /// Full id of the checkpoint's commit. Its further parents keep alive what the worktree was in the middle of.
    pub commit: String,
    /// Full id of the checkpoint's tree: tracked and untracked files, not ignored ones.
    pub tree: String,
    /// The commit's first parent: where HEAD stood, or the branch where HEAD stood at no commit.
    pub head: String,
    /// Files that are not in the checkpoint, each with the reason; unknown for one that was saved before.
    pub left_out: Vec<String>,
}

/// The outcome of going back to a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WentBack {
    /// The commit the branch stands at now.
    pub head: String,
    /// Refs that keep what no checkpoint had: later work, ignored files that were in the way.
    pub kept: Vec<String>,
}

impl CheckpointName<'_> {
    /// `refs/pilothouse/<run>/<n>`.
    pub fn reference(&self) -> String {
        format!("refs/pilothouse/{}/{}", self.run, self.n)
    }
}

impl Repository {
    /// Saves the worktree through an index of its own, so that neither the agent's index nor its branch is touched. A
    /// checkpoint that was saved under this name before is returned as it is.
    ///
    /// # Errors
    /// When the worktree can't be read whole or git can't write.
    pub fn save_checkpoint(&self, name: &CheckpointName<'_>, why: &str) -> Result<SavedCheckpoint, WorktreeError> {
        if let Some(saved) = self.checkpoint(name)? {
            return Ok(saved);
        }
        let (held, linked) = self.lock_worktree(name.path)?;
        let git_dir = &linked.git_dir;
        let Everything { tree, left_out } = self.tree_of_everything(name.path, &held)?;
        let subject = format!("checkpoint {} of {}: {why}", name.n, name.run);
        let (commit, head) = self.commit_of(name, git_dir, &tree, &subject)?;
        // Only made, never moved: a checkpoint is for ever what it was.
        let none = "0".repeat(commit.len());
        self.git().holding(&held)?.args(&["update-ref", &name.reference(), &commit, &none]).run()?;
        Ok(SavedCheckpoint { commit, tree, head, left_out })
    }

    /// A commit of this tree whose parents are HEAD, the branch and everything that only the worktree points to.
    fn commit_of(
        &self,
        name: &CheckpointName<'_>,
        git_dir: &Path,
        tree: &str,
        subject: &str,
    ) -> Result<(String, String), WorktreeError> {
        let head = self.stands_at(name.path, name.branch)?;
        let others = self.tip(name.branch)?.into_iter().chain(pointed_to(git_dir));
        let parents = self.commits_of(std::iter::once(head.clone()).chain(others))?;
        Ok((self.commit_tree(tree, &parents, subject)?, head))
    }

    /// The checkpoint of this name, if it was saved.
    ///
    /// # Errors
    /// When git can't be started.
    pub fn checkpoint(&self, name: &CheckpointName<'_>) -> Result<Option<SavedCheckpoint>, WorktreeError> {
        let reference = name.reference();
        let of = |what: &str| {
            let spec = format!("{reference}{what}");
            self.git().args(&["rev-parse", "--verify", "--quiet", "--end-of-options", &spec]).line()
        };
        let commit = match of("^{commit}") {
            Ok(commit) => commit,
            Err(WorktreeError::Git { .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        Ok(Some(SavedCheckpoint { commit, tree: of("^{tree}")?, head: of("^1")?, left_out: Vec::new() }))
    }

    /// Sets the branch to the checkpoint's parent, files to its tree and the index to HEAD; ignored files stay.
    /// Doing it again gives the same.
    ///
    /// # Errors
    /// When there is no such checkpoint, another worktree is on the branch, or git can't write.
    pub fn restore_checkpoint(&self, name: &CheckpointName<'_>) -> Result<WentBack, WorktreeError> {
        let missing = || WorktreeError::NoCheckpoint { reference: name.reference() };
        let saved = self.checkpoint(name)?.ok_or_else(missing)?;
        let elsewhere = |w: &crate::Worktree| w.branch.as_deref() == Some(name.branch) && w.path != name.path;
        if let Some(other) = self.worktrees()?.into_iter().find(elsewhere) {
            return Err(WorktreeError::BranchElsewhere { branch: name.branch.to_owned(), path: other.path });
        }
        if mounted_below(name.path) {
            let what = "something is mounted inside it; unmount that first".to_owned();
            return Err(WorktreeError::Changed { path: name.path.to_owned(), what });
        }
        let (held, linked) = self.lock_worktree(name.path)?;
        let git_dir = &linked.git_dir;
        let git = |words: &[&str]| Ok::<_, WorktreeError>(self.git_in(&linked)?.patient().holding(&held)?.args(words));
        // Untracked files become tracked by the present's tree first, so that no clean is needed that could reach
        // further than it: what the present has and the checkpoint has not goes, the rest stays.
        let present = self.tree_of_everything(name.path, &held)?.tree;
        let present_kept = self.keep_present(name, git_dir, &present)?;
        let in_the_way = self.make_way(name, git_dir, &present, &saved)?;
        let branch = format!("refs/heads/{}", name.branch);
        git(&["symbolic-ref", "HEAD", &branch])?.run()?;
        end_what_is_under_way(git_dir);
        git(&["read-tree", "--reset", &present])?.run()?;
        // Files that are the same are then known to be, and are not written anew with other permissions.
        drop(git(&["update-index", "-q", "--refresh"])?.run());
        git(&["read-tree", "--reset", "-u", "--no-recurse-submodules", &saved.commit])?.run()?;
        git(&["update-ref", &branch, &saved.head])?.run()?;
        git(&["read-tree", "--reset", &saved.head])?.run()?;
        drop(git(&["update-index", "-q", "--refresh"])?.run());
        Ok(WentBack { head: saved.head, kept: present_kept.into_iter().chain(in_the_way).collect() })
    }

    /// Keeps what stands in the worktree and in no checkpoint, since someone may have worked here after the last one
    /// was saved, under `refs/pilothouse/<run>/overwritten-<tree>`.
    fn keep_present(
        &self,
        name: &CheckpointName<'_>,
        git_dir: &Path,
        present: &str,
    ) -> Result<Option<String>, WorktreeError> {
        let prefix = format!("refs/pilothouse/{}/", name.run);
        let kept = self.git().args(&["for-each-ref", "--format=%(tree)", &prefix]).run()?;
        if String::from_utf8_lossy(&kept).lines().any(|tree| tree == present) {
            return Ok(None);
        }
        let (commit, _) = self.commit_of(name, git_dir, present, "what a way back overwrote")?;
        let reference = format!("{prefix}overwritten-{}", short(present));
        self.git().args(&["update-ref", &reference, &commit]).run()?;
        Ok(Some(reference))
    }

    /// Files that are ignored now and stand where the checkpoint has something are in no checkpoint of the
    /// present; they are kept as [`keep_present`](Self::keep_present) does, and go.
    fn make_way(
        &self,
        name: &CheckpointName<'_>,
        git_dir: &Path,
        present: &str,
        saved: &SavedCheckpoint,
    ) -> Result<Option<String>, WorktreeError> {
        let words = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--diff-filter=A", present, &saved.tree];
        let added = self.git().args(&words).run()?;
        let listed = self.git().args(&["ls-tree", "-r", "-z", "--name-only", present]).run()?;
        let tracked: std::collections::BTreeSet<&[u8]> = listed.split(|b| *b == 0).collect();
        let names = added.split(|b| *b == 0).filter(|n| !n.is_empty());
        let mut hit: Vec<PathBuf> =
            names.flat_map(|n| in_the_way(name.path, Path::new(OsStr::from_bytes(n)))).collect();
        hit.sort();
        hit.dedup();
        hit.retain(|path| !tracked.contains(path.as_os_str().as_bytes()));
        if hit.is_empty() {
            return Ok(None);
        }
        let look = self.look(name.path)?;
        let git = || look.git().patient();
        git().args(&["read-tree", "--empty"]).run()?;
        let names: Vec<u8> = hit.iter().flat_map(|n| [n.as_os_str().as_bytes(), b"\0"].concat()).collect();
        git().args(&["update-index", "-z", "--add", "--stdin"]).input(&names)?;
        let tree = git().args(&["write-tree"]).line()?;
        let (commit, _) = self.commit_of(name, git_dir, &tree, "ignored files that a way back overwrote")?;
        let reference = format!("refs/pilothouse/{}/overwritten-{}", name.run, short(&tree));
        self.git().args(&["update-ref", &reference, &commit]).run()?;
        for below in hit {
            let path = name.path.join(&below);
            fs::remove_file(&path).map_err(WorktreeError::io("make way at", &path))?;
        }
        Ok(Some(reference))
    }

    /// Writes tracked and untracked files as a tree, through a copy of the index.
    /// What is left out of every tree is told.
    pub(crate) fn tree_of_everything(&self, path: &Path, held: &File) -> Result<Everything, WorktreeError> {
        let look = self.look(path)?;
        look.unflag(path)?;
        let left = look.left_out(path)?;
        if look.has_own_store() {
            // What the agent's store has is copied by its content, and nothing is written where the agent may write.
            let aside = private::folder("try").map_err(WorktreeError::io("make a temporary folder for", "git"))?;
            let git = || look.git().writing_to(aside.path(), &self.common_dir().join("objects"));
            left.add_the_rest(git(), &[])?;
            let tree = git().args(&["write-tree"]).line()?;
            let head = look.git().args(&["rev-parse", "--verify", "--quiet", "HEAD"]).line().ok();
            self.import_by(git, &head.into_iter().collect::<Vec<_>>(), &BTreeSet::from([tree.clone()]))?;
            return Ok(Everything { tree, left_out: left.reasons });
        }
        left.add_the_rest(look.git(), &[])?;
        let tree = look.git().holding(held)?.args(&["write-tree"]).line()?;
        Ok(Everything { tree, left_out: left.reasons })
    }

    /// The full id of the commit that the worktree is at, or of its branch's where HEAD stands at none.
    ///
    /// # Errors
    /// When there is neither.
    pub fn stands_at(&self, path: &Path, branch: &str) -> Result<String, WorktreeError> {
        match self.head(path) {
            Ok(head) => Ok(head),
            Err(error) => self.tip(branch)?.ok_or(error),
        }
    }
}

/// The files of a worktree as a tree.
pub(crate) struct Everything {
    pub(crate) tree: String,
    pub(crate) left_out: Vec<String>,
}

fn short(id: &str) -> &str {
    &id[..12.min(id.len())]
}

/// The files that stand where `below` is to be: the first of its ancestors that is no folder, it itself, or what
/// is in a folder of its name. Repositories inside are not looked into; git leaves them where they are.
fn in_the_way(root: &Path, below: &Path) -> Vec<PathBuf> {
    let mut parts: Vec<&Path> = below.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
    parts.reverse();
    for part in parts {
        match fs::symlink_metadata(root.join(part)) {
            Err(_) => return Vec::new(),
            Ok(meta) if !meta.is_dir() => return vec![part.to_owned()],
            Ok(_) => {}
        }
    }
    let mut found = Vec::new();
    let mut open = vec![below.to_owned()];
    while let Some(folder) = open.pop() {
        if root.join(&folder).join(".git").exists() {
            continue;
        }
        for entry in fs::read_dir(root.join(&folder)).into_iter().flatten().flatten() {
            let inside = folder.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(inside),
                _ => found.push(inside),
            }
        }
    }
    found
}
