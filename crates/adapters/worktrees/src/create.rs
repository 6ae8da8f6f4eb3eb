//! Making a worktree on a branch of its own: whole, or not at all.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::linked::Linked;
use crate::list::LOCK_REASON;
use crate::register::Registration;
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

/// The state of a worktree whose creation may have been interrupted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Nothing of the worktree is there.
    Not,
    /// The worktree is there with its lock; its files may not all be.
    Partly,
    /// Something is there that can't be proven ours.
    Foreign,
}

impl Repository {
    /// Makes the branch and the worktree. The metadata step runs under the repository's lock, the checkout outside it.
    ///
    /// # Errors
    /// Says what was in the way; nothing of the attempt is left then.
    pub fn create(&self, new: &NewWorktree) -> Result<Created, WorktreeError> {
        let made = self.add(new)?;
        let filled = self.lock_worktree(&new.path).and_then(|(held, linked)| self.check_out(&linked, &held));
        if let Err(error) = filled {
            self.undo(new, &made);
            return Err(full_or(error, &new.path));
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
            // The branch is made first: one that stands where we would have put it and has no worktree is what an
            // interrupted creation left, and removing it loses nothing.
            None if self.drop_branch(new) => Probe::Not,
            None => Probe::Foreign,
        })
    }

    /// Completes a creation that [`probe`](Self::probe) found to be partly there. No agent was in it yet.
    ///
    /// # Errors
    /// When the files can't be written; what there was of the creation is undone then.
    pub fn complete(&self, new: &NewWorktree) -> Result<Created, WorktreeError> {
        let completed = self.complete_registration(new).and_then(|()| {
            let (held, linked) = self.lock_worktree(&new.path)?;
            // Whoever wrote this held the lock, and is gone.
            match fs::remove_file(linked.git_dir.join("index.lock")) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(WorktreeError::io("remove the stale lock in", linked.git_dir)(e));
                }
                _ => {}
            }
            self.check_out(&linked, &held)
        });
        if let Err(error) = completed {
            self.undo(new, &Made { folders: Vec::new() });
            return Err(full_or(error, &new.path));
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
        let added = if self.only_git { self.add_by_git(new, &held) } else { self.add_by_hand(new, &held) };
        if let Err(error) = added.and_then(|()| self.hide_from_main(&new.path)) {
            self.undo_held(new, &made);
            return Err(full_or(error, &new.path));
        }
        Ok(made)
    }

    fn add_by_hand(&self, new: &NewWorktree, held: &File) -> Result<(), WorktreeError> {
        let reference = format!("refs/heads/{}", new.branch);
        let (none, why) = ("0".repeat(new.commit.len()), format!("branch: Created from {}", new.commit));
        let git = self.git().holding(held)?;
        git.args(&["update-ref", "--create-reflog", "-m", &why, &reference, &new.commit, &none]).run()?;
        let head = format!("ref: {reference}");
        self.register(&Registration { path: &new.path, run: &new.run, head: &head }).map(drop)
    }

    /// Has git add the worktree: a reftable repository keeps a worktree's HEAD in tables of its own, which git alone
    /// writes.
    fn add_by_git(&self, new: &NewWorktree, held: &File) -> Result<(), WorktreeError> {
        let words = ["worktree", "add", "--quiet", "--no-checkout", "--no-track", "--lock", "--reason"];
        let git = self.git().holding(held)?.args(&words).arg(format!("{LOCK_REASON}{}", new.run));
        git.args(&["-b", &new.branch, "--"]).arg(&new.path).arg(&new.commit).run()?;
        self.claim(&new.run, &self.linked(&new.path)?.git_dir)
    }

    /// Writes what an interrupted registration did not come to.
    fn complete_registration(&self, new: &NewWorktree) -> Result<(), WorktreeError> {
        let found = self.worktrees()?.into_iter().find(|w| w.path == new.path && w.run() == Some(&new.run));
        let found = found.ok_or_else(|| WorktreeError::Gone { path: new.path.clone() })?;
        self.claim(&new.run, &found.git_dir)?;
        let linked = Linked { path: new.path.clone(), git_dir: found.git_dir, store: None };
        linked.point_back().map_err(WorktreeError::io("make the worktree", &new.path))
    }

    fn check_out(&self, linked: &Linked, held: &File) -> Result<(), WorktreeError> {
        let git = self.git_in(linked)?.patient().fetching().holding(held)?;
        git.args(&["reset", "--quiet", "--hard", "--no-recurse-submodules"]).run().map(drop)
    }

    fn undo(&self, new: &NewWorktree, made: &Made) {
        let held = self.lock();
        self.undo_held(new, made);
        drop(held);
    }

    /// Takes back what this creation made, and nothing else: the worktree only where it is this run's, the branch only where
    /// we put it, folders only when empty.
    fn undo_held(&self, new: &NewWorktree, made: &Made) {
        let listed = self.worktrees().unwrap_or_default();
        if let Some(ours) = listed.iter().find(|w| w.path == new.path && w.run() == Some(&new.run)) {
            if self.linked(&new.path).is_ok() {
                let _in_the_way = fs::remove_dir_all(&new.path);
            }
            self.unregister(&new.run, &ours.git_dir);
        }
        self.drop_branch(new);
        for folder in &made.folders {
            match fs::remove_dir(folder) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => break,
                _ => {}
            }
        }
    }

    /// Has the repository forget a worktree that is the run's and whose folder is gone.
    pub(crate) fn unregister(&self, run: &str, git_dir: &Path) {
        let _in_the_way = fs::remove_dir_all(git_dir);
        self.give_up_claim(run);
        let _others = git_dir.parent().map(fs::remove_dir);
    }

    /// Removes the branch if it stands exactly where this creation puts it, and says whether it did.
    fn drop_branch(&self, new: &NewWorktree) -> bool {
        let used = self.worktrees().is_ok_and(|all| all.iter().any(|w| w.branch.as_ref() == Some(&new.branch)));
        let reference = format!("refs/heads/{}", new.branch);
        !used && self.git().args(&["update-ref", "-d", &reference, &new.commit]).run().is_ok()
    }

    fn has_branch(&self, branch: &str) -> bool {
        let reference = format!("refs/heads/{branch}");
        self.git().args(&["show-ref", "--verify", "--quiet", &reference]).run().is_ok()
    }

    /// Has git leave out a worktree that lies in the main checkout, where it would stand as untracked and be added by whoever
    /// adds everything.
    fn hide_from_main(&self, path: &Path) -> Result<(), WorktreeError> {
        let Some(below) = path.strip_prefix(self.main()).ok().filter(|_| self.has_checkout) else { return Ok(()) };
        if self.is_ignored(self.main(), &self.main().join(below))? {
            return Ok(());
        }
        let folder = below.parent().filter(|parent| !parent.as_os_str().is_empty());
        // The folder of all worktrees is hidden where nothing else is in it.
        let folder = folder.filter(|folder| !self.is_tracked(self.main(), &folder.to_string_lossy()).unwrap_or(true));
        let hidden = folder.unwrap_or(below).to_string_lossy().into_owned();
        let exclude = self.common_dir().join("info/exclude");
        let io = |error: std::io::Error| WorktreeError::io("write", exclude.clone())(error);
        let before = fs::read_to_string(&exclude).unwrap_or_default();
        let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        fs::create_dir_all(self.common_dir().join("info")).map_err(io)?;
        fs::write(&exclude, format!("{before}{end}/{hidden}/\n")).map_err(io)
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
