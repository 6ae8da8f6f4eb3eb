//! The files of the main checkout that git ignores.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::repository::Repository;

impl Repository {
    /// Returns the ignored files by their paths below the main worktree; a folder of which everything is ignored counts
    /// as one.
    ///
    /// # Errors
    /// When git can't list them.
    pub fn ignored(&self) -> Result<Vec<PathBuf>, WorktreeError> {
        let words = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
        let out = self.git().args(&words).run()?;
        let names = out.split(|b| *b == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| PathBuf::from(std::ffi::OsStr::from_bytes(name))).collect())
    }

    /// Returns those of `paths` (folders with a slash at their end) that git ignores in `worktree` too: a path that git
    /// would take up there belongs to nobody's branch.
    ///
    /// # Errors
    /// When git can't look.
    pub fn ignored_in(&self, worktree: &Path, paths: Vec<PathBuf>) -> Result<Vec<PathBuf>, WorktreeError> {
        if paths.is_empty() {
            return Ok(paths);
        }
        let asked: Vec<u8> = paths.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\0"].concat()).collect();
        let look = self.look(worktree)?;
        let git = look.git().args(&["check-ignore", "-z", "--stdin"]);
        let said = match git.input(&asked) {
            Ok(said) => said,
            // Its exit code 1 says that none is ignored.
            Err(WorktreeError::Git { message, .. }) if message == "exit status: 1" => Vec::new(),
            Err(error) => return Err(error),
        };
        let known: BTreeSet<&[u8]> = said.split(|b| *b == 0).collect();
        Ok(paths.into_iter().filter(|path| known.contains(path.as_os_str().as_bytes())).collect())
    }
}
