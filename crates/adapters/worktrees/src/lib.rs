//! Git repositories and their worktrees; the only place that uses gix or runs git.
//!
//! gix reads lists, refs, the graph and diffs; git makes worktrees and commits, and reads what gix can't
//! (reftable) or reads slower (the status of large or sparse indexes). No index of an agent is ever written
//! while the agent works.

mod changes;
mod checkpoint;
mod commit;
mod create;
mod diff;
mod disk;
mod error;
mod example;
mod file;
mod git;
mod graph;
mod ignored;
mod left_lock;
mod list;
mod lock;
mod merge;
mod merge_tree;
mod merged;
mod merges;
mod patch;
mod pointers;
mod radar;
mod removable;
mod remove;
mod repository;
mod snapshot;
mod stand;
mod status;
mod tree;
mod watchable;

pub use changes::Changes;
pub use checkpoint::{Checkpoint, CheckpointName, WentBack};
pub use commit::{Committed, Leftovers};
pub use create::{Created, NewWorktree, Probe};
pub use diff::Diff;
pub use disk::{Disk, disk};
pub use error::WorktreeError;
pub use example::example;
pub use file::text_of;
pub use list::Worktree;
pub use merge::Merging;
pub use radar::{Radar, Work};
pub use removable::Removable;
pub use remove::{Removal, Removed};
pub use repository::Repository;
pub use snapshot::{Restoring, SnapshotRecord, snapshot_record};
pub use stand::Stand;
pub use status::{Dirt, Written};
pub use tree::Found;
