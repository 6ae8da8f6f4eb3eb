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

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Variables that say which repository git is to look at (`git rev-parse --local-env-vars`): git sets them for what it starts,
/// such as an alias, and for whoever that starts in turn they say the wrong one. `GIT_CONFIG_COUNT` and its pairs are set by
/// people alone and stay.
const OF_A_REPOSITORY: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    "GIT_INTERNAL_SUPER_PREFIX",
];

/// Takes those variables out of this process, so that neither it nor anything that it starts is led elsewhere.
fn forget_repository() {
    for name in OF_A_REPOSITORY {
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
