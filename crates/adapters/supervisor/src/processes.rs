//! Which processes belong to a run: the keeper's descendants, and those that carry the run's marker.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::belongs::chain;
use crate::cgroup::Cgroup;
use crate::identity::{Identity, Stat};
use crate::killed::{first_killed, is_orphan_since};
use crate::record::{self, KeeperRecord};
use crate::syscalls::signal_group;
use crate::{HOME_MARKER, RUN_MARKER};

/// Every living descendant of `root`, without `root`. Orphans count when `root` is their subreaper.
pub(crate) fn descendants(root: u32) -> BTreeSet<u32> {
    let mut found = all_below(root);
    found.retain(|pid| Stat::read(*pid).is_some_and(|stat| !stat.is_dead()));
    found
}

/// As [`descendants`], with those that have ended and were not waited for.
pub(crate) fn all_below(root: u32) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut open = vec![root];
    while let Some(pid) = open.pop() {
        open.extend(children(pid).into_iter().filter(|child| found.insert(*child)));
    }
    found
}

/// The children of all threads of a process (`/proc/PID/task/TID/children`).
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    lists.flat_map(|list| list.split_ascii_whitespace().filter_map(|p| p.parse().ok()).collect::<Vec<u32>>()).collect()
}

/// Every process there is.
pub(crate) fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The living processes whose environment carries the marker of this run of this state folder.
/// Those that cleaned their environment are not among them.
pub fn marked(home: &Path, run: &str) -> Vec<Identity> {
    let run = format!("{RUN_MARKER}={run}").into_bytes();
    let home = [HOME_MARKER.as_bytes(), b"=", home.as_os_str().as_encoded_bytes()].concat();
    pids()
        .filter(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let has = |wanted: &[u8]| environment.split(|b| *b == 0).any(|entry| entry == wanted);
            has(&run) && has(&home)
        })
        .filter_map(Identity::of)
        .collect()
}

/// Every living process of a run, whether or not a keeper still holds it: those that carry its marker, and those
/// in the control groups of its attempts (`attempts` is the folder of their folders), which no cleaned
/// environment hides. Keepers themselves are not among them.
pub fn living(home: &Path, run: &str, attempts: &Path) -> Vec<Identity> {
    let mut found = marked(home, run);
    for record in records(attempts) {
        let members = record.cgroup.as_deref().map(|path| Cgroup::at(path).members()).unwrap_or_default();
        let held = record.agent.filter(Identity::is_alive).map(|agent| agent.pid);
        let pids = members.into_iter().chain(held);
        found.extend(pids.filter_map(Identity::of));
    }
    found.sort_by_key(|identity| identity.pid);
    found.dedup();
    found
}

/// Returns the processes below the living keepers of a run (`attempts` is the folder of the attempts' folders): without
/// a look at every process of the machine, and so without those that outlived a keeper.
pub fn held(attempts: &Path) -> Vec<Identity> {
    let keepers = records(attempts).into_iter().filter(|record| record.keeper.is_alive());
    let pids: BTreeSet<u32> = keepers.flat_map(|record| descendants(record.keeper.pid)).collect();
    pids.into_iter().filter_map(Identity::of).collect()
}

/// The records of all attempts whose keeper was started since the machine was.
fn records(attempts: &Path) -> Vec<KeeperRecord> {
    let folders = fs::read_dir(attempts).into_iter().flatten().flatten();
    let records = folders.filter_map(|folder| record::keeper_record(&folder.path()).ok().flatten());
    records.filter(|record| record.keeper.is_of_this_boot()).collect()
}

/// Sends SIGKILL to every [living](living) process of a run that has no keeper any more, and to what these
/// have started, until a search finds none. Returns how many were ended; `Err` with how many still live.
pub fn end_left(home: &Path, run: &str, attempts: &Path) -> Result<u32, usize> {
    let mut ended = BTreeSet::new();
    let groups: Vec<Cgroup> = records(attempts).iter().filter_map(|r| r.cgroup.as_deref().map(Cgroup::at)).collect();
    for _ in 0..200 {
        let found = living(home, run, attempts);
        if found.is_empty() {
            groups.iter().for_each(Cgroup::remove);
            return Ok(u32::try_from(ended.len()).unwrap_or(u32::MAX));
        }
        for group in &groups {
            group.kill();
        }
        for process in &found {
            let tree = descendants(process.pid);
            for pid in &tree {
                signal_below(*pid, process.pid, &tree, Signal::KILL);
            }
            process.kill();
            ended.insert(process.pid);
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Err(living(home, run, attempts).len())
}

/// A process that works in a folder, or may be of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderProcess {
    pub pid: u32,
    pub name: String,
}

impl FolderProcess {
    /// `None` when it has ended.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim().to_owned();
        Some(Self { pid, name })
    }
}

/// The processes whose working folder is `folder` or below it, whoever started them. Those of other users can't
/// be seen without their rights.
pub fn inside(folder: &Path) -> Vec<FolderProcess> {
    let works_there = |pid: &u32| {
        let cwd = fs::read_link(format!("/proc/{pid}/cwd"));
        // This process's own git calls work there too, and are gone in a moment.
        let others = |stat: Stat| !stat.is_dead() && stat.parent != std::process::id() && *pid != std::process::id();
        cwd.is_ok_and(|cwd| cwd.starts_with(folder)) && Stat::read(*pid).is_some_and(others)
    };
    pids().filter(works_there).filter_map(FolderProcess::of).collect()
}

/// The processes that work in `worktree` and may be what a killed keeper of these attempts held: nothing marks them as the
/// run's, so they are not ended, and nobody else is to work there beside them.
pub fn doubtful(attempts: &Path, worktree: &Path) -> Vec<FolderProcess> {
    let Some(began) = first_killed(attempts) else { return Vec::new() };
    // One that hides who started it may be of it too.
    let left = |process: &FolderProcess| chain(process.pid).is_none_or(|chain| is_orphan_since(&chain, began));
    inside(worktree).into_iter().filter(left).collect()
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

/// Signals the process group of a process as [`signal_below`] does one: all of it at once, so that none of them can fork
/// meanwhile. Only where its leader lives and is below `root` too; `false` otherwise, and before Linux 6.9.
pub(crate) fn signal_group_of(pid: u32, root: u32, tree: &BTreeSet<u32>, signal: Signal) -> bool {
    let leader = Stat::read(pid).and_then(|stat| u32::try_from(stat.group).ok());
    let Some(leader) = leader.filter(|leader| tree.contains(leader)) else { return false };
    let Some(handle) = handle(leader) else { return false };
    let leads = |stat: Stat| {
        let below = stat.parent == root || tree.contains(&stat.parent);
        below && i64::from(leader) == stat.group && stat.session != root
    };
    Stat::read(leader).is_some_and(leads) && signal_group(handle.as_fd(), signal)
}

fn handle(pid: u32) -> Option<OwnedFd> {
    let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
    pidfd_open(pid, PidfdFlags::empty()).ok()
}
