//! Keepers that were killed: what they held has another parent since, and without a mark nothing tells it from what a person
//! started.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::identity::{Identity, Stat};
use crate::processes::{FolderProcess, pids};
use crate::record::{self, KeeperRecord};

/// The record of an attempt's end.
const EXIT: &str = "exit.json";
/// The name of the file in an attempt's folder that says that nothing lives of what its killed keeper held.
const ENDED: &str = "ended-by-hand";
/// How often it is looked for what a killed keeper may have left before nothing is believed to live.
const LOOKS: usize = 3;
/// The most processes that are named.
const NAMED: usize = 8;

/// The killed keepers of a state folder, looked for whenever they are asked about.
#[derive(Debug, Default)]
pub struct Killed {
    known: Mutex<KnownKeeper>,
}

#[derive(Debug, Default)]
struct KnownKeeper {
    /// Of each run of which a keeper left no record of its end: when the first of them started.
    found: BTreeMap<String, u64>,
    /// Runs in which that was not so, and when their folder of attempts was changed last.
    sound: BTreeMap<String, SystemTime>,
}

impl Killed {
    /// The run whose killed keeper may have started the first of this chain of processes (each the parent of the one before):
    /// one of them that is younger than the keeper was adopted by who adopts orphans.
    pub(crate) fn may_have_left(&self, chain: &[(u32, u64)], home: &Path) -> Option<String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.look(home);
        known.found.iter().find(|(_, began)| is_orphan_since(chain, **began)).map(|(run, _)| run.clone())
    }
}

impl KnownKeeper {
    fn look(&mut self, home: &Path) {
        self.found.clear();
        for run in fs::read_dir(home.join("runs")).into_iter().flatten().flatten() {
            let (attempts, id) = (run.path().join("attempts"), run.file_name().to_string_lossy().into_owned());
            let Ok(changed) = fs::metadata(&attempts).and_then(|meta| meta.modified()) else { continue };
            if self.sound.get(&id) == Some(&changed) {
                continue;
            }
            match first_killed(&attempts) {
                Some(began) => {
                    self.found.insert(id, began);
                }
                // While one may still come, or lives, it is looked again.
                None if all_are_over(&attempts) => {
                    self.sound.insert(id, changed);
                }
                None => {}
            }
        }
    }
}

/// Whether every attempt has a record of its end.
fn all_are_over(attempts: &Path) -> bool {
    let over = |folder: PathBuf| [EXIT, ENDED].iter().any(|name| folder.join(name).exists());
    fs::read_dir(attempts).is_ok_and(|folders| folders.flatten().all(|folder| over(folder.path())))
}

/// When the first keeper of a run started that was killed since the machine was: a later attempt says nothing of what it left.
pub(crate) fn first_killed(attempts: &Path) -> Option<u64> {
    killed(attempts).into_iter().map(|(_, began)| began).min()
}

/// The folders of the attempts whose keeper was killed, and when each started.
fn killed(attempts: &Path) -> Vec<(PathBuf, u64)> {
    let folders = fs::read_dir(attempts).into_iter().flatten().flatten().map(|folder| folder.path());
    let killed = folders.filter_map(|folder| {
        let record = record::keeper_record(&folder).ok().flatten()?;
        is_killed(&folder, &record).then_some((folder, record.keeper.start_time))
    });
    killed.collect()
}

/// Whether a keeper ended without a record of it, and what it held may live.
pub(crate) fn is_killed(folder: &Path, record: &KeeperRecord) -> bool {
    let over = [EXIT, ENDED].iter().any(|name| folder.join(name).exists());
    !over && record.keeper.is_of_this_boot() && !record.keeper.is_alive()
}

/// Says that nothing lives of what the keeper of this attempt held.
pub fn leave_behind(folder: &Path) {
    // Without it, words of persons are refused for longer than they need to be.
    let _later = fs::write(folder.join(ENDED), "");
}

/// Ends the doubt about the killed keepers of these attempts where nothing lives that one of them may have left;
/// returns what does where it can't be told from what a person started since. `home` is the state folder.
pub fn settle_killed(home: &Path, attempts: &Path) -> Vec<FolderProcess> {
    let killed = killed(attempts);
    let Some(began) = killed.iter().map(|(_, began)| *began).min() else { return Vec::new() };
    // One that forks without end may not be seen by one look.
    for _ in 0..LOOKS {
        let left = orphans_since(began, home);
        if !left.is_empty() {
            return left;
        }
    }
    for (folder, _) in &killed {
        leave_behind(folder);
    }
    Vec::new()
}

/// The living processes of this user that are no keeper's or daemon's and may have lost their parent since then.
fn orphans_since(began: u64, home: &Path) -> Vec<FolderProcess> {
    let (user, keepers) = (rustix::process::getuid().as_raw(), living_keepers(home));
    let known = |link: &(u32, u64)| link.0 == std::process::id() || keepers.contains(link);
    // All are looked at once: one by one, a long chain of processes would be followed up from each of them.
    let living = |pid| Stat::read(pid).filter(|stat| !stat.is_dead()).map(|stat| (pid, (stat.parent, stat.start_time)));
    let table: BTreeMap<u32, (u32, u64)> = pids().filter_map(living).collect();
    let may_be = |pid: &u32| {
        let chain = chain_in(&table, *pid);
        is_orphan_since(&chain, began) && !chain.iter().any(known) && user_of(*pid) == Some(user)
    };
    table.keys().copied().filter(may_be).take(NAMED).filter_map(FolderProcess::of).collect()
}

/// A process and all above it. One whose parent has just gone ends the chain, as an orphan does.
fn chain_in(table: &BTreeMap<u32, (u32, u64)>, pid: u32) -> Vec<(u32, u64)> {
    let (mut chain, mut at) = (Vec::new(), pid);
    while let Some((parent, start)) = table.get(&at).filter(|_| chain.len() <= table.len()) {
        chain.push((at, *start));
        at = *parent;
    }
    chain
}

/// The user that a process runs as. The owner of its files in `/proc` is another where it hides itself.
fn user_of(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_ascii_whitespace().next()?.parse().ok())
}

/// The living keepers of every run, each with its start.
fn living_keepers(home: &Path) -> BTreeSet<(u32, u64)> {
    let folders = |path: PathBuf| fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let attempts = folders(home.join("runs")).flat_map(|run| folders(run.join("attempts")));
    let keepers = attempts.filter_map(|folder| Some(record::keeper_record(&folder).ok()??.keeper));
    keepers.filter(Identity::is_alive).map(|keeper| (keeper.pid, keeper.start_time)).collect()
}

/// Whether a chain leads up to who adopts orphans by a process that was started since then.
pub(crate) fn is_orphan_since(chain: &[(u32, u64)], began: u64) -> bool {
    let young = chain.iter().take_while(|(_, start)| *start >= began).count();
    match chain.get(young) {
        _ if young == 0 => false,
        Some((above, _)) => adopts(*above),
        // Above the last of them is the first process of the machine.
        None => true,
    }
}

/// Whether orphans are given to this process: to the first one, to systemd's of a user, or to what has this daemon.
fn adopts(pid: u32) -> bool {
    let is_systemd = || fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "systemd");
    let own =
        || Stat::read(std::process::id()).is_some_and(|own| own.session == std::process::id() && own.parent == pid);
    pid <= 1 || is_systemd() || own()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// An attempt's folder in which this keeper has written its record.
    fn attempt(home: &Path, key: &str, keeper: Identity) -> PathBuf {
        let folder = home.join("runs/r/attempts").join(key);
        fs::create_dir_all(&folder).expect("room");
        let record = KeeperRecord { run: "r".to_owned(), keeper, agent: None, socket: home.join("none"), cgroup: None };
        record::write(&folder, "keeper.json", &record).expect("room");
        folder
    }

    /// The identity of a process that has ended.
    fn ended() -> Identity {
        let mut child = Command::new("sleep").arg("300").spawn().expect("sleep");
        let identity = Identity::of(child.id()).expect("it lives");
        child.kill().and_then(|()| child.wait()).expect("ours");
        identity
    }

    #[test]
    fn a_later_attempt_clears_no_killed_keeper() {
        let home = tempfile::tempdir().expect("a folder");
        let killed = Killed::default();
        let began = ended();
        let orphan = [(70, began.start_time + 1)];
        let first = attempt(home.path(), "build.1", began);
        assert_eq!(killed.may_have_left(&orphan, home.path()), Some("r".to_owned()));
        let me = Identity::of(std::process::id()).expect("this process");
        let second = attempt(home.path(), "build.2", me);
        assert_eq!(killed.may_have_left(&orphan, home.path()), Some("r".to_owned()), "retried");
        fs::write(second.join(EXIT), "{}").expect("room");
        assert_eq!(killed.may_have_left(&orphan, home.path()), Some("r".to_owned()), "the second is over");
        leave_behind(&first);
        assert_eq!(killed.may_have_left(&orphan, home.path()), None);
    }

    #[test]
    fn doubt_stays_while_orphans_may_live() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = attempt(home.path(), "build.1", ended());
        let attempts = home.path().join("runs/r/attempts");
        let script = "setsid sleep 300 > /dev/null & echo $!";
        let said = Command::new("sh").args(["-c", script]).stderr(Stdio::null()).output().expect("a shell");
        let orphan: u32 = String::from_utf8_lossy(&said.stdout).trim().parse().expect("a number");
        let orphan = Identity::of(orphan).expect("it lives");
        let left = settle_killed(home.path(), &attempts);
        assert!(left.iter().any(|process| process.pid == orphan.pid), "{left:?}");
        assert!(!folder.join(ENDED).exists());
        orphan.kill();
        orphan.wait();
        let left = settle_killed(home.path(), &attempts);
        // Others may start something on this machine just now.
        assert_eq!(left.is_empty(), folder.join(ENDED).exists(), "{left:?}");
        assert!(left.iter().all(|process| process.pid != orphan.pid), "{left:?}");
    }

    #[test]
    fn a_young_child_of_init_is_doubtful() {
        assert!(is_orphan_since(&[(70, 500), (60, 400)], 300), "started since, below the first process");
        assert!(!is_orphan_since(&[(70, 200), (60, 100)], 300), "older than the keeper");
        let me = std::process::id();
        assert!(!is_orphan_since(&[(70, u64::MAX), (me, 1)], 300), "below a process that adopts nobody");
        assert!(!is_orphan_since(&[], 300));
    }
}
