//! How many files a process may have open: the daemon and the gateway take all they may, what they start gets back what
//! they were started with.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::OnceLock;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The highest limit that is asked for: more is never needed, and some systems allow a billion.
const ENOUGH: u64 = 1 << 16;

/// The limit that this process was started with, once it was raised.
static FIRST: OnceLock<Rlimit> = OnceLock::new();

/// Raises the soft limit as far as it may; returns the one that holds then. Where it can't be raised it stays.
pub fn raise_open_limit() -> u64 {
    let first = FIRST.get_or_init(|| getrlimit(Resource::Nofile));
    let most = first.maximum.unwrap_or(ENOUGH).min(ENOUGH);
    let now = first.current.unwrap_or(ENOUGH);
    if most > now && setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..*first }).is_ok() {
        return most;
    }
    now
}

/// Has what this command starts get the first limit back: programs that use select(2) break above 1024.
pub fn with_first_open_limit(command: &mut Command) {
    let Some(first) = FIRST.get().copied() else { return };
    #[expect(unsafe_code, reason = "only a system call is made between fork and exec")]
    // SAFETY: setrlimit(2) takes no lock and no memory.
    unsafe {
        command.pre_exec(move || {
            // A higher limit is no reason not to start.
            let _stays = setrlimit(Resource::Nofile, first);
            Ok(())
        });
    }
}
