//! Making a worktree on a branch of its own: whole, or not at all.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::git::Git;
use crate::list::LOCK_REASON;
use crate::repository::Repository;

/// A worktree to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWorktree {
    /// Absolute path; may not exist yet, or be an empty folder.
    pub path: PathBuf,
    /// Short name of the branch, which may not exist yet.
    pub branch: String,
    /// Full id of the commit to start from.
    pub commit: String,
    /// The run's id, put into git's lock on the worktree as the proof of whose it is.
    pub run: String,
}

/// A worktree as made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    pub path: PathBuf,
    pub head: String,
}

/// What an interrupted creation left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Nothing of it is there.
    Not,
    /// It is there with its lock; its files may not all be.
    Partly,
    /// Something is there that can't be proven ours.
    Foreign,
}

impl Repository {
    /// Makes the branch and the worktree. The metadata step runs under the repository's lock (parallel
    /// `git worktree add` fails, see git's `.git/worktrees/N/commondir` race), the checkout outside it.
    ///
    /// # Errors
    /// Says what was in the way; nothing of the attempt is left then.
    pub fn create(&self, new: &NewWorktree) -> Result<Created, WorktreeError> {
        let made = self.add(new)?;
        let filled = self.lock_worktree(&new.path).and_then(|(held, _)| self.check_out(new, &held));
        if let Err(error) = filled {
            self.undo(new, &made);
            return Err(error);
        }
        Ok(Created { path: new.path.clone(), head: new.commit.clone() })
    }

    /// Finds out how far an interrupted [`create`](Self::create) came. A branch that it left alone is taken back,
    /// so that `Not` means: nothing is in the way.
    ///
    /// # Errors
    /// When the repository can't be read.
    pub fn probe(&self, new: &NewWorktree) -> Result<Probe, WorktreeError> {
        let _held = self.lock()?;
        let found = self.worktrees()?.into_iter().find(|w| w.path == new.path);
        Ok(match found {
            Some(w) if w.run() == Some(&new.run) && w.branch.as_ref() == Some(&new.branch) => Probe::Partly,
            Some(_) => Probe::Foreign,
            None if !is_free(&new.path) => Probe::Foreign,
            None if !self.has_branch(&new.branch) => Probe::Not,
            // git makes the branch first: one that stands where we would have put it and has no worktree is
            // what an interrupted creation left, and removing it loses nothing.
            None if self.drop_branch(new) => Probe::Not,
            None => Probe::Foreign,
        })
    }

    /// Completes a creation that [`probe`](Self::probe) found to be partly there. No agent was in it yet.
    ///
    /// # Errors
    /// When the files can't be written; what there was of the creation is undone then.
    pub fn complete(&self, new: &NewWorktree) -> Result<Created, WorktreeError> {
        let completed = self.lock_worktree(&new.path).and_then(|(held, git_dir)| {
            // Whoever wrote this held the lock, and is gone.
            match fs::remove_file(git_dir.join("index.lock")) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(WorktreeError::io("remove the stale lock in", git_dir)(e));
                }
                _ => {}
            }
            self.check_out(new, &held)
        });
        if let Err(error) = completed {
            self.undo(new, &Made { folders: Vec::new() });
            return Err(error);
        }
        Ok(Created { path: new.path.clone(), head: new.commit.clone() })
    }

    fn add(&self, new: &NewWorktree) -> Result<Made, WorktreeError> {
        let held = self.lock()?;
        if !is_free(&new.path) {
            return Err(WorktreeError::TargetTaken(new.path.clone()));
        }
        if self.has_branch(&new.branch) {
            return Err(WorktreeError::BranchTaken(new.branch.clone()));
        }
        let made = Made::folders(&new.path)?;
        let added = Git::at(self.main())
            .holding(&held)?
            .args(&["worktree", "add", "--quiet", "--no-checkout", "--no-track", "--lock", "--reason"])
            .arg(format!("{LOCK_REASON}{}", new.run))
            .args(&["-b", &new.branch, "--"])
            .arg(&new.path)
            .arg(&new.commit)
            .run();
        if let Err(error) = added {
            self.undo_held(new, &made);
            return Err(full_or(error, &new.path));
        }
        Ok(made)
    }

    fn check_out(&self, new: &NewWorktree, held: &File) -> Result<(), WorktreeError> {
        let git = Git::at(&new.path).holding(held)?.args(&["reset", "--quiet", "--hard", "--no-recurse-submodules"]);
        git.run().map(|_| ()).map_err(|error| full_or(error, &new.path))
    }

    fn undo(&self, new: &NewWorktree, made: &Made) {
        let held = self.lock();
        self.undo_held(new, made);
        drop(held);
    }

    /// Takes back what this creation made, and nothing else: the worktree only with our lock on it, the
    /// branch only where we put it, folders only when empty.
    fn undo_held(&self, new: &NewWorktree, made: &Made) {
        let listed = self.worktrees().unwrap_or_default();
        let ours = listed.iter().any(|w| w.path == new.path && w.run() == Some(&new.run));
        if ours {
            let removed =
                Git::at(self.main()).args(&["worktree", "remove", "--force", "--force", "--"]).arg(&new.path).run();
            drop(removed);
        }
        self.drop_branch(new);
        for folder in &made.folders {
            match fs::remove_dir(folder) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => break,
                _ => {}
            }
        }
    }

    /// Removes the branch if it stands exactly where this creation puts it, and says whether it did.
    fn drop_branch(&self, new: &NewWorktree) -> bool {
        let used = self.worktrees().is_ok_and(|all| all.iter().any(|w| w.branch.as_ref() == Some(&new.branch)));
        let reference = format!("refs/heads/{}", new.branch);
        !used && Git::at(self.main()).args(&["update-ref", "-d", &reference, &new.commit]).run().is_ok()
    }

    fn has_branch(&self, branch: &str) -> bool {
        let reference = format!("refs/heads/{branch}");
        Git::at(self.main()).args(&["show-ref", "--verify", "--quiet", &reference]).run().is_ok()
    }
}

/// Folders that were made for a worktree, the innermost first.
struct Made {
    folders: Vec<PathBuf>,
}

impl Made {
    fn folders(path: &Path) -> Result<Self, WorktreeError> {
        let missing = path.ancestors().take_while(|folder| !folder.exists());
        let folders = missing.map(Path::to_owned).collect();
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(WorktreeError::io("make the folder", parent))?;
        }
        Ok(Self { folders })
    }
}

pub(crate) fn is_free(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Err(e) => e.kind() == std::io::ErrorKind::NotFound,
        Ok(meta) if meta.is_dir() => fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()),
        Ok(_) => false,
    }
}

fn full_or(error: WorktreeError, path: &Path) -> WorktreeError {
    match &error {
        WorktreeError::Git { message, .. } if message.contains("No space left") || message.contains("quota") => {
            WorktreeError::DiskFull(path.to_owned())
        }
        _ => error,
    }
}
