//! What stands against removing a worktree, and what would be left out of its snapshot.

use std::path::Path;

use crate::error::WorktreeError;
use crate::repository::Repository;
use crate::snapshot::{Ignored, Inventory};

/// A worktree looked at with its removal in mind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removable {
    /// Commits that the base has not, neither as they are nor picked or squashed.
    pub unmerged: u64,
    /// Those commits are on a remote.
    pub pushed: bool,
    /// Files that differ from HEAD and are not ignored.
    pub uncommitted: u64,
    /// Files of HEAD that are not there.
    pub deleted: u64,
    /// Bytes that a snapshot would keep as files.
    pub bytes: u64,
    /// Ignored folders and files that a snapshot would leave out.
    pub left_out: Vec<String>,
}

impl Repository {
    /// Looks at the worktree at `path`; `base` is any name of the commit it is to be merged into.
    ///
    /// # Errors
    /// When something of it can't be read, which is a reason to let it be.
    pub fn removable(&self, path: &Path, base: &str) -> Result<Removable, WorktreeError> {
        let head = self.head(path)?;
        let base = self.resolve(base)?;
        let (ahead, _) = self.ahead_behind(&head, &base)?;
        let unmerged = if self.is_merged(&head, &base)? { 0 } else { ahead };
        let inventory = Inventory::take(path, &Ignored::of(path)?)?;
        // Filters and permissions can make files differ that git takes for the same: those are kept, and are no work.
        let clean = self.dirt(path)?.is_clean();
        Ok(Removable {
            unmerged,
            pushed: unmerged > 0 && self.is_pushed(&head)?,
            uncommitted: if clean { 0 } else { inventory.own.max(1) },
            deleted: if clean { 0 } else { inventory.deleted.len() as u64 },
            bytes: inventory.bytes,
            left_out: inventory.left_out,
        })
    }
}
