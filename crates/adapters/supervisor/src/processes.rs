//! Which processes belong to a run: the keeper's descendants, and those that carry the run's marker.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::identity::{Identity, Stat};
use crate::{HOME_MARKER, RUN_MARKER};

/// Every living descendant of `root`, without `root`. Orphans count when `root` is their subreaper.
pub(crate) fn descendants(root: u32) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut open = vec![root];
    while let Some(pid) = open.pop() {
        for child in children(pid) {
            let lives = Stat::read(child).is_some_and(|s| !s.is_dead());
            if lives && found.insert(child) {
                open.push(child);
            }
        }
    }
    found
}

/// The children of all threads of a process (`/proc/PID/task/TID/children`).
fn children(pid: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    lists.flat_map(|list| list.split_ascii_whitespace().filter_map(|p| p.parse().ok()).collect::<Vec<u32>>()).collect()
}

/// The living processes whose environment carries the marker of this run of this state folder.
/// Those that cleaned their environment are not among them.
pub fn marked(home: &Path, run: &str) -> Vec<Identity> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let run = format!("{RUN_MARKER}={run}").into_bytes();
    let home = [HOME_MARKER.as_bytes(), b"=", home.as_os_str().as_encoded_bytes()].concat();
    let pids = entries.filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let has = |wanted: &[u8]| environment.split(|b| *b == 0).any(|entry| entry == wanted);
        has(&run) && has(&home)
    })
    .filter_map(Identity::of)
    .collect()
}

/// Sends SIGKILL to every marked process of a run that has no keeper any more, and to what these
/// have started, until a search finds none. Gives how many were ended; `Err` with how many still live.
pub fn kill_marked(home: &Path, run: &str) -> Result<u32, usize> {
    let mut ended = BTreeSet::new();
    for _ in 0..200 {
        let found = marked(home, run);
        if found.is_empty() {
            return Ok(u32::try_from(ended.len()).unwrap_or(u32::MAX));
        }
        for process in &found {
            let tree = descendants(process.pid);
            for pid in &tree {
                signal_below(*pid, process.pid, &tree, Signal::KILL);
            }
            if process.kill() {
                ended.insert(process.pid);
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Err(marked(home, run).len())
}

/// Signals a process through a pidfd; `false` when it is gone.
pub(crate) fn signal(pid: u32, signal: Signal) -> bool {
    handle(pid).is_some_and(|handle| pidfd_send_signal(handle, signal).is_ok())
}

/// As [`signal`], but only when the process's parent is `root` or in `tree`. A process that ended since the
/// tree was walked may have left its pid to a stranger, whose parent is neither.
pub(crate) fn signal_below(pid: u32, root: u32, tree: &BTreeSet<u32>, signal: Signal) -> bool {
    let Some(handle) = handle(pid) else { return false };
    let below = Stat::read(pid).is_some_and(|stat| stat.parent == root || tree.contains(&stat.parent));
    below && pidfd_send_signal(handle, signal).is_ok()
}

fn handle(pid: u32) -> Option<OwnedFd> {
    let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
    pidfd_open(pid, PidfdFlags::empty()).ok()
}
