//! Which folders are worth watching for changes: those with tracked files, and git's own of the worktree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;

use crate::error::WorktreeError;
use crate::repository::Repository;

/// More folders than this are not watched; their changes are found by looking now and then.
const MOST: usize = 4_000;

impl Repository {
    /// The folders in which tracked files of the worktree at `path` lie, never those that git ignores, and the
    /// worktree's own git folder. `None` when there are too many to watch.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn watchable(&self, path: &Path) -> Result<Option<Vec<PathBuf>>, WorktreeError> {
        let mut folders = BTreeSet::from([path.to_owned()]);
        let mut take = |name: &[u8]| {
            let parent = name.to_path().ok().and_then(Path::parent);
            if let Some(parent) = parent.filter(|parent| !parent.as_os_str().is_empty()) {
                folders.insert(path.join(parent));
            }
        };
        let look = self.look(path)?;
        if self.only_git {
            let out = look.git().args(&["ls-files", "-z"]).run()?;
            out.split(|b| *b == 0).for_each(&mut take);
        } else {
            let index = look.gix()?.index_or_empty().map_err(|e| WorktreeError::read(path)(e.to_string()))?;
            let paths = index.path_backing();
            index.entries().iter().for_each(|entry| take(entry.path_in(paths)));
        }
        if folders.len() > MOST {
            return Ok(None);
        }
        folders.insert(self.check_linked(path)?);
        Ok(Some(folders.into_iter().collect()))
    }
}
