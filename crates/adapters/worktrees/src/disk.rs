//! What a worktree takes on disk.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::WorktreeError;

/// Allocated bytes below `path`: blocks, not lengths; a file with several links counts once, no link is
/// followed, and other file systems are left out, as `du -sx` does it.
///
/// # Errors
/// When the folder itself can't be read; what vanishes meanwhile is left out.
pub fn disk_bytes(path: &Path) -> Result<u64, WorktreeError> {
    let root = fs::symlink_metadata(path).map_err(WorktreeError::io("look at", path))?;
    let mut bytes = root.blocks() * 512;
    let mut linked = HashSet::new();
    let mut open = vec![path.to_owned()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            let counted_before = meta.nlink() > 1 && meta.is_file() && !linked.insert((meta.dev(), meta.ino()));
            if meta.dev() != root.dev() || counted_before {
                continue;
            }
            bytes += meta.blocks() * 512;
            if meta.is_dir() {
                open.push(entry.path());
            }
        }
    }
    Ok(bytes)
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
        let du = Command::new("du").args(["-sx", "--block-size=1"]).arg(temp.path()).output().expect("du");
        let du: u64 =
            String::from_utf8_lossy(&du.stdout).split_whitespace().next().expect("a number").parse().expect("bytes");
        assert_eq!(disk_bytes(temp.path()).expect("readable"), du);
    }
}
