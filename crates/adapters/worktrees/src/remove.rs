//! Removing a run's worktree and branch: kept first, moved aside at once, deleted last.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::list::Worktree;
use crate::repository::Repository;
use crate::snapshot::{Ignored, Saving, SnapshotRecord, fingerprint, snapshot_record};
use crate::tree::FoundWorktree;

/// A worktree that is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal<'a> {
    /// The run's id.
    pub run: &'a str,
    /// The run's branch, which goes too.
    pub branch: &'a str,
    /// Where the worktree was made.
    pub path: &'a Path,
    /// `<run>.<n>`.
    pub name: &'a str,
    /// The folder of all snapshots.
    pub snapshots: &'a Path,
    /// Refused unless the worktree is exactly this commit (a full id).
    pub only_at: Option<&'a str>,
}

/// The outcome of a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    pub record: SnapshotRecord,
    /// The branch was removed too.
    pub branch: bool,
    /// The reason why the branch was not removed, where there is such a branch.
    pub branch_stays: Option<String>,
    /// A folder that could not be deleted to its end, and why.
    pub rest: Option<String>,
}

impl Repository {
    /// Removes the worktree that carries our lock with this run's id, and no other. Up to the moment when the
    /// folder is moved aside nothing has changed; after it everything is in the snapshot. Interrupted at any
    /// point and done again, it goes on. `inside` names the processes that work in a folder.
    ///
    /// # Errors
    /// Every doubt is a refusal, and nothing was changed then.
    pub fn remove(
        &self,
        removal: &Removal<'_>,
        inside: &dyn Fn(&Path) -> Vec<String>,
    ) -> Result<Removed, WorktreeError> {
        let kept = snapshot_record(&removal.snapshots.join(removal.name))?;
        let record = match (self.worktree_of(removal.run)?, kept) {
            (FoundWorktree::There(worktree), _) => self.set_aside(removal, &worktree, inside)?,
            (FoundWorktree::Vanished(worktree), Some(record)) if aside(removal, &worktree.path).exists() => record,
            (FoundWorktree::Vanished(worktree), _) if worktree.path.exists() => {
                let main = self.main().display();
                let what = format!(
                    "its .git file is gone; `git -C {main} worktree repair {}` mends that",
                    worktree.path.display()
                );
                return Err(WorktreeError::Changed { path: worktree.path, what });
            }
            (FoundWorktree::Vanished(worktree), _) => match earlier_aside(removal, &worktree.path) {
                // An earlier removal stopped between its two steps: its folder is the worktree.
                Some(folder) => {
                    fs::rename(&folder, &worktree.path).map_err(WorktreeError::io("move back", &worktree.path))?;
                    self.set_aside(removal, &worktree, inside)?
                }
                None => self.keep(removal, &worktree, true)?,
            },
            (FoundWorktree::Unknown, Some(record)) => record,
            (FoundWorktree::Unknown, None) => return Err(WorktreeError::Gone { path: removal.path.to_owned() }),
        };
        let path = PathBuf::from(&record.path);
        let aside = aside(removal, &path);
        let held = self.lock()?;
        if let FoundWorktree::Vanished(worktree) = self.worktree_of(removal.run)? {
            self.unregister(removal.run, &worktree.git_dir);
        }
        let dropped = self.drop_kept_branch(&record);
        drop(held);
        // Everything is in the snapshot by now, so a rest that can't be deleted is only in the way.
        let rest = delete(&aside).err().map(|error| format!("{}: {error}", aside.display()));
        if let Some(parent) = path.parent() {
            // Other worktrees keep it.
            let _others = fs::remove_dir(parent);
        }
        let branch = matches!(dropped, Ok(true));
        Ok(Removed { record, branch, branch_stays: dropped.err().map(|error| error.to_string()), rest })
    }

    /// Keeps everything, makes sure that nothing changed meanwhile, and moves the folder out of the way.
    fn set_aside(
        &self,
        removal: &Removal<'_>,
        worktree: &Worktree,
        inside: &dyn Fn(&Path) -> Vec<String>,
    ) -> Result<SnapshotRecord, WorktreeError> {
        let path = &worktree.path;
        let busy = || match inside(path) {
            none if none.is_empty() => Ok(()),
            processes => Err(WorktreeError::Busy { path: path.clone(), processes: processes.join(", ") }),
        };
        busy()?;
        if let Some(what) = self.obstacles(path, &worktree.git_dir)?.into_iter().next() {
            return Err(WorktreeError::Changed { path: path.clone(), what });
        }
        let look = self.look(path)?;
        look.unflag(path)?;
        let ignored = Ignored::of(&look)?;
        let before = fingerprint(path, &ignored)?;
        if let Some(commit) = removal.only_at {
            let found = self.work_in(path, &look, &ignored)?;
            // Nobody was asked about what a snapshot would leave out.
            if !found.dirt.is_clean() || self.head(path)? != commit || found.inventory.leaves_out_work(path) {
                return Err(WorktreeError::Changed { path: path.clone(), what: "it holds work".to_owned() });
            }
        }
        let record = self.keep(removal, worktree, false)?;
        busy()?;
        if fingerprint(path, &ignored)? != before {
            let what = "it changed while it was being kept; try again".to_owned();
            return Err(WorktreeError::Changed { path: path.clone(), what });
        }
        fs::rename(path, aside(removal, path)).map_err(WorktreeError::io("move aside", path))?;
        Ok(record)
    }

    fn keep(
        &self,
        removal: &Removal<'_>,
        worktree: &Worktree,
        vanished: bool,
    ) -> Result<SnapshotRecord, WorktreeError> {
        if fs::symlink_metadata(worktree.git_dir.join("modules")).is_ok() {
            let what = "it has submodules that are checked out, which a snapshot does not keep".to_owned();
            return Err(WorktreeError::Changed { path: worktree.path.clone(), what });
        }
        self.save_snapshot(&Saving {
            run: removal.run,
            name: removal.name,
            path: &worktree.path,
            vanished,
            git_dir: &worktree.git_dir,
            branch: removal.branch,
            into: removal.snapshots,
        })
    }

    /// Deletes the branch if it still stands where the snapshot has it and no worktree is on it; `false` when there is none.
    fn drop_kept_branch(&self, record: &SnapshotRecord) -> Result<bool, WorktreeError> {
        let Some(head) = &record.branch_head else { return Ok(false) };
        if self.tip(&record.branch)?.is_none() {
            return Ok(true);
        }
        if let Some(other) = self.worktrees()?.into_iter().find(|w| w.branch.as_ref() == Some(&record.branch)) {
            return Err(WorktreeError::BranchElsewhere { branch: record.branch.clone(), path: other.path });
        }
        let reference = format!("refs/heads/{}", record.branch);
        self.git().args(&["update-ref", "-d", &reference, head]).run().map(|_| true)
    }
}

/// Where the folder waits for its deletion: beside where it was, so that moving it is one step.
fn aside(removal: &Removal<'_>, path: &Path) -> PathBuf {
    path.with_file_name(format!(".pilothouse-removed-{}", removal.name))
}

/// Returns the folder that an earlier removal of this run moved aside and did not come to delete.
fn earlier_aside(removal: &Removal<'_>, path: &Path) -> Option<PathBuf> {
    let prefix = format!(".pilothouse-removed-{}.", removal.run);
    let beside = fs::read_dir(path.parent()?).ok()?.flatten();
    let mut ours = beside.filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix));
    ours.next().map(|entry| entry.path()).filter(|_| !path.exists())
}

/// Deletes a folder with all it has; links are not followed. Folders without write permission get it first.
fn delete(folder: &Path) -> std::io::Result<()> {
    for again in [true, false] {
        match fs::remove_dir_all(folder) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied && again => make_writable(folder)?,
            done => return done,
        }
    }
    Ok(())
}

fn make_writable(folder: &Path) -> std::io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_writable(&entry.path())?;
        }
    }
    Ok(())
}
