//! Making a worktree again out of its snapshot: HEAD first, then what differed from it, then its index.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use super::{SnapshotRecord, archive, deleted, seal, snapshot_record};
use crate::create::is_free;
use crate::error::WorktreeError;
use crate::list::LOCK_REASON;
use crate::register::Registration;
use crate::repository::Repository;
use crate::tree::FoundWorktree;

/// Says in the worktree's git folder which snapshot came back whole.
const DONE: &str = "pilothouse-restored";

/// Which snapshot is to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restoring<'a> {
    /// The run's id.
    pub run: &'a str,
    /// The snapshot's folder.
    pub folder: &'a Path,
    /// Where it is to be if its repository was moved since.
    pub or_at: &'a Path,
}

impl Repository {
    /// Makes branch and worktree as they were. Doing it again after an interruption completes it.
    ///
    /// # Errors
    /// When the place or the branch is taken, or the snapshot is not whole.
    pub fn restore_snapshot(&self, restoring: &Restoring<'_>) -> Result<SnapshotRecord, WorktreeError> {
        let missing = || WorktreeError::NoSnapshot { path: restoring.folder.to_owned() };
        let mut record = snapshot_record(restoring.folder)?.ok_or_else(missing)?;
        if record.run != restoring.run {
            return Err(missing());
        }
        seal::check(&record, restoring.folder)?;
        let place = match self.worktree_of(restoring.run)? {
            FoundWorktree::There(tree) => Some(tree.path),
            _ if Path::new(&record.repo) == self.main() => None,
            _ => Some(restoring.or_at.to_owned()),
        };
        if let Some(place) = place {
            record.path = place.to_string_lossy().into_owned();
        }
        let path = PathBuf::from(&record.path);
        if !matches!(self.worktree_of(restoring.run)?, FoundWorktree::There(_)) {
            self.add_again(&record, &path)?;
        }
        let (held, linked) = self.lock_worktree(&path)?;
        let git_dir = linked.git_dir.clone();
        let done = git_dir.join(DONE);
        if fs::read_to_string(&done).is_ok_and(|name| name == record.reference) {
            // It was completed before; somebody may have worked here since.
            return Ok(record);
        }
        let reset = ["reset", "--quiet", "--hard", "--no-recurse-submodules", &record.head];
        let git = || self.git_in(&linked)?.patient().fetching().holding(&held);
        git()?.args(&["update-ref", "--no-deref", "HEAD", &record.head]).run()?;
        let io = |at: &Path| WorktreeError::io("restore", at.to_owned());
        // Which files there are to be is said first, so that the checkout is of just those.
        unpack_patterns(&archive(restoring.folder), &git_dir).map_err(io(&path))?;
        git()?.args(&reset).run()?;
        if !record.vanished {
            let list = fs::read(deleted(restoring.folder)).map_err(io(restoring.folder))?;
            for name in list.split(|b| *b == 0).filter(|name| !name.is_empty()) {
                remove(&path, Path::new(OsStr::from_bytes(name))).map_err(io(&path))?;
            }
        }
        unpack(&archive(restoring.folder), &path, &git_dir).map_err(io(&path))?;
        fs::write(&done, &record.reference).map_err(io(&path))?;
        Ok(record)
    }

    fn add_again(&self, record: &SnapshotRecord, path: &Path) -> Result<(), WorktreeError> {
        let held = self.lock()?;
        if !is_free(path) {
            return Err(WorktreeError::PlaceTaken(path.to_owned()));
        }
        match (self.tip(&record.branch)?, &record.branch_head) {
            (Some(now), Some(then)) if now != *then => return Err(WorktreeError::BranchMoved(record.branch.clone())),
            (None, Some(then)) => {
                let (reference, none) = (format!("refs/heads/{}", record.branch), "0".repeat(then.len()));
                self.git().holding(&held)?.args(&["update-ref", &reference, then, &none]).run()?;
            }
            _ => {}
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(WorktreeError::io("make the folder", parent))?;
        }
        // On no branch for now: the git folder that comes back says which one it was on.
        if !self.only_git {
            return self.register(&Registration { path, run: &record.run, head: &record.head }).map(drop);
        }
        let words =
            ["worktree", "add", "--quiet", "--force", "--force", "--no-checkout", "--detach", "--lock", "--reason"];
        let git = self.git().holding(&held)?.args(&words).arg(format!("{LOCK_REASON}{}", record.run));
        git.arg("--").arg(path).arg(&record.head).run()?;
        self.claim(&record.run, &self.linked(path)?.git_dir)
    }
}

/// Removes a file that the worktree had not, and folders that are empty then.
fn remove(root: &Path, below: &Path) -> std::io::Result<()> {
    if below.components().any(|part| !matches!(part, Component::Normal(_))) {
        return Ok(());
    }
    let parent = root.join(below).parent().and_then(|parent| parent.canonicalize().ok());
    if parent.is_none_or(|parent| !parent.starts_with(root)) {
        // A link stands in the way: what is behind it is not the worktree's.
        return Ok(());
    }
    match fs::remove_file(root.join(below)) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let parents = below.ancestors().skip(1).take_while(|parent| !parent.as_os_str().is_empty());
    for parent in parents {
        if fs::remove_dir(root.join(parent)).is_err() {
            break;
        }
    }
    Ok(())
}

/// Files of a worktree's git folder that say which files a sparse checkout has.
const PATTERNS: [&str; 2] = ["git/config.worktree", "git/info/sparse-checkout"];

/// Unpacks those of the git folder's files that a checkout goes by.
fn unpack_patterns(archive: &Path, git_dir: &Path) -> std::io::Result<()> {
    let mut tar = tar::Archive::new(File::open(archive)?);
    for entry in tar.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if !PATTERNS.iter().any(|pattern| path == Path::new(pattern)) || !entry.header().entry_type().is_file() {
            continue;
        }
        let to = git_dir.join(path.strip_prefix("git").unwrap_or(&path));
        to.parent().map_or(Ok(()), fs::create_dir_all)?;
        let part = git_dir.join("pilothouse-part");
        entry.unpack(&part)?;
        fs::rename(&part, &to)?;
    }
    Ok(())
}

/// Unpacks `tree/…` into the worktree and `git/…` into its git folder; nothing else, and never out of them.
fn unpack(archive: &Path, tree: &Path, git_dir: &Path) -> std::io::Result<()> {
    let mut tar = tar::Archive::new(File::open(archive)?);
    let mut folders = Vec::new();
    for entry in tar.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let (root, below) = match (path.strip_prefix("tree"), path.strip_prefix("git")) {
            (Ok(below), _) => (tree, below),
            (_, Ok(below)) => (git_dir, below),
            _ => continue,
        };
        let of_the_place = ["gitdir", "commondir", "locked"].iter().any(|name| below == Path::new(name));
        if root == git_dir && (of_the_place || below.to_string_lossy().starts_with("pilothouse-")) {
            continue;
        }
        if below.components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(std::io::Error::other(format!("{} leads out of the snapshot", path.display())));
        }
        let to = root.join(below);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
            if !parent.canonicalize()?.starts_with(root) {
                return Err(std::io::Error::other(format!("{} leads out of the worktree", to.display())));
            }
        }
        entry.set_preserve_permissions(true);
        entry.set_preserve_mtime(true);
        if entry.header().entry_type().is_dir() {
            let mode = entry.header().mode()?;
            fs::create_dir_all(&to)?;
            // A folder that may not be written to must be filled first, also when it was done before.
            fs::set_permissions(&to, Permissions::from_mode(mode | 0o700))?;
            folders.push((to, mode));
            continue;
        }
        if root == git_dir {
            // Without its HEAD the folder would be no worktree's any more, so each file comes whole or not at all.
            let part = git_dir.join("pilothouse-part");
            entry.unpack(&part)?;
            fs::rename(&part, &to)?;
            continue;
        }
        make_way(&to)?;
        entry.unpack(&to)?;
    }
    for (folder, mode) in folders.iter().rev() {
        fs::set_permissions(folder, Permissions::from_mode(*mode))?;
    }
    Ok(())
}

/// A file that comes back where HEAD has a folder, or the other way round.
fn make_way(to: &Path) -> std::io::Result<()> {
    match fs::symlink_metadata(to) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(to),
        Ok(_) => fs::remove_file(to),
        Err(_) => Ok(()),
    }
}
