//! Pausing, resuming and ending the tree of an agent that was started by hand, which no keeper holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use domain::attempt::Frozen;
use rustix::process::Signal;

use crate::freeze::Freeze;
use crate::identity::{Identity, Stat};
use crate::processes::{descendants, pids};

/// How often a tree that is being ended is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long a tree that was killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// What became of a tree that was let go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    /// Processes that stand still all the same.
    pub stopped: u32,
    /// Its shell took the terminal while it stood still, so that nobody can type to it.
    pub in_background: bool,
}

/// Stops `root` and everything below it by signals until nobody new is found, and counts what stands still; `None` when
/// it has ended.
pub fn freeze_tree(root: &Identity) -> Option<Frozen> {
    if !root.signal(Signal::STOP) {
        return None;
    }
    let below = Freeze::begin(root.pid, None).count(None);
    let still = Stat::read(root.pid).is_some_and(|stat| stat.is_stopped());
    Some(Frozen { n: below.n + u32::from(still), of: below.of + 1, means: below.means })
}

/// Lets everything go on that stands still; `None` when it has ended.
pub fn resume_tree(root: &Identity) -> Option<Resumed> {
    for process in descendants(root.pid).into_iter().filter_map(Identity::of) {
        process.signal(Signal::CONT);
    }
    if !root.signal(Signal::CONT) {
        return None;
    }
    let stopped = || {
        let tree = descendants(root.pid).into_iter().chain([root.pid]);
        tree.filter(|pid| Stat::read(*pid).is_some_and(|stat| stat.is_stopped())).count()
    };
    let deadline = Instant::now() + Duration::from_millis(500);
    while stopped() > 0 && Instant::now() < deadline {
        std::thread::sleep(LOOK);
    }
    let in_background = Stat::read(root.pid).is_some_and(|stat| stat.is_in_background());
    Some(Resumed { stopped: u32::try_from(stopped()).unwrap_or(u32::MAX), in_background })
}

/// Asks `root` and everything of its tree to end, kills what lives after `grace`, until nothing of it lives; gives how
/// many were ended, or `Err` with how many still live. What left the tree before that, and any session that was begun
/// in it, can't be told from a stranger and is not touched.
pub fn end_tree(root: &Identity, grace: Duration) -> Result<u32, usize> {
    let mut tree = Tree { members: BTreeMap::from([(root.pid, root.clone())]) };
    // A tree that stands still has no child that was not seen.
    if freeze_tree(root).is_none() {
        return Ok(0);
    }
    let mut told = BTreeSet::new();
    let kill_at = Instant::now() + grace;
    loop {
        tree.look();
        let alive = tree.alive();
        if alive.is_empty() {
            return Ok(u32::try_from(tree.members.len()).unwrap_or(u32::MAX));
        }
        let kills = Instant::now() >= kill_at;
        for process in &alive {
            if kills {
                process.signal(Signal::KILL);
            } else if told.insert(process.pid) {
                process.signal(Signal::TERM);
            }
        }
        // Stopped processes hear nothing but KILL until they go on.
        for process in alive.iter().filter(|_| !kills) {
            process.signal(Signal::CONT);
        }
        if Instant::now() > kill_at + PATIENCE {
            return Err(alive.len());
        }
        std::thread::sleep(LOOK);
    }
}

/// Everything of a tree that was ever seen, so that what loses its parent meanwhile is not lost.
struct Tree {
    members: BTreeMap<u32, Identity>,
}

impl Tree {
    /// Takes up what is below any member, and what is in a session that a member began.
    fn look(&mut self) {
        loop {
            let below = self.alive().into_iter().flat_map(|member| descendants(member.pid));
            let led = pids().filter(|pid| {
                let stat = Stat::read(*pid).filter(|stat| !stat.is_dead());
                stat.is_some_and(|stat| stat.session != *pid && self.members.contains_key(&stat.session))
            });
            let found: BTreeSet<u32> = below.chain(led).filter(|pid| !self.members.contains_key(pid)).collect();
            let fresh: Vec<Identity> = found.into_iter().filter_map(Identity::of).collect();
            if fresh.is_empty() {
                return;
            }
            self.members.extend(fresh.into_iter().map(|process| (process.pid, process)));
        }
    }

    fn alive(&self) -> Vec<Identity> {
        self.members.values().filter(|member| member.is_alive()).cloned().collect()
    }
}

/// How many of a tree there are and how many of them stand still.
pub(crate) fn count(root: u32) -> (u32, u32) {
    let tree: BTreeSet<u32> = descendants(root).into_iter().chain([root]).collect();
    let still = tree.iter().filter(|pid| Stat::read(**pid).is_some_and(|stat| stat.is_stopped())).count();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (number(still), number(tree.len()))
}

/// The terminal a process reads from, where it has one.
pub(crate) fn terminal(pid: u32) -> Option<String> {
    let path = fs::read_link(format!("/proc/{pid}/fd/0")).ok()?;
    let name = path.strip_prefix("/dev").ok()?.to_str()?;
    (name.starts_with("pts/") || name.starts_with("tty")).then(|| name.to_owned())
}
