//! Pausing, resuming and ending the tree of an agent that was started by hand, which no keeper holds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use domain::attempt::Frozen;
use rustix::process::Signal;

use crate::belongs::is_of_pilothouse;
use crate::identity::{Identity, Stat};
use crate::processes::{children, pids};

/// How often a tree is looked at that is to stand still or to end.
const LOOK: Duration = Duration::from_millis(10);
/// How often all processes are looked at for those of its sessions.
const SESSIONS: Duration = Duration::from_millis(250);
/// How long stopped processes may take to be seen stopped, and let go ones to be stopped again by their terminal.
const STANDS: Duration = Duration::from_millis(500);
/// How long a tree that was killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// The state of a tree after it was resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    /// Processes that stand still although the tree was resumed.
    pub stopped: u32,
    /// The shell took the terminal while the agent stood still, so that nobody can type to the agent.
    pub in_background: bool,
}

/// Stops `root` and everything below it by signals until nobody new is found, and counts what stands still; `None` when
/// it has ended. What pilothouse itself started below it is left alone.
pub fn freeze_tree(root: &Identity) -> Option<Frozen> {
    let mut tree = Tree::of(root)?;
    let (n, of) = tree.stop();
    Some(Frozen { n, of, means: "signals".to_owned() })
}

/// Lets everything of a tree go on that stands still; `None` when its root has ended.
pub fn resume_tree(root: &Identity) -> Option<Resumed> {
    let mut tree = Tree::of(root)?;
    tree.look();
    for process in tree.alive() {
        process.signal(Signal::CONT);
    }
    // One in the background is stopped again as soon as it uses its terminal.
    std::thread::sleep(STANDS);
    let in_background = Stat::read(root.pid).is_some_and(|stat| stat.is_in_background());
    root.is_alive().then(|| Resumed { stopped: number(tree.stopped()), in_background })
}

/// Asks `root` and everything of its tree to end, kills what lives after `grace`, until nothing of it lives; returns
/// how many were ended, or `Err` with how many still live. What left the tree and its sessions before that can't be
/// told from a stranger and is not touched.
pub fn end_tree(root: &Identity, grace: Duration) -> Result<u32, usize> {
    let Some(mut tree) = Tree::of(root) else { return Ok(0) };
    let mut told = BTreeSet::new();
    let kill_at = Instant::now() + grace;
    loop {
        tree.look();
        let alive = tree.alive();
        if alive.is_empty() {
            return Ok(number(tree.members.len()));
        }
        if Instant::now() < kill_at {
            for process in alive.iter().filter(|process| told.insert(process.pid)) {
                process.signal(Signal::TERM);
                // What stands still hears nothing until it goes on.
                process.signal(Signal::CONT);
            }
        } else {
            // What stands still can't begin anything any more.
            tree.stop();
            for process in tree.alive() {
                process.signal(Signal::KILL);
            }
        }
        if Instant::now() > kill_at + PATIENCE {
            return Err(tree.alive().len());
        }
        std::thread::sleep(LOOK);
    }
}

/// Everything of a tree that was ever seen, so that what loses its parent meanwhile is not lost.
struct Tree {
    members: BTreeMap<u32, Identity>,
    /// Sessions that members began and that have processes.
    sessions: BTreeSet<u32>,
    /// When all processes are looked at next.
    sessions_at: Instant,
}

impl Tree {
    /// `None` when its root has ended.
    fn of(root: &Identity) -> Option<Self> {
        let members = BTreeMap::from([(root.pid, root.clone())]);
        root.is_alive().then(|| Self { members, sessions: BTreeSet::new(), sessions_at: Instant::now() })
    }

    /// Takes up what is below any member, and now and then what is in a session that a member began.
    fn look(&mut self) {
        self.walk();
        let found = self.in_sessions();
        if !found.is_empty() {
            self.take_up(found);
            self.walk();
        }
    }

    fn take_up(&mut self, found: Vec<Identity>) {
        self.members.extend(found.into_iter().map(|process| (process.pid, process)));
    }

    /// Takes up what is below any member.
    fn walk(&mut self) {
        loop {
            let alive = self.alive();
            self.sessions
                .extend(alive.iter().filter(|m| Stat::read(m.pid).is_some_and(|s| s.session == m.pid)).map(|m| m.pid));
            let parents: BTreeSet<u32> = alive.iter().map(|member| member.pid).collect();
            let mut fresh: Vec<Identity> = Vec::new();
            for child in alive.iter().flat_map(|member| children(member.pid)) {
                let known = self.members.get(&child).is_some_and(Identity::is_alive);
                // The pid may have gone to a stranger since, whose parent is another.
                let ours = || Stat::read(child).is_some_and(|stat| parents.contains(&stat.parent));
                fresh.extend(Identity::of(child).filter(|_| !known && ours() && !is_of_pilothouse(child)));
            }
            if fresh.is_empty() {
                return;
            }
            self.take_up(fresh);
        }
    }

    /// Processes that have lost their parent and are still in a session of the tree. A session's number is nobody else's for
    /// as long as it has processes; one that has none is forgotten.
    fn in_sessions(&mut self) -> Vec<Identity> {
        if self.sessions.is_empty() || Instant::now() < self.sessions_at {
            return Vec::new();
        }
        self.sessions_at = Instant::now() + SESSIONS;
        let mut inside: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for pid in pids() {
            let stat = Stat::read(pid).filter(|stat| !stat.is_dead() && self.sessions.contains(&stat.session));
            if let Some(stat) = stat {
                inside.entry(stat.session).or_default().push(pid);
            }
        }
        self.sessions.retain(|session| inside.contains_key(session));
        let found = inside.into_values().flatten().filter(|pid| !self.members.contains_key(pid));
        found.filter(|pid| !is_of_pilothouse(*pid)).filter_map(Identity::of).collect()
    }

    fn alive(&self) -> Vec<Identity> {
        self.members.values().filter(|member| member.is_alive()).cloned().collect()
    }

    fn stopped(&self) -> usize {
        let stands = |member: &&Identity| Stat::read(member.pid).is_some_and(|stat| stat.is_stopped());
        self.members.values().filter(|member| member.is_alive()).filter(stands).count()
    }

    /// Stops everything until it stands still, or has had the time for it; returns how many stand still, and how many
    /// live.
    fn stop(&mut self) -> (u32, u32) {
        let deadline = Instant::now() + STANDS;
        loop {
            self.look();
            let alive = self.alive();
            let moves = |member: &&Identity| Stat::read(member.pid).is_some_and(|stat| !stat.is_stopped());
            let moving: Vec<&Identity> = alive.iter().filter(moves).collect();
            if moving.is_empty() || Instant::now() > deadline {
                return (number(alive.len() - moving.len()), number(alive.len()));
            }
            // One that waits in vfork(2) stops only when its child has gone on to its program.
            let waits: BTreeSet<u32> = moving
                .iter()
                .filter(|member| Stat::read(member.pid).is_some_and(|stat| stat.is_uninterruptible()))
                .map(|member| member.pid)
                .collect();
            let held = |member: &&Identity| Stat::read(member.pid).is_some_and(|stat| waits.contains(&stat.parent));
            for child in alive.iter().filter(held) {
                child.signal(Signal::CONT);
            }
            for member in moving {
                member.signal(Signal::STOP);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// How many of a tree stand still when its root does, and how many there are.
pub(crate) fn count(root: &Identity) -> (u32, u32) {
    let Some(mut tree) = Tree::of(root) else { return (0, 0) };
    tree.walk();
    let stands = Stat::read(root.pid).is_some_and(|stat| stat.is_stopped());
    (if stands { number(tree.stopped()) } else { 0 }, number(tree.alive().len()))
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
