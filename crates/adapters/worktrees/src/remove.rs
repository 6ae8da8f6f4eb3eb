//! Removing a run's worktree and branch: kept first, moved aside at once, deleted last.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::git::Git;
use crate::list::Worktree;
use crate::repository::Repository;
use crate::snapshot::{Ignored, Inventory, Saving, SnapshotRecord, fingerprint, snapshot_record};
use crate::tree::Found;

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

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    pub record: SnapshotRecord,
    /// The branch went too.
    pub branch: bool,
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
            (Found::There(worktree), _) => self.set_aside(removal, &worktree, inside)?,
            (Found::Vanished(worktree), Some(record)) if aside(removal, &worktree.path).exists() => record,
            (Found::Vanished(worktree), _) if worktree.path.exists() => {
                let what = "its .git file is gone; `git worktree repair` in it mends that";
                return Err(WorktreeError::Changed { path: worktree.path, what });
            }
            (Found::Vanished(worktree), _) => match earlier_aside(removal, &worktree.path) {
                // An earlier removal stopped between its two steps: its folder is the worktree.
                Some(folder) => {
                    fs::rename(&folder, &worktree.path).map_err(WorktreeError::io("move back", &worktree.path))?;
                    self.set_aside(removal, &worktree, inside)?
                }
                None => self.keep(removal, &worktree, true)?,
            },
            (Found::Unknown, Some(record)) => record,
            (Found::Unknown, None) => return Err(WorktreeError::Gone { path: removal.path.to_owned() }),
        };
        let path = PathBuf::from(&record.path);
        let aside = aside(removal, &path);
        let held = self.lock()?;
        if let Found::Vanished(worktree) = self.worktree_of(removal.run)? {
            let words = ["worktree", "remove", "--force", "--force", "--"];
            let removed = Git::at(self.main()).holding(&held)?.args(&words).arg(&worktree.path).run();
            if let Err(error) = removed {
                // Nothing is lost: the folder goes back, or waits beside its place for the next try.
                if !path.exists() {
                    let _stays_aside = fs::rename(&aside, &path);
                }
                return Err(error);
            }
        }
        let branch = self.drop_kept_branch(&record);
        drop(held);
        // Everything is in the snapshot by now, so a rest that can't be deleted is only in the way.
        let rest = delete(&aside).err().map(|error| format!("{}: {error}", aside.display()));
        if let Some(parent) = path.parent() {
            // Other worktrees keep it.
            let _others = fs::remove_dir(parent);
        }
        Ok(Removed { record, branch, rest })
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
        if mounted_below(path) {
            let what = "something is mounted inside it; unmount that first";
            return Err(WorktreeError::Changed { path: path.clone(), what });
        }
        let ignored = Ignored::of(path)?;
        let before = fingerprint(path, &ignored)?;
        if let Some(commit) = removal.only_at {
            let inventory = Inventory::take(path, &ignored)?;
            let unchanged = inventory.is_unchanged() && self.dirt(path)?.is_clean() && self.head(path)? == commit;
            // Nobody was asked about what a snapshot would leave out.
            if !unchanged || inventory.leaves_out_work(path) {
                return Err(WorktreeError::Changed { path: path.clone(), what: "it holds work" });
            }
        }
        let record = self.keep(removal, worktree, false)?;
        busy()?;
        if fingerprint(path, &ignored)? != before {
            let what = "it changed while it was being kept; try again";
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
        let git_dir = self.git_dir_of(&worktree.path)?;
        if git_dir.join("modules").exists() {
            let what = "it has submodules that are checked out, which a snapshot does not keep";
            return Err(WorktreeError::Changed { path: worktree.path.clone(), what });
        }
        self.save_snapshot(&Saving {
            run: removal.run,
            name: removal.name,
            path: &worktree.path,
            vanished,
            git_dir: &git_dir,
            branch: removal.branch,
            into: removal.snapshots,
        })
    }

    /// The repository's folder for the worktree at `path`, found by what it says of itself.
    pub(crate) fn git_dir_of(&self, path: &Path) -> Result<PathBuf, WorktreeError> {
        let all = self.common_dir().join("worktrees");
        let listed = fs::read_dir(&all).map_err(WorktreeError::io("look into", &all))?;
        let points_here = |dir: &PathBuf| {
            let said = fs::read_to_string(dir.join("gitdir")).unwrap_or_default();
            let said = dir.join(said.trim());
            let parent = said.parent().unwrap_or(&said).to_owned();
            parent == path || parent.canonicalize().is_ok_and(|real| real == path)
        };
        let mut dirs = listed.flatten().map(|entry| entry.path());
        dirs.find(points_here).ok_or_else(|| WorktreeError::Gone { path: path.to_owned() })
    }

    /// Deletes the branch if it still stands where the snapshot has it and no worktree is on it.
    fn drop_kept_branch(&self, record: &SnapshotRecord) -> bool {
        let Some(head) = &record.branch_head else { return false };
        let used = self.worktrees().is_ok_and(|all| all.iter().any(|w| w.branch.as_ref() == Some(&record.branch)));
        let reference = format!("refs/heads/{}", record.branch);
        !used && Git::at(self.main()).args(&["update-ref", "-d", &reference, head]).run().is_ok()
    }
}

/// Where the folder waits for its deletion: beside where it was, so that moving it is one step.
fn aside(removal: &Removal<'_>, path: &Path) -> PathBuf {
    path.with_file_name(format!(".pilothouse-removed-{}", removal.name))
}

/// What an earlier removal of this run moved aside and did not come to delete.
fn earlier_aside(removal: &Removal<'_>, path: &Path) -> Option<PathBuf> {
    let prefix = format!(".pilothouse-removed-{}.", removal.run);
    let beside = fs::read_dir(path.parent()?).ok()?.flatten();
    let mut ours = beside.filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix));
    ours.next().map(|entry| entry.path()).filter(|_| !path.exists())
}

/// Whether a file system is mounted somewhere inside (proc_pid_mountinfo(5)): deleting would reach into it.
fn mounted_below(path: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    // The kernel writes spaces and backslashes in octal.
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    points
        .map(|point| point.replace("\\040", " ").replace("\\134", "\\"))
        .any(|point| Path::new(&point).starts_with(path))
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
