//! What stands against removing a worktree, and what would be left out of its snapshot.

use std::path::Path;

use crate::error::WorktreeError;
use crate::look::WorktreeLook;
use crate::repository::Repository;
use crate::snapshot::{Ignored, Inventory};
use crate::status::Dirt;

/// A worktree looked at with its removal in mind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removable {
    /// Commits that the base has not, neither as they are nor picked or squashed.
    pub unmerged: u64,
    /// The unmerged commits are on a remote.
    pub pushed: bool,
    /// Files that differ from HEAD and are not ignored.
    pub uncommitted: u64,
    /// Files of HEAD that are not there.
    pub deleted: u64,
    /// Bytes that a snapshot would keep as files.
    pub bytes: u64,
    /// Ignored folders and files that a snapshot would leave out.
    pub left_out: Vec<String>,
    /// Reasons that make a removal impossible.
    pub obstacles: Vec<String>,
}

/// The work that a worktree holds beside its commit.
pub(crate) struct HeldWork {
    pub(crate) inventory: Inventory,
    /// Changes by git's own judgement: filters and permissions can make files differ that git takes for the same. Those
    /// are kept, and are no work.
    pub(crate) dirt: Dirt,
}

impl Repository {
    /// Looks what the worktree holds, for everyone who is about to let it go; `look` is without flags that hide changes.
    pub(crate) fn work_in(
        &self,
        path: &Path,
        look: &WorktreeLook,
        ignored: &Ignored,
    ) -> Result<HeldWork, WorktreeError> {
        let inventory = Inventory::take(path, look, &self.head(path)?, ignored)?;
        Ok(HeldWork { inventory, dirt: self.dirt_of(look)? })
    }

    /// Looks at the worktree at `path`; `base` is any name of the commit it is to be merged into.
    ///
    /// # Errors
    /// When something of it can't be read, which is a reason to let it be.
    pub fn removable(&self, path: &Path, base: &str) -> Result<Removable, WorktreeError> {
        let look = self.look(path)?;
        look.unflag(path)?;
        let head = self.head(path)?;
        let base = self.resolve(base)?;
        let (ahead, _) = self.ahead_behind(&head, &base)?;
        let unmerged = if self.is_merged(&head, &base)? { 0 } else { ahead };
        let HeldWork { inventory, dirt } = self.work_in(path, &look, &Ignored::of(&look)?)?;
        Ok(Removable {
            unmerged,
            pushed: unmerged > 0 && self.is_pushed(&head)?,
            uncommitted: if dirt.is_clean() { 0 } else { inventory.own.max(1) },
            deleted: if dirt.is_clean() { 0 } else { inventory.deleted.len() as u64 },
            bytes: inventory.bytes,
            left_out: inventory.left_out,
            obstacles: self.obstacles(path, &self.check_linked(path)?)?,
        })
    }
}
