//! Keeping a worktree: its files in an archive, its commits and staged contents under a ref.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::{Ignored, Inventory, SnapshotRecord, archive, deleted, seal};
use crate::error::WorktreeError;
use crate::pointers::pointed_to;
use crate::repository::Repository;

/// A worktree that is to be kept, and under which name.
pub(crate) struct Saving<'a> {
    /// The run's id.
    pub(crate) run: &'a str,
    /// `<run>.<n>`, which no snapshot had before.
    pub(crate) name: &'a str,
    /// The worktree; its folder may be gone.
    pub(crate) path: &'a Path,
    pub(crate) vanished: bool,
    /// The worktree's own folder inside the repository's git folder.
    pub(crate) git_dir: &'a Path,
    pub(crate) branch: &'a str,
    /// The folder of all snapshots.
    pub(crate) into: &'a Path,
}

impl Repository {
    /// Keeps a worktree whole, or not at all: an unfinished one of this name is thrown away first.
    ///
    /// # Errors
    /// When something can't be read or there is no room; nothing was changed then.
    pub(crate) fn save_snapshot(&self, saving: &Saving<'_>) -> Result<SnapshotRecord, WorktreeError> {
        let branch_head = self.tip(saving.branch)?;
        // A HEAD that stands at no commit comes back with the rest; files are compared with the branch then.
        let head = head_of(self, saving).or_else(|error| branch_head.clone().ok_or(error))?;
        let inventory = match saving.vanished {
            true => Inventory::default(),
            false => {
                let look = self.look(saving.path)?;
                Inventory::take(saving.path, &look, &head, &Ignored::of(&look)?)?
            }
        };
        let number = saving.name.rsplit('.').next().unwrap_or(saving.name);
        let reference = format!("refs/pilothouse/{}/removed-{number}", saving.run);
        self.keep_objects(saving, &reference, &head, branch_head.as_deref())?;
        let record = SnapshotRecord {
            v: 1,
            run: saving.run.to_owned(),
            repo: self.main().to_string_lossy().into_owned(),
            path: saving.path.to_string_lossy().into_owned(),
            branch: saving.branch.to_owned(),
            branch_head,
            head,
            reference,
            bytes: inventory.bytes,
            left_out: inventory.left_out.clone(),
            vanished: saving.vanished,
            sha256: BTreeMap::new(),
        };
        write(saving, &inventory, record)
    }

    /// The commit a local branch stands at.
    pub(crate) fn tip(&self, branch: &str) -> Result<Option<String>, WorktreeError> {
        let spec = format!("refs/heads/{branch}^{{commit}}");
        match self.git().args(&["rev-parse", "--verify", "--quiet", "--end-of-options", &spec]).line() {
            Ok(id) => Ok(Some(id)),
            Err(WorktreeError::Git { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Makes a commit that keeps alive what only the worktree's index and its log of HEAD reach.
    fn keep_objects(
        &self,
        saving: &Saving<'_>,
        reference: &str,
        head: &str,
        branch_head: Option<&str>,
    ) -> Result<(), WorktreeError> {
        let index = saving.git_dir.join("index");
        let git = || self.git().index(&index);
        let staged = if index.exists() { git().args(&["ls-files", "--stage", "-z"]).run()? } else { Vec::new() };
        // `MODE ID STAGE TAB PATH` becomes `MODE TYPE ID TAB NUMBER`: a flat tree, since stages of a conflict share a path.
        let mut list = Vec::new();
        for (n, line) in staged.split(|b| *b == 0).filter(|line| !line.is_empty()).enumerate() {
            let text = String::from_utf8_lossy(line);
            let mut words = text.split([' ', '\t']);
            let (Some(mode), Some(id)) = (words.next(), words.next()) else { continue };
            if mode != "160000" {
                list.extend(format!("{mode} blob {id}\t{n}\0").into_bytes());
            }
        }
        // What was only intended to be added has no content, and may have no object.
        let tree = self.git().args(&["mktree", "--missing", "-z"]).input(&list)?;
        let tree = String::from_utf8_lossy(&tree).trim().to_owned();
        // Subjects in the log may be in any encoding; both ids of each line count.
        let log = match fs::read(saving.git_dir.join("logs/HEAD")) {
            Ok(log) => String::from_utf8_lossy(&log).into_owned(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(WorktreeError::io("read the log of HEAD in", saving.git_dir)(e)),
        };
        let logged = log.lines().flat_map(|line| line.split(' ').take(2)).map(str::to_owned).collect::<Vec<_>>();
        let ids = std::iter::once(head.to_owned()).chain(branch_head.map(str::to_owned));
        let parents = self.commits_of(ids.chain(pointed_to(saving.git_dir)).chain(logged))?;
        let subject = format!("what {} held when it was removed", saving.branch);
        let commit = self.commit_tree(&tree, &parents, &subject)?;
        self.git().args(&["update-ref", reference, &commit]).run().map(|_| ())
    }
}

fn head_of(repo: &Repository, saving: &Saving<'_>) -> Result<String, WorktreeError> {
    let spec = format!("worktrees/{}/HEAD", saving.git_dir.file_name().unwrap_or_default().to_string_lossy());
    let by_name = repo.git().args(&["rev-parse", "--verify", "--quiet", "--end-of-options", &spec]).line();
    by_name.map_err(|_| WorktreeError::Read {
        path: saving.path.to_owned(),
        message: "its HEAD stands at no commit".to_owned(),
    })
}

fn write(
    saving: &Saving<'_>,
    inventory: &Inventory,
    mut record: SnapshotRecord,
) -> Result<SnapshotRecord, WorktreeError> {
    let io = |path: &Path| WorktreeError::io("write the snapshot", path.to_owned());
    let part = saving.into.join(format!(".writing-{}", saving.name));
    let whole = saving.into.join(saving.name);
    for old in [&part, &whole] {
        match fs::remove_dir_all(old) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(old)(e)),
            _ => {}
        }
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&part).map_err(io(&part))?;
    let room = rustix::fs::statvfs(&part).map(|s| s.f_bavail.saturating_mul(s.f_frsize));
    if room.is_ok_and(|room| room < inventory.bytes.saturating_add(1 << 20)) {
        drop(fs::remove_dir_all(&part));
        return Err(WorktreeError::DiskFull(saving.into.to_owned()));
    }
    let written = files(saving, inventory, &part).and_then(|()| {
        record.sha256 = seal::digests(&part)?;
        let json = serde_json::to_vec_pretty(&record).expect("a record is plain values");
        create(&part.join("snapshot.json"))?.write_all(&json)?;
        File::open(part.join("snapshot.json"))?.sync_all()?;
        File::open(&part)?.sync_all()?;
        fs::rename(&part, &whole)?;
        File::open(saving.into)?.sync_all()
    });
    match written {
        Ok(()) => Ok(record),
        Err(error) => {
            drop(fs::remove_dir_all(&part));
            Err(io(&part)(error))
        }
    }
}

fn files(saving: &Saving<'_>, inventory: &Inventory, part: &Path) -> std::io::Result<()> {
    let mut tar = tar::Builder::new(create(&archive(part))?);
    tar.follow_symlinks(false);
    tar.mode(tar::HeaderMode::Complete);
    for below in &inventory.kept {
        tar.append_path_with_name(saving.path.join(below), Path::new("tree").join(below))?;
    }
    append_git_dir(&mut tar, saving.git_dir, Path::new(""))?;
    tar.into_inner()?.sync_all()?;
    let mut list = create(&deleted(part))?;
    for path in &inventory.deleted {
        list.write_all(path)?;
        list.write_all(b"\0")?;
    }
    list.sync_all()
}

/// The worktree's own git folder, without what belongs to the place it lies at and without locks.
fn append_git_dir(tar: &mut tar::Builder<File>, git_dir: &Path, below: &Path) -> std::io::Result<()> {
    let mut entries = fs::read_dir(git_dir.join(below))?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let of_the_place = matches!(name.as_str(), "gitdir" | "commondir" | "locked");
        if (below.as_os_str().is_empty() && of_the_place) || name.ends_with(".lock") || name.starts_with("pilothouse-")
        {
            continue;
        }
        let inside = below.join(entry.file_name());
        match entry.file_type()? {
            kind if kind.is_dir() => append_git_dir(tar, git_dir, &inside)?,
            _ => tar.append_path_with_name(entry.path(), Path::new("git").join(&inside))?,
        }
    }
    Ok(())
}

fn create(path: &Path) -> std::io::Result<File> {
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
