//! What a worktree takes on disk, what of it can be built again apart.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::repository::Repository;
use crate::snapshot::{Ignored, is_rebuildable};

/// Bytes on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DiskUse {
    pub bytes: u64,
    /// Bytes of ignored folders that hold what can be built or fetched again; part of `bytes`.
    pub rebuildable: u64,
}

/// Allocated bytes below `path`: blocks, not lengths; a file with several links counts once, no link is
/// followed, and other file systems are left out, as `du -sx` does it.
///
/// # Errors
/// When the folder itself can't be read; what vanishes meanwhile is left out.
pub fn disk(path: &Path) -> Result<DiskUse, WorktreeError> {
    disk_of(path, None)
}

impl Repository {
    /// As [`disk`], of a worktree; what it has of folders that can be built again is told too.
    ///
    /// # Errors
    /// When the folder itself can't be read.
    pub fn disk(&self, path: &Path) -> Result<DiskUse, WorktreeError> {
        // Where git can't tell what is ignored, nothing is said to be rebuildable.
        let ignored = self.look(path).and_then(|look| Ignored::of(&look)).ok();
        disk_of(path, ignored.as_ref())
    }
}

fn disk_of(path: &Path, ignored: Option<&Ignored>) -> Result<DiskUse, WorktreeError> {
    let root = fs::symlink_metadata(path).map_err(WorktreeError::io("look at", path))?;
    let mut disk = DiskUse { bytes: root.blocks() * 512, rebuildable: 0 };
    let mut linked = HashSet::new();
    let mut open = vec![(PathBuf::new(), false, false)];
    while let Some((folder, in_ignored, in_rebuildable)) = open.pop() {
        let Ok(entries) = fs::read_dir(path.join(&folder)) else { continue };
        for entry in entries.flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            let counted_before = meta.nlink() > 1 && meta.is_file() && !linked.insert((meta.dev(), meta.ino()));
            if meta.dev() != root.dev() || counted_before {
                continue;
            }
            let mut rebuildable = in_rebuildable;
            if meta.is_dir() {
                let below = folder.join(entry.file_name());
                let is_ignored = in_ignored || ignored.is_some_and(|ignored| ignored.has_folder(&below));
                rebuildable |= is_ignored && is_rebuildable(&entry.file_name());
                open.push((below, is_ignored, rebuildable));
            }
            disk.bytes += meta.blocks() * 512;
            disk.rebuildable += if rebuildable { meta.blocks() * 512 } else { 0 };
        }
    }
    Ok(disk)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn counts_what_du_counts() {
        let temp = tempfile::tempdir().expect("a folder");
        let at = |name: &str| temp.path().join(name);
        fs::create_dir_all(at("deep/er")).expect("a folder");
        fs::write(at("deep/er/big"), vec![7u8; 300_000]).expect("a file");
        fs::hard_link(at("deep/er/big"), at("again")).expect("a link");
        fs::File::create(at("holes")).and_then(|f| f.set_len(50 << 20)).expect("a sparse file");
        std::os::unix::fs::symlink("/usr", at("out")).expect("a link");
        let du = |path: &Path| -> u64 {
            let du = Command::new("du").args(["-sx", "--block-size=1"]).arg(path).output().expect("du");
            String::from_utf8_lossy(&du.stdout).split_whitespace().next().expect("a number").parse().expect("bytes")
        };
        assert_eq!(disk(temp.path()).expect("readable"), DiskUse { bytes: du(temp.path()), rebuildable: 0 });

        assert!(Command::new("git").arg("-C").arg(temp.path()).args(["init", "-q"]).status().expect("git").success());
        fs::write(at(".gitignore"), "node_modules\n").expect("a file");
        fs::create_dir_all(at("pkg/node_modules/x")).expect("a folder");
        fs::write(at("pkg/node_modules/x/index.js"), vec![1u8; 70_000]).expect("a file");
        let found = Repository::find(temp.path()).and_then(|repo| repo.disk(temp.path())).expect("readable");
        assert_eq!(found, DiskUse { bytes: du(temp.path()), rebuildable: du(&at("pkg/node_modules")) });
    }
}
