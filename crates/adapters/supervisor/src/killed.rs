//! Keepers that were killed: what they held has another parent since, and without a mark nothing tells it from what a person
//! started.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::identity::Stat;
use crate::record::{self, KeeperRecord};

/// The record of an attempt's end.
const EXIT: &str = "exit.json";
/// The name of the file in an attempt's folder that says that a person has ended what its keeper left.
const ENDED: &str = "ended-by-hand";

/// The killed keepers of a state folder, looked for whenever they are asked about.
#[derive(Debug, Default)]
pub struct Killed {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Of each run whose last keeper left no record of its end: when that keeper started.
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

impl Known {
    fn look(&mut self, home: &Path) {
        self.found.clear();
        for run in fs::read_dir(home.join("runs")).into_iter().flatten().flatten() {
            let (attempts, id) = (run.path().join("attempts"), run.file_name().to_string_lossy().into_owned());
            let Ok(changed) = fs::metadata(&attempts).and_then(|meta| meta.modified()) else { continue };
            if self.sound.get(&id) == Some(&changed) {
                continue;
            }
            match last_keeper(&attempts) {
                Some((folder, record)) if is_killed(&folder, &record) => {
                    self.found.insert(id, record.keeper.start_time);
                }
                // While one may still come, or lives, it is looked again.
                _ if all_are_over(&attempts) => {
                    self.sound.insert(id, changed);
                }
                _ => {}
            }
        }
    }
}

/// Whether every attempt has a record of its end.
fn all_are_over(attempts: &Path) -> bool {
    let over = |folder: PathBuf| [EXIT, ENDED].iter().any(|name| folder.join(name).exists());
    fs::read_dir(attempts).is_ok_and(|folders| folders.flatten().all(|folder| over(folder.path())))
}

/// The keeper of a run that was started last since the machine was, and its attempt's folder.
fn last_keeper(attempts: &Path) -> Option<(PathBuf, KeeperRecord)> {
    let folders = fs::read_dir(attempts).ok()?.flatten().map(|folder| folder.path());
    let records = folders.filter_map(|folder| Some((folder.clone(), record::keeper_record(&folder).ok()??)));
    let here = records.filter(|(_, record)| record.keeper.is_of_this_boot());
    here.max_by_key(|(_, record)| record.keeper.start_time)
}

/// Whether a keeper ended without a record of it, and nobody has ended what it left.
pub(crate) fn is_killed(folder: &Path, record: &KeeperRecord) -> bool {
    let over = [EXIT, ENDED].iter().any(|name| folder.join(name).exists());
    !over && record.keeper.is_of_this_boot() && !record.keeper.is_alive()
}

/// Says that everything that a killed keeper left is ended, as far as a person cares.
pub fn leave_behind(folder: &Path) {
    // Without it, words of persons are refused for longer than they need to be.
    let _later = fs::write(folder.join(ENDED), "");
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
    use super::*;

    #[test]
    fn a_young_child_of_the_first_process_may_be_anyones() {
        assert!(is_orphan_since(&[(70, 500), (60, 400)], 300), "started since, below the first process");
        assert!(!is_orphan_since(&[(70, 200), (60, 100)], 300), "older than the keeper");
        let me = std::process::id();
        assert!(!is_orphan_since(&[(70, u64::MAX), (me, 1)], 300), "below a process that adopts nobody");
        assert!(!is_orphan_since(&[], 300));
    }
}
