//! Which runs a repository has traces of, and whether it is still where its runs have it: it may have been moved.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::repository::Repository;
use crate::tree::FoundWorktree;

/// The state of the place where a repository was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtOldPlace {
    /// Nothing, something else, or a link to where the repository is now.
    Left,
    /// A repository that knows the same run, or what can't be looked at.
    StillThere,
}

impl Repository {
    /// The repository of which `main` is the main worktree, or the folder of a bare one.
    ///
    /// # Errors
    /// `RepositoryGone` when there is none at this very place.
    pub fn at(main: &Path) -> Result<Self, WorktreeError> {
        let gone = || WorktreeError::RepositoryGone(main.to_owned());
        match Self::find(main) {
            // A folder around it may be a repository too.
            Ok(found) if found.main() == main || found.common_dir().starts_with(main) => Ok(found),
            Ok(_) | Err(WorktreeError::NotARepository(_)) => Err(gone()),
            Err(WorktreeError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Err(gone()),
            Err(other) => Err(other),
        }
    }

    /// The ids of the runs that have a worktree, a claim or a checkpoint here, whatever is at work elsewhere.
    ///
    /// # Errors
    /// When the repository can't be read.
    pub fn traces(&self) -> Result<BTreeSet<String>, WorktreeError> {
        let mut runs: BTreeSet<String> = self.claims().runs().map(str::to_owned).collect();
        runs.extend(self.worktrees()?.iter().filter_map(|tree| tree.run().map(str::to_owned)));
        let refs = self.git().args(&["for-each-ref", "--format=%(refname)", "refs/pilothouse/"]).run()?;
        let refs = String::from_utf8_lossy(&refs).into_owned();
        let below = refs.lines().filter_map(|name| name.strip_prefix("refs/pilothouse/")?.split('/').next());
        runs.extend(below.map(str::to_owned));
        Ok(runs)
    }

    /// Looks at `old`, the place of this repository when `run` was made in it.
    pub fn at_old_place(&self, old: &Path, run: &str) -> AtOldPlace {
        match Self::at(old) {
            Err(WorktreeError::RepositoryGone(_)) => AtOldPlace::Left,
            // A link was left there.
            Ok(found) if found.common_dir() == self.common_dir() => AtOldPlace::Left,
            Ok(found) if found.traces().is_ok_and(|known| !known.contains(run)) => AtOldPlace::Left,
            Ok(_) | Err(_) => AtOldPlace::StillThere,
        }
    }

    /// Where the worktree of a run is since its repository moved from `old`; `was` is where it was made.
    ///
    /// # Errors
    /// `Unrepaired` when it is there and git has not been told.
    pub fn worktree_since(&self, old: &Path, run: &str, was: &Path) -> Result<PathBuf, WorktreeError> {
        let moved = moved_with(old, self.main(), was);
        match self.worktree_of(run) {
            Ok(FoundWorktree::There(tree)) => return Ok(tree.path),
            Ok(FoundWorktree::Vanished(_) | FoundWorktree::Unknown) => {}
            Err(WorktreeError::NotLinked { path, .. } | WorktreeError::Tampered { path, .. }) => {
                let path = if path == was { was.to_owned() } else { path };
                return Err(WorktreeError::Unrepaired(path));
            }
            Err(other) => return Err(other),
        }
        match moved.iter().find(|path| path.join(".git").is_file()) {
            Some(there) => Err(WorktreeError::Unrepaired(there.clone())),
            None => Ok(moved.into_iter().next_back().unwrap_or_else(|| was.to_owned())),
        }
    }
}

/// Where a worktree lies now if it was moved together with its repository, the likeliest last.
fn moved_with(old: &Path, new: &Path, was: &Path) -> Vec<PathBuf> {
    let beside = old.parent().zip(new.parent());
    let beside = beside.and_then(|(old, new)| Some(new.join(was.strip_prefix(old).ok()?)));
    // A folder called after the repository, or one inside it, may have its name from it.
    let (text, prefix) = (was.to_string_lossy(), old.to_string_lossy());
    let called = text.strip_prefix(&*prefix).map(|rest| PathBuf::from(format!("{}{rest}", new.to_string_lossy())));
    let inside = was.starts_with(old);
    let mut all: Vec<PathBuf> = called.into_iter().chain(beside).collect();
    if inside {
        all.reverse();
    }
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worktrees_are_looked_for_beside_and_inside() {
        let moved = |old: &str, new: &str, was: &str| moved_with(Path::new(old), Path::new(new), Path::new(was));
        let paths = |all: &[&str]| all.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(moved("/a/shop", "/b/shop", "/a/shop.worktrees/x"), paths(&["/b/shop.worktrees/x"]));
        let renamed = paths(&["/a/store.worktrees/x", "/a/shop.worktrees/x"]);
        assert_eq!(moved("/a/shop", "/a/store", "/a/shop.worktrees/x"), renamed);
        let inside = moved("/a/shop", "/b/store", "/a/shop/.worktrees/x");
        assert_eq!(inside.last(), Some(&PathBuf::from("/b/store/.worktrees/x")));
        assert!(moved("/a/shop", "/b/shop", "/elsewhere/x").is_empty());
    }
}
