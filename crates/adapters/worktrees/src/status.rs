//! What is uncommitted in a worktree, without ever writing its index.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::error::WorktreeError;
use crate::look::WorktreeLook;
use crate::repository::Repository;

/// Up to this many index entries gix is the quicker one, measured with 20 worktrees on two cores.
const GIX_UP_TO: usize = 2_000;

/// Counts of paths that are not as in HEAD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dirt {
    /// Tracked paths that differ from HEAD, in the index or the worktree.
    pub changed: u32,
    pub untracked: u32,
}

impl Dirt {
    pub fn is_clean(self) -> bool {
        self == Self::default()
    }
}

impl Repository {
    /// Finds what is uncommitted in the worktree at `path`; ignored files do not count.
    ///
    /// # Errors
    /// When the worktree can't be read.
    pub fn dirt(&self, path: &Path) -> Result<Dirt, WorktreeError> {
        self.dirt_of(&self.look(path)?)
    }

    pub(crate) fn dirt_of(&self, look: &WorktreeLook) -> Result<Dirt, WorktreeError> {
        if self.only_git {
            return by_git(look);
        }
        let repo = look.gix()?;
        let entries = repo.index_or_empty().map(|index| (index.entries().len(), index.is_sparse()));
        match entries {
            // gix 0.90 can't compare HEAD with an index that holds sparse folders.
            Ok((count, false)) if count <= GIX_UP_TO => by_gix(&repo).or_else(|_| by_git(look)),
            _ => by_git(look),
        }
    }
}

pub(crate) fn by_gix(repo: &gix::Repository) -> Result<Dirt, WorktreeError> {
    use gix::status::{Item, UntrackedFiles, index_worktree};
    let path = repo.workdir().unwrap_or(repo.path()).to_owned();
    let fail = |e: &dyn std::fmt::Display| WorktreeError::Read { path: path.clone(), message: e.to_string() };
    let status = repo.status(gix::progress::Discard).map_err(|e| fail(&e))?;
    let items = status
        .untracked_files(UntrackedFiles::Files)
        .index_worktree_rewrites(None)
        .tree_index_track_renames(gix::status::tree_index::TrackRenames::Disabled)
        .into_iter(None)
        .map_err(|e| fail(&e))?;
    let mut dirt = Dirt::default();
    let mut changed = std::collections::HashSet::new();
    for item in items {
        match item.map_err(|e| fail(&e))? {
            Item::IndexWorktree(index_worktree::Item::DirectoryContents { .. }) => dirt.untracked += 1,
            Item::IndexWorktree(item) => drop(changed.insert(item.rela_path().to_owned())),
            Item::TreeIndex(change) => drop(changed.insert(change.location().to_owned())),
        }
    }
    dirt.changed = u32::try_from(changed.len()).unwrap_or(u32::MAX);
    Ok(dirt)
}

/// Counts the entries of `git status --porcelain=v2 -z` (git-status(1), "Porcelain Format Version 2").
fn by_git(look: &WorktreeLook) -> Result<Dirt, WorktreeError> {
    let words =
        ["status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty"];
    let out = look.git().args(&words).run()?;
    let mut dirt = Dirt::default();
    for entry in out.split(|b| *b == 0) {
        match entry.first() {
            Some(b'1' | b'2' | b'u') => dirt.changed += 1,
            Some(b'?') => dirt.untracked += 1,
            _ => {}
        }
    }
    Ok(dirt)
}

/// A changed or new file: when it was last written, in nanoseconds since 1970, and its length in bytes.
pub type Written = (u128, u64);

impl Repository {
    /// The files of the main checkout that differ from its commit, new ones too, folders of new ones as one. Names that are no
    /// UTF-8 with U+FFFD.
    ///
    /// # Errors
    /// When git can't be run there.
    pub fn changed_in_main(&self) -> Result<BTreeMap<String, Written>, WorktreeError> {
        let words =
            ["status", "--porcelain=v1", "-z", "--untracked-files=normal", "--no-renames", "--ignore-submodules=dirty"];
        let out = self.git().args(&words).run()?;
        let named = out.split(|b| *b == 0).filter_map(|entry| entry.get(3..)).filter(|name| !name.is_empty());
        let written = |name: &[u8]| {
            let meta = std::fs::symlink_metadata(self.main().join(std::ffi::OsStr::from_bytes(name))).ok();
            let at = meta.as_ref().and_then(|meta| meta.modified().ok()?.duration_since(UNIX_EPOCH).ok());
            let stands = (at.unwrap_or_default().as_nanos(), meta.map_or(0, |meta| meta.len()));
            (String::from_utf8_lossy(name).into_owned(), stands)
        };
        Ok(named.map(written).collect())
    }

    /// Whether git ignores this file of the worktree at `path`.
    ///
    /// # Errors
    /// When git can't be run there.
    pub fn is_ignored(&self, path: &Path, file: &Path) -> Result<bool, WorktreeError> {
        let output = self.look(path)?.git().args(&["check-ignore", "--quiet", "--"]).arg(file).output()?;
        Ok(output.status.success())
    }
}
