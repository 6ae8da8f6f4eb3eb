//! The files of the main checkout that git ignores.

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::error::WorktreeError;
use crate::git::Git;
use crate::repository::Repository;

impl Repository {
    /// Their paths below the main worktree; a folder of which everything is ignored counts as one.
    ///
    /// # Errors
    /// When git can't list them.
    pub fn ignored(&self) -> Result<Vec<PathBuf>, WorktreeError> {
        let words = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
        let out = Git::at(self.main()).args(&words).run()?;
        let names = out.split(|b| *b == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| PathBuf::from(std::ffi::OsStr::from_bytes(name))).collect())
    }
}
