//! Snapshots: everything a worktree and its branch hold, kept so that both can go and come back byte for byte.
//!
//! `snapshots/<name>/files.tar` holds each file that a checkout of HEAD would not give (`tree/…`) and the
//! worktree's own git folder with its index (`git/…`); `deleted` the paths that HEAD has and the worktree had
//! not, each ended by NUL; `snapshot.json` the rest. Commits and staged contents stay in the repository under
//! `refs/pilothouse/<run>/removed-<n>`.

mod inventory;
mod restore;
mod save;
mod seal;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::WorktreeError;

pub(crate) use inventory::{Ignored, Inventory, fingerprint, is_rebuildable};
pub use restore::Restoring;
pub(crate) use save::Saving;

/// `snapshot.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRecord {
    pub v: u32,
    /// The run's id.
    pub run: String,
    /// Absolute path of the repository's main worktree.
    pub repo: String,
    /// Absolute path the worktree had.
    pub path: String,
    /// The run's branch and the commit it stood at; `None` when it was gone already.
    pub branch: String,
    pub branch_head: Option<String>,
    /// The commit that was checked out.
    pub head: String,
    /// The ref that keeps commits and staged contents.
    pub reference: String,
    /// Bytes of the files kept.
    pub bytes: u64,
    /// Ignored folders and files that were not kept.
    pub left_out: Vec<String>,
    /// The folder was gone before anything could be kept of its files.
    pub vanished: bool,
    /// The SHA-256 of each other file of the snapshot; snapshots of earlier versions have none.
    #[serde(default)]
    pub sha256: BTreeMap<String, String>,
}

/// Reads the record of a snapshot; `None` when there is no whole one of this name.
///
/// # Errors
/// When it can't be read.
pub fn snapshot_record(folder: &Path) -> Result<Option<SnapshotRecord>, WorktreeError> {
    let path = folder.join("snapshot.json");
    match fs::read(&path) {
        Ok(json) => serde_json::from_slice(&json)
            .map(Some)
            .map_err(|e| WorktreeError::Read { path, message: format!("it is no snapshot's record: {e}") }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(WorktreeError::io("read", path)(e)),
    }
}

fn archive(folder: &Path) -> PathBuf {
    folder.join("files.tar")
}

fn deleted(folder: &Path) -> PathBuf {
    folder.join("deleted")
}
