//! Making a whole tree stand still, verified, and letting it go on.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::attempt::Frozen;
use rustix::process::Signal;

use crate::cgroup::Cgroup;
use crate::identity::Stat;
use crate::processes::{descendants, signal_below};

/// How long stopped processes may take to be seen stopped.
const PATIENCE: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(1);
/// Walks that may find somebody new before it is said that some still run.
const WALKS: u32 = 10_000;
/// How often children are let go on for a moment, so that those who wait for them can stop.
const NUDGES: u32 = 50;

/// A frozen tree.
pub(super) struct Freeze {
    by_group: bool,
    /// Those that were stopped by a signal; what stood still before stays so afterwards.
    stopped: BTreeSet<u32>,
}

impl Freeze {
    /// Freezes the group where there is one, then stops by signal whatever is not in it.
    pub(super) fn begin(group: Option<&Cgroup>) -> Self {
        let mut freeze = Self { by_group: false, stopped: BTreeSet::new() };
        freeze.again(group);
        freeze
    }

    /// Anyone may have sent SIGCONT since, or entered the tree.
    pub(super) fn again(&mut self, group: Option<&Cgroup>) {
        self.by_group = group.is_some_and(Cgroup::freeze);
        let inside = self.inside(group);
        for _ in 0..NUDGES {
            self.stop_all(&inside);
            if !self.nudge(&inside) {
                return;
            }
        }
    }

    /// Stops by signal everything outside of the group, until two walks find nobody new.
    fn stop_all(&mut self, inside: &BTreeSet<u32>) {
        let me = std::process::id();
        let mut seen = BTreeSet::new();
        let mut clean = 0;
        for _ in 0..WALKS {
            let tree = descendants(me);
            let fresh: Vec<u32> = tree.difference(inside).copied().filter(|pid| seen.insert(*pid)).collect();
            clean = if fresh.is_empty() { clean + 1 } else { 0 };
            if clean == 2 {
                break;
            }
            for pid in fresh {
                let stood = Stat::read(pid).is_some_and(|stat| stat.is_stopped());
                if !stood && signal_below(pid, me, &tree, Signal::STOP) {
                    self.stopped.insert(pid);
                }
            }
        }
    }

    /// One that waits in vfork(2) for its child stops only when that child goes on to its program, and the child was
    /// stopped before it did. Gives whether there was one whose child was let go on for a moment.
    fn nudge(&mut self, inside: &BTreeSet<u32>) -> bool {
        let me = std::process::id();
        let waits = |pid: &u32| Stat::read(*pid).is_some_and(|stat| stat.is_uninterruptible());
        let tree = descendants(me);
        if !tree.difference(inside).any(waits) {
            return false;
        }
        std::thread::sleep(LOOK);
        let waiting: BTreeSet<u32> = tree.difference(inside).copied().filter(waits).collect();
        let child_of_one = |pid: &u32| Stat::read(*pid).is_some_and(|stat| waiting.contains(&stat.parent));
        let held: Vec<u32> = self.stopped.iter().copied().filter(child_of_one).collect();
        for pid in &held {
            signal_below(*pid, me, &tree, Signal::CONT);
        }
        std::thread::sleep(LOOK);
        !held.is_empty()
    }

    /// Counts what stands still and what lives.
    pub(super) fn count(&self, group: Option<&Cgroup>) -> Frozen {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let asleep = group.is_some_and(Cgroup::is_frozen);
            let inside = self.inside(group);
            let tree: BTreeSet<u32> = descendants(std::process::id()).union(&inside).copied().collect();
            // Until the kernel says that the group stands still, none of it is known to.
            let still =
                |pid: &&u32| (asleep && inside.contains(pid)) || Stat::read(**pid).is_some_and(|s| s.is_stopped());
            let n = tree.iter().filter(still).count();
            if n == tree.len() || Instant::now() > deadline {
                let outside = tree.len() > inside.len();
                let means = match (self.by_group, outside) {
                    (true, false) => "freezer",
                    (true, true) => "freezer and signals",
                    (false, _) => "signals",
                };
                let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                return Frozen { n: number(n), of: number(tree.len()), means: means.to_owned() };
            }
            std::thread::sleep(LOOK);
        }
    }

    pub(super) fn end(self, group: Option<&Cgroup>) {
        let me = std::process::id();
        let tree = descendants(me);
        for pid in &self.stopped {
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
