//! Flags in an index that tell git to look away from a file, which would leave the file's changes out.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use gix::bstr::ByteSlice;
use gix::index::entry::Flags;

use crate::error::WorktreeError;
use crate::look::WorktreeLook;

/// The words that take a flag away (git-update-index(1)).
const FLAGS: [(&str, Flags); 2] =
    [("--no-assume-unchanged", Flags::ASSUME_VALID), ("--no-skip-worktree", Flags::SKIP_WORKTREE)];

impl WorktreeLook {
    /// Takes those flags off the copied index of the worktree at `path`.
    pub(crate) fn unflag(&self, path: &Path) -> Result<(), WorktreeError> {
        let index = self.gix()?.index_or_empty().map_err(|e| WorktreeError::read(path)(e.to_string()))?;
        let paths = index.path_backing();
        for (word, flag) in FLAGS {
            let set = index.entries().iter().filter(|entry| entry.flags.contains(flag));
            let there = set.map(|entry| entry.path_in(paths)).filter(|name| is_there(path, name));
            let names: Vec<u8> = there.flat_map(|name| [name.as_bytes(), b"\0"].concat()).collect();
            if !names.is_empty() {
                self.git().args(&["update-index", "-z", word, "--stdin"]).input(&names)?;
            }
        }
        Ok(())
    }
}

/// Whether a flagged file is in the worktree: one that a sparse checkout leaves away is not missing, and keeps its
/// flag.
fn is_there(path: &Path, name: &[u8]) -> bool {
    fs::symlink_metadata(path.join(OsStr::from_bytes(name))).is_ok()
}
