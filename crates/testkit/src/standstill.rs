//! Everything that could write to a state folder, stopped for as long as a copy of it takes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::wait::wait_until;

fn signal(pids: &BTreeSet<u32>, signal: &str) {
    for pid in pids {
        let _gone = Command::new("kill").args([signal, &pid.to_string()]).output().expect("kill");
    }
}

fn numbers(folder: &str) -> impl Iterator<Item = u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The state letter and the parent from `/proc/…/stat`.
fn state(stat: &str) -> Option<(char, u32)> {
    let text = fs::read_to_string(stat).ok()?;
    let mut fields = text[text.rfind(')')? + 1..].split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// The processes that were started with this state folder in their environment, and their descendants: the
/// daemon, its git, keepers that have written no record yet, agents.
fn writers(home: &Path) -> BTreeSet<u32> {
    let marker = [b"PILOTHOUSE_HOME=", home.as_os_str().as_encoded_bytes()].concat();
    let mut all: Vec<(u32, u32)> = numbers("/proc")
        .filter_map(|pid| {
            state(&format!("/proc/{pid}/stat")).filter(|(s, _)| *s != 'Z').map(|(_, parent)| (pid, parent))
        })
        .collect();
    let is_marked = |pid: u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|b| *b == 0).any(|entry| entry == marker)
    };
    let mut found: BTreeSet<u32> = all.iter().map(|(pid, _)| *pid).filter(|pid| is_marked(*pid)).collect();
    loop {
        let before = found.len();
        all.retain(|(pid, parent)| !(found.contains(parent) && found.insert(*pid)));
        if found.len() == before {
            return found;
        }
    }
}

/// Whether no thread of it runs. One that waits for a child it has just forked (`D`) can't be stopped before that
/// child runs its program, and does nothing meanwhile.
fn stands(pid: u32, all: &BTreeSet<u32>) -> bool {
    let has_child = || {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        children.split_whitespace().any(|child| child.parse().is_ok_and(|child| all.contains(&child)))
            || all.iter().any(|other| state(&format!("/proc/{other}/stat")).is_some_and(|(_, parent)| parent == pid))
    };
    numbers(&format!("/proc/{pid}/task")).all(|thread| match state(&format!("/proc/{pid}/task/{thread}/stat")) {
        None => true,
        Some((state, _)) => matches!(state, 'T' | 't' | 'Z' | 'X') || (state == 'D' && has_child()),
    })
}

/// Calls `look` while nothing writes to this state folder.
pub fn standstill<T>(home: &Path, look: impl FnOnce() -> T) -> T {
    let mut stopped = BTreeSet::new();
    wait_until("everything that writes to stand still", || {
        let found = writers(home);
        let new: BTreeSet<u32> = found.difference(&stopped).copied().collect();
        signal(&new, "-STOP");
        let clean = new.is_empty() && found.iter().all(|pid| stands(*pid, &found));
        stopped.extend(new);
        if clean { Ok(()) } else { Err(format!("{found:?}")) }
    });
    let seen = look();
    signal(&stopped, "-CONT");
    seen
}
