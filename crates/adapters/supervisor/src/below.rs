//! Ending everything below a process, also what left its group or session and what forks without end.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::cgroup::Cgroup;
use crate::identity::{Identity, Stat};
use crate::processes::{descendants, signal_below};
use crate::record::KeeperRecord;

/// How often a tree that is being killed is walked again.
pub(crate) const ROUND: Duration = Duration::from_millis(5);
/// How long a tree that was killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a keeper that holds nothing any more may take to say so and end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Stops everything below `root` until two walks find nobody new, so that nothing can fork, then kills it all; returns
/// the killed.
pub(crate) fn kill_below(root: u32) -> BTreeSet<u32> {
    let mut stopped = BTreeSet::new();
    let mut clean = 0;
    while clean < 2 {
        let tree = descendants(root);
        let fresh: Vec<u32> = tree.iter().copied().filter(|pid| !stopped.contains(pid)).collect();
        clean = if fresh.is_empty() { clean + 1 } else { 0 };
        for pid in fresh {
            // One that may not be signalled (another user's) is passed over, or this would never end.
            let done = signal_below(pid, root, &tree, Signal::STOP);
            if done || Stat::read(pid).is_some_and(|stat| !stat.is_dead()) {
                stopped.insert(pid);
            }
        }
    }
    for pid in &stopped {
        signal_below(*pid, root, &stopped, Signal::KILL);
    }
    stopped
}

/// Whether a living keeper holds anything.
pub fn holds_any(record: &KeeperRecord) -> bool {
    record.keeper.is_alive() && !descendants(record.keeper.pid).is_empty()
}

/// Ends what a keeper holds that does not do so itself, then the keeper; `true` where nothing of it lives, `false` where that
/// can't be told. Blocks for some seconds at most.
pub fn end_for_keeper(record: &KeeperRecord) -> bool {
    let keeper = &record.keeper;
    let nothing = end_below(keeper, record.cgroup.as_deref().map(Cgroup::at).as_ref());
    // Only while it lives what lost its parent comes to it, and is found there.
    let ended = nothing && keeper.is_alive();
    if ended {
        // Woken, it finds that nothing is left, and writes how the attempt ended.
        keeper.wake();
        await_end(keeper, LAST_WORDS);
    }
    keeper.kill();
    await_end(keeper, PATIENCE);
    ended
}

/// Kills everything below a process until two walks find nothing; `false` when it takes too long.
fn end_below(root: &Identity, group: Option<&Cgroup>) -> bool {
    let (deadline, mut clean) = (Instant::now() + PATIENCE, 0);
    while Instant::now() < deadline {
        if let Some(group) = group {
            group.kill();
        }
        clean = if kill_below(root.pid).is_empty() { clean + 1 } else { 0 };
        if clean == 2 {
            return true;
        }
        std::thread::sleep(ROUND);
    }
    false
}

fn await_end(process: &Identity, patience: Duration) {
    let deadline = Instant::now() + patience;
    while process.is_alive() && Instant::now() < deadline {
        std::thread::sleep(ROUND);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn what_a_stopped_keeper_holds_is_ended() {
        let script = "env -i setsid sleep 300 & echo $!; trap '' TERM; sleep 300 & echo $!; echo; kill -STOP $$; wait";
        let mut shell = Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).spawn().expect("a shell");
        let mut said = String::new();
        let mut out = shell.stdout.take().expect("a pipe");
        let mut byte = [0u8; 1];
        while !said.ends_with("\n\n") {
            out.read_exact(&mut byte).expect("two numbers");
            said.push(char::from(byte[0]));
        }
        let held: Vec<Identity> = said.lines().filter_map(|pid| Identity::of(pid.parse().ok()?)).collect();
        assert_eq!(held.len(), 2, "{said}");
        let keeper = Identity::of(shell.id()).expect("it lives");
        let record = KeeperRecord {
            run: "r".to_owned(),
            keeper: keeper.clone(),
            agent: None,
            socket: "/nowhere".into(),
            cgroup: None,
        };
        assert!(holds_any(&record));
        assert!(end_for_keeper(&record), "proven");
        assert!(held.iter().all(|process| !process.is_alive()) && !keeper.is_alive());
        shell.wait().expect("ours");
        assert!(!end_for_keeper(&record), "of one that is gone nothing can be told");
    }
}
