//! Making a whole tree stand still, verified, and letting it go on.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::attempt::Frozen;
use rustix::process::Signal;

use crate::cgroup::Cgroup;
use crate::identity::Stat;
use crate::processes::{all_below, descendants, signal_below, signal_group_of};

/// How long stopped processes may take to be seen stopped.
const PATIENCE: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(1);
/// How long it is looked that nobody new comes: one that forks and exits is then seen by what it leaves.
const QUIET: Duration = Duration::from_millis(4);
/// How long walks may go on finding somebody new, and how long it is tried again in all before it is said that some still
/// run; whoever asked waits five seconds.
const WALKS: Duration = Duration::from_secs(1);
const TRIES: Duration = Duration::from_secs(3);
/// How often children are let go on for a moment, so that those who wait for them can stop.
const NUDGES: u32 = 50;

/// A frozen tree.
pub(super) struct Freeze {
    by_group: bool,
    /// Processes that stood still before anything was stopped, and stay so afterwards.
    stood: BTreeSet<u32>,
}

impl Freeze {
    pub(super) fn begin() -> Self {
        let stands = |pid: &u32| Stat::read(*pid).is_some_and(|stat| stat.is_stopped());
        Self { by_group: false, stood: descendants(std::process::id()).into_iter().filter(stands).collect() }
    }

    /// Freezes until everything stands still, or has not for some seconds, and counts.
    pub(super) fn hold(&mut self, group: Option<&Cgroup>) -> Frozen {
        let deadline = Instant::now() + TRIES;
        loop {
            self.again(group);
            let frozen = self.count(group);
            if frozen.n == frozen.of || Instant::now() > deadline {
                return frozen;
            }
        }
    }

    /// Freezes the group where there is one, then stops by signal whatever is not in it. Anyone may have sent SIGCONT since
    /// the last time, or entered the tree.
    pub(super) fn again(&mut self, group: Option<&Cgroup>) {
        self.by_group = group.is_some_and(Cgroup::freeze);
        let (inside, deadline) = (self.inside(group), Instant::now() + WALKS);
        for _ in 0..NUDGES {
            stop_all(&inside, deadline);
            if !self.nudge(&inside) || Instant::now() > deadline {
                return;
            }
        }
    }

    /// Lets the stopped child of a process that waits in vfork(2) go on for a moment: such a parent stops only when its
    /// child goes on to its program, and the child was stopped before it did. Returns whether there was such a child.
    fn nudge(&mut self, inside: &BTreeSet<u32>) -> bool {
        let me = std::process::id();
        let waits = |pid: &u32| Stat::read(*pid).is_some_and(|stat| stat.is_uninterruptible());
        let tree = descendants(me);
        if !tree.difference(inside).any(waits) {
            return false;
        }
        std::thread::sleep(LOOK);
        let waiting: BTreeSet<u32> = tree.difference(inside).copied().filter(waits).collect();
        let held = |pid: &u32| {
            let stat = Stat::read(*pid).filter(|stat| stat.is_stopped() && waiting.contains(&stat.parent));
            stat.is_some() && !self.stood.contains(pid)
        };
        let held: Vec<u32> = tree.iter().copied().filter(held).collect();
        for pid in &held {
            signal_below(*pid, me, &tree, Signal::CONT);
        }
        std::thread::sleep(LOOK);
        !held.is_empty()
    }

    /// Counts what stands still and what lives. One that is gone as soon as it is seen counts as one that runs.
    pub(super) fn count(&self, group: Option<&Cgroup>) -> Frozen {
        let (me, deadline) = (std::process::id(), Instant::now() + PATIENCE);
        loop {
            let asleep = group.is_some_and(Cgroup::is_frozen);
            let inside = self.inside(group);
            let before = all_below(me);
            let tree: BTreeSet<u32> = descendants(me).union(&inside).copied().collect();
            // Until the kernel says that the group stands still, none of it is known to.
            let still =
                |pid: &&u32| (asleep && inside.contains(pid)) || Stat::read(**pid).is_some_and(|s| s.is_stopped());
            let n = tree.iter().filter(still).count();
            let outside = tree.len() > inside.len();
            let unseen = n == tree.len() && (outside || !asleep) && has_new_ones(me, &before);
            if n == tree.len() && !unseen || Instant::now() > deadline {
                let means = match (self.by_group, outside) {
                    (true, false) => "freezer",
                    (true, true) => "freezer and signals",
                    (false, _) => "signals",
                };
                let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                let of = number(tree.len() + usize::from(unseen));
                return Frozen { n: number(n), of, means: means.to_owned() };
            }
            std::thread::sleep(LOOK);
        }
    }

    pub(super) fn end(self, group: Option<&Cgroup>) {
        let me = std::process::id();
        let tree = descendants(me);
        for pid in tree.difference(&self.stood) {
            signal_below(*pid, me, &tree, Signal::CONT);
        }
        if let Some(group) = group {
            group.thaw();
        }
    }

    /// The living processes that the group's freezing reaches.
    fn inside(&self, group: Option<&Cgroup>) -> BTreeSet<u32> {
        let members = group.filter(|_| self.by_group).map(Cgroup::members).unwrap_or_default();
        members.into_iter().filter(|pid| Stat::read(*pid).is_some_and(|stat| !stat.is_dead())).collect()
    }
}

/// Stops by signal everything outside of the group, until two walks with a pause between find nobody new, also nobody who has
/// ended since. Groups of processes are stopped as a whole, which no fork can evade.
fn stop_all(inside: &BTreeSet<u32>, deadline: Instant) {
    let me = std::process::id();
    let (mut seen, mut clean) = (BTreeSet::new(), 0);
    while clean < 2 && Instant::now() < deadline {
        let tree = descendants(me);
        let fresh: Vec<u32> = all_below(me).difference(inside).copied().filter(|pid| seen.insert(*pid)).collect();
        if fresh.is_empty() {
            clean += 1;
            std::thread::sleep(QUIET);
            continue;
        }
        clean = 0;
        for pid in fresh {
            if Stat::read(pid).is_some_and(|stat| !stat.is_stopped() && !stat.is_dead()) {
                signal_below(pid, me, &tree, Signal::STOP);
                signal_group_of(pid, me, &tree, Signal::STOP);
            }
        }
    }
    // Everybody was told once; who goes on all the same (it was let go on, or was on its way into the tree) is told again.
    let tree = descendants(me);
    for pid in tree.difference(inside) {
        if Stat::read(*pid).is_some_and(|stat| !stat.is_stopped() && !stat.is_dead()) {
            signal_below(*pid, me, &tree, Signal::STOP);
        }
    }
}

/// Whether there is anybody below `root` after a while, alive or dead, who was not there before.
fn has_new_ones(root: u32, before: &BTreeSet<u32>) -> bool {
    std::thread::sleep(QUIET);
    all_below(root).difference(before).next().is_some()
}
