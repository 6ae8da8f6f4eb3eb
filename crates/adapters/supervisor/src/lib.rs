//! The keeper that holds one attempt, and what can be known of its processes.
//!
//! The daemon starts a keeper with [`launch`] and talks to it through [`Keeper`]; the keeper itself is
//! [`keeper::main`], a role of the same binary, and goes on without any daemon.

mod attempt_lock;
mod belongs;
mod below;
mod by_hand;
mod cgroup;
mod control;
mod descriptors;
mod environ;
mod error;
mod given;
mod identity;
pub mod keeper;
mod killed;
mod launch;
mod locks;
mod open_files;
mod open_limit;
mod patience;
mod peer;
mod process;
mod processes;
mod program;
mod record;
mod sandbox;
mod syscalls;
mod tree;
mod version;
mod wire;

pub use attempt_lock::is_held;
pub use belongs::run_of;
pub use below::{end_for_keeper, holds_any};
pub use by_hand::ExternalProcesses;
pub use control::{Keeper, fits};
pub use descriptors::{close_inherited, detach};
pub use error::SupervisorError;
pub use identity::Identity;
pub use killed::{Killed, leave_behind, settle_killed};
pub use launch::{Launched, forestall, launch};
pub use open_files::{Written, written};
pub use open_limit::{raise_open_limit, with_first_open_limit};
pub use patience::with_patience;
pub use peer::{Peer, Standing};
pub use process::Process;
pub use processes::{FolderProcess, doubtful, end_left, held, inside, living, marked};
pub use program::in_path;
pub use record::{KeeperRecord, KeeperStart, StartInput, TerminalSpec, exit_record, keeper_record, start_record};
pub use sandbox::sandbox_works;
pub use tree::{Resumed, end_tree, freeze_tree, resume_tree};
pub use version::{Versions, is_older};
pub use wire::{KeeperReply, KeeperRequest};

/// Where control groups can be made for attempts; `None` where they can't and signals must do.
pub fn can_freeze() -> Option<std::path::PathBuf> {
    let probe = cgroup::Cgroup::make(&format!("pilothouse-probe-{}", std::process::id()))?;
    probe.remove();
    probe.path().parent().map(std::path::Path::to_owned)
}

/// The variable that names the run in the environment of every process of it.
pub const RUN_MARKER: &str = "PILOTHOUSE_RUN";
/// The variable that names the state folder, so that two instances don't touch each other's processes.
pub const HOME_MARKER: &str = "PILOTHOUSE_HOME";
