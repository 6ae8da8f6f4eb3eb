//! Limits of this machine that pilothouse runs into.

use std::fs;

use super::finding::DoctorFinding;

/// Watches that a hundred runs would take, with room for the editors that share the limit.
const WATCHES: u64 = 8_192;

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

pub(super) fn watches() -> DoctorFinding {
    let of = |name: &str| number(&format!("/proc/sys/fs/inotify/{name}"));
    let (ok, says) = match (of("max_user_watches"), of("max_user_instances")) {
        (Some(watches), Some(instances)) if watches < WATCHES || instances < 16 => {
            let mend = "raise them: sysctl fs.inotify.max_user_watches=65536 fs.inotify.max_user_instances=128";
            (None, format!("{watches} watches, {instances} instances: output may be looked at once a second; {mend}"))
        }
        (Some(watches), Some(instances)) => (Some(true), format!("{watches} watches, {instances} instances")),
        _ => (None, "inotify's limits can't be read".to_owned()),
    };
    DoctorFinding { name: "inotify", ok, says }
}

pub(super) fn freezer() -> DoctorFinding {
    let says = match supervisor::can_freeze() {
        Some(path) => format!("control groups below {}: pause freezes a run as a whole", path.display()),
        None => "no control group can be made here: pause stops each process by signal, checked until none runs; with \
             systemd: systemd-run --user --scope -p Delegate=yes pilothouse status"
            .to_owned(),
    };
    DoctorFinding { name: "freezer", ok: Some(true), says }
}

pub(super) fn processes() -> DoctorFinding {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nproc).current;
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let word = |limit: Option<u64>| limit.map_or_else(|| "unlimited".to_owned(), |n| n.to_string());
    let tight = limit.is_some_and(|n| n < 1_000) || files.is_some_and(|n| n < 1_024);
    let mend = if tight { "; many runs at once need more (ulimit -u, ulimit -n)" } else { "" };
    let says = format!("{} processes, {} open files{mend}", word(limit), word(files));
    DoctorFinding { name: "limits", ok: if tight { None } else { Some(true) }, says }
}
