//! Git repositories and their worktrees; the only place that uses gix or runs git.
//!
//! gix reads lists, refs, the graph and diffs; git makes worktrees and commits, and reads what gix can't
//! (reftable) or reads slower (the status of large or sparse indexes). No index of an agent is ever written
//! while the agent works.

mod changes;
mod commit;
mod create;
mod disk;
mod error;
mod example;
mod git;
mod graph;
mod list;
mod lock;
mod repository;
mod status;

pub use changes::Changes;
pub use commit::{Committed, Leftovers};
pub use create::{Created, NewWorktree, Probe};
pub use disk::disk_bytes;
pub use error::WorktreeError;
pub use example::example;
pub use list::Worktree;
pub use repository::Repository;
pub use status::Dirt;
