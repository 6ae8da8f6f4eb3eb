//! What a worktree gets beside what git checks out: ignored files such as `.env`, folders such as `node_modules`, and
//! whose commands may be run in it.

mod build_folder;
mod clone;
mod copy;
mod error;
mod place;
mod trust;

pub use build_folder::{ELSEWHERE, shared_build_folder};
pub use clone::clone;
pub use copy::{CopiedFiles, copy};
pub use error::EnvironmentError;
pub use trust::{Trust, digest};
