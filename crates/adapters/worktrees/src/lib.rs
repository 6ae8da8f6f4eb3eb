//! Git repositories and their worktrees; the only place that uses gix or runs git.
//!
//! gix reads lists, refs, the graph and diffs; git makes worktrees and commits, and reads what gix can't
//! (reftable) or reads slower (the status of large or sparse indexes). No index of an agent is ever written
//! while the agent works.

mod admin_file;
mod base_use;
mod bounded;
mod changes;
mod checkpoint;
mod claim;
mod commit;
mod create;
mod diff;
mod disk;
mod error;
mod example;
mod fast_forward;
mod file;
mod git;
mod gitlinks;
mod graph;
mod ignored;
mod left_lock;
mod left_out;
mod linked;
mod list;
mod lock;
mod look;
mod merge;
mod merge_tree;
mod merged;
mod merges;
mod obstacles;
mod own_store;
mod patch;
mod pointers;
mod private;
mod radar;
mod register;
mod removable;
mod remove;
mod repository;
mod snapshot;
mod stand;
mod stash;
mod status;
mod traces;
mod tree;
mod unflag;
mod waits;
mod watchable;

pub use bounded::{end_git_in, end_git_that_reads};
pub use changes::Changes;
pub use checkpoint::{Checkpoint, CheckpointName, WentBack};
pub use commit::{Committed, Leftovers};
pub use create::{Created, NewWorktree, Probe};
pub use diff::{Diff, For};
pub use disk::{Disk, disk};
pub use error::WorktreeError;
pub use example::example;
pub use file::text_of;
pub use left_out::LARGEST_FILE;
pub use list::Worktree;
pub use merge::Merging;
pub use merges::{Candidate, Trial};
pub use private::keep_in;
pub use radar::{Radar, Work};
pub use removable::Removable;
pub use remove::{Removal, Removed};
pub use repository::Repository;
pub use snapshot::{Restoring, SnapshotRecord, snapshot_record};
pub use stand::Stand;
pub use status::{Dirt, Written};
pub use traces::AtOldPlace;
pub use tree::Found;
