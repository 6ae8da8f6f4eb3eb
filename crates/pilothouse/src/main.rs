//! Picks a role: a face, the daemon, a keeper or the rehearsal agent, all of them this one binary.

mod attach;
mod cockpit;
mod demo;
mod doctor;
mod init;
mod keys;
mod log;
mod roles;
mod verify;
mod welcome;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Takes the variables that lead git to a repository out of this process, so that neither it nor anything that it starts is led
/// elsewhere.
fn forget_repository() {
    for name in domain::git_variables::set_by_git() {
        #[expect(unsafe_code, reason = "nothing else can read the environment meanwhile")]
        // SAFETY: this is the first thing that the process does, and no other thread exists yet.
        unsafe {
            std::env::remove_var(name);
        }
    }
}

fn main() -> ExitCode {
    forget_repository();
    let mut words = std::env::args_os().skip(1);
    // The roles come first: a keeper must stay small and may not touch what a face needs.
    match words.next().as_deref().and_then(OsStr::to_str) {
        Some("__keeper") => {
            supervisor::close_inherited();
            let folder = words.next().map(PathBuf::from).unwrap_or_default();
            let code = supervisor::keeper::main(&folder);
            ExitCode::from(u8::try_from(code).unwrap_or(1))
        }
        Some("__rehearsal") => {
            let words: Vec<String> = words.filter_map(|word| word.into_string().ok()).collect();
            rehearsal::main(&words)
        }
        Some("__daemon") => {
            let words: Vec<_> = words.collect();
            let keys = keys::handed_on(&words);
            supervisor::close_inherited();
            roles::daemon(!words.iter().any(|word| word == roles::FOREGROUND), keys)
        }
        Some("__gateway") => {
            supervisor::close_inherited();
            roles::gateway()
        }
        _ => roles::face(),
    }
}
