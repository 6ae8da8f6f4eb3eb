//! Files that pilothouse adds to no tree by itself: repositories of their own, which a commit would only name, and files so
//! large that they would fill the repository for ever. They are told by name, since work that is in no tree is in no proof.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use domain::figures::bytes;

use crate::error::WorktreeError;
use crate::git::Git;
use crate::look::WorktreeLook;

/// A new file larger than this is left for a person to decide on; forges refuse larger ones too.
pub const LARGEST_FILE: u64 = 100 << 20;
/// Files that are named; further ones are only counted.
const NAMED: usize = 20;
/// A longer name is cut where it is told.
const LONGEST_NAME: usize = 100;

/// The files of a worktree that are left out, and why.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    names: Vec<Vec<u8>>,
    /// Names of left-out files that git tracks.
    tracked: Vec<Vec<u8>>,
    pub(crate) reasons: Vec<String>,
}

impl WorktreeLook {
    /// Finds what is left out of the worktree at `path`.
    pub(crate) fn left_out(&self, path: &Path) -> Result<LeftOut, WorktreeError> {
        self.larger_than(path, LARGEST_FILE)
    }

    /// As [`left_out`](Self::left_out), with another limit for files.
    pub(crate) fn larger_than(&self, path: &Path, limit: u64) -> Result<LeftOut, WorktreeError> {
        let mut found = LeftOut::default();
        let others = self.git().args(&["ls-files", "--others", "--exclude-standard", "-z"]).output()?;
        if !others.status.success() {
            let message = crate::git::complaint(&others);
            return Err(WorktreeError::Git { command: "ls-files".to_owned(), message });
        }
        for name in names(&others.stdout) {
            if name.ends_with(b"/") {
                found.leave(name, "is a repository of its own and was not added");
            } else if let Some(size) = size_above(path, name, limit) {
                found.leave(
                    name,
                    &format!("has {} and was left out; add it yourself, or have git ignore it", bytes(size)),
                );
            }
        }
        self.large_tracked(path, limit, &mut found)?;
        let warned = String::from_utf8_lossy(&others.stderr).into_owned();
        for line in warned.lines().filter_map(|line| line.strip_prefix("warning: could not open directory ")) {
            found.reasons.push(format!("git can't open {}", shortened(line)));
        }
        if found.reasons.len() > NAMED {
            let more = found.reasons.len() - NAMED;
            found.reasons.truncate(NAMED);
            found.reasons.push(format!("and {more} more"));
        }
        Ok(found)
    }
}

impl WorktreeLook {
    /// Finds the tracked files that grew so large that reading them would take for ever.
    pub(crate) fn grown(&self, path: &Path) -> Result<LeftOut, WorktreeError> {
        let mut found = LeftOut::default();
        self.large_tracked(path, LARGEST_FILE, &mut found)?;
        Ok(found)
    }

    fn large_tracked(&self, path: &Path, limit: u64, found: &mut LeftOut) -> Result<(), WorktreeError> {
        let changed = self.git().args(&["ls-files", "--modified", "-z"]).run()?;
        for name in names(&changed) {
            if let Some(size) = size_above(path, name, limit) {
                found.tracked.push(name.to_vec());
                found.leave(name, &format!("has {} by now, which was left out; commit it yourself", bytes(size)));
            }
        }
        Ok(())
    }
}

impl LeftOut {
    fn leave(&mut self, name: &[u8], why: &str) {
        self.names.push(name.to_vec());
        self.reasons.push(format!("{} {why}", shortened(&String::from_utf8_lossy(name))));
    }

    /// The number of files that are left out.
    pub(crate) fn count(&self) -> u64 {
        self.names.len() as u64
    }

    /// Adds everything else by `git`, to whatever index it works on.
    pub(crate) fn add_the_rest(&self, git: Git, words: &[&str]) -> Result<(), WorktreeError> {
        let all = ["add", "--all", "--sparse", "--pathspec-from-file=-", "--pathspec-file-nul"];
        let without = self.names.iter().flat_map(|name| [b":(exclude,literal,top)", name.as_slice(), b"\0"].concat());
        let paths: Vec<u8> = b".\0".iter().copied().chain(without).collect();
        git.patient().args(&all).args(words).input(&paths).map(drop)
    }

    /// Has a call that ends with paths pass over the tracked ones.
    pub(crate) fn pass_over(&self, git: Git) -> Git {
        let git = if self.tracked.is_empty() { git } else { git.arg(":(top)") };
        self.tracked
            .iter()
            .take(NAMED)
            .fold(git, |git, name| git.arg(OsStr::from_bytes(&[b":(exclude,literal,top)", name.as_slice()].concat())))
    }
}

fn names(listed: &[u8]) -> impl Iterator<Item = &[u8]> {
    listed.split(|b| *b == 0).filter(|name| !name.is_empty())
}

fn size_above(path: &Path, name: &[u8], limit: u64) -> Option<u64> {
    let meta = fs::symlink_metadata(path.join(OsStr::from_bytes(name))).ok()?;
    Some(meta.len()).filter(|size| meta.is_file() && *size > limit)
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
