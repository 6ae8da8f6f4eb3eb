//! What stands in the way of taking a worktree's folder away: things that a snapshot can't keep and that others may need.

use std::fs;
use std::path::{Path, PathBuf};

use crate::admin_file::{path_in, read_small};
use crate::error::WorktreeError;
use crate::repository::Repository;

impl Repository {
    /// The obstacles in the worktree at `path`, whose own git folder is `git_dir`, each with what one can do.
    ///
    /// # Errors
    /// When the repository can't be read.
    pub(crate) fn obstacles(&self, path: &Path, git_dir: &Path) -> Result<Vec<String>, WorktreeError> {
        let mut found = Vec::new();
        if mounted_below(path) {
            found.push("something is mounted inside it; unmount that first".to_owned());
        }
        if fs::symlink_metadata(git_dir.join("modules")).is_ok() {
            found.push("it has submodules that are checked out, which a snapshot does not keep".to_owned());
        }
        let listed = self.worktrees()?.into_iter().map(|tree| tree.path);
        let mut nested: Vec<PathBuf> = listed.filter(|tree| tree != path && tree.starts_with(path)).collect();
        nested.extend(worktrees_of_others(path, git_dir));
        nested.sort();
        nested.dedup();
        found.extend(nested.first().map(|inner| {
            let inner = inner.display();
            format!("another worktree lies in it, {inner}; move it with `git worktree move` or remove it first")
        }));
        Ok(found)
    }
}

/// Folders below `path` whose `.git` file leads out of it to a git folder that is there: worktrees of any repository.
fn worktrees_of_others(path: &Path, git_dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![path.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() && entry.file_name() == ".git" && folder != path {
                let text = read_small(&entry.path()).ok().flatten().unwrap_or_default();
                let target = text.strip_prefix(b"gitdir: ").map(|text| path_in(text, &folder));
                let target = target.and_then(|target| target.canonicalize().ok());
                let leads_out = |target: &PathBuf| !target.starts_with(path) && !target.starts_with(git_dir);
                found.extend(target.filter(leads_out).map(|_| folder.clone()));
            }
        }
    }
    found
}

/// Whether a file system is mounted somewhere inside (proc_pid_mountinfo(5)): deleting would reach into it.
pub(crate) fn mounted_below(path: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    // The kernel writes blanks and backslashes in octal.
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    let written = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    points
        .map(|point| written.iter().fold(point.to_owned(), |point, (octal, plain)| point.replace(octal, plain)))
        .any(|point| Path::new(&point).starts_with(path))
}
