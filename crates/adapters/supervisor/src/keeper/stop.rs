//! Ending a whole tree, also those that left its group or session, and one that forks without end.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rustix::process::{Signal, WaitOptions, wait};

use crate::below::{ROUND, kill_below};
use crate::cgroup::Cgroup;
use crate::processes::{descendants, signal_below};

/// How often a tree in its grace period is looked at.
const LOOK: Duration = Duration::from_millis(50);

pub(super) struct Stop {
    kill_at: Instant,
    /// Processes that lived on after the agent had ended.
    survivors: BTreeSet<u32>,
    told: BTreeSet<u32>,
    agent_over: bool,
}

impl Stop {
    /// Asks every process to end; `agent_over` says that what lives now has outlived the agent.
    pub(super) fn begin(grace_ms: u64, agent_over: bool) -> Self {
        let kill_at = Instant::now() + Duration::from_millis(grace_ms);
        let mut stop = Self { kill_at, survivors: BTreeSet::new(), told: BTreeSet::new(), agent_over };
        stop.tell();
        stop
    }

    /// A second request can only bring the end nearer.
    pub(super) fn hurry(&mut self, grace_ms: u64) {
        self.kill_at = self.kill_at.min(Instant::now() + Duration::from_millis(grace_ms));
    }

    pub(super) fn wait(&self) -> Duration {
        let left = self.kill_at.saturating_duration_since(Instant::now());
        if left.is_zero() { ROUND } else { left.min(LOOK) }
    }

    pub(super) fn survivors(&self) -> u32 {
        u32::try_from(self.survivors.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn step(&mut self, group: Option<&Cgroup>) {
        if Instant::now() < self.kill_at {
            self.tell();
        } else {
            self.kill(group);
        }
    }

    /// Sends TERM once to each process, also to those started since; what is stopped is woken to hear it.
    fn tell(&mut self) {
        let me = std::process::id();
        let tree = descendants(me);
        for pid in &tree {
            if self.told.insert(*pid) {
                signal_below(*pid, me, &tree, Signal::TERM);
                signal_below(*pid, me, &tree, Signal::CONT);
                if self.agent_over {
                    self.survivors.insert(*pid);
                }
            }
        }
    }

    fn kill(&mut self, group: Option<&Cgroup>) {
        if let Some(group) = group {
            if self.agent_over {
                self.survivors.extend(group.members());
            }
            group.kill();
        }
        let killed = kill_below(std::process::id());
        if self.agent_over {
            self.survivors.extend(killed);
        }
    }
}

/// Kills whatever this keeper has started, until the kernel says that it has no child left.
pub(super) fn end_everything() {
    let mut stop = Stop::begin(0, true);
    while !matches!(wait(WaitOptions::NOHANG), Err(rustix::io::Errno::CHILD)) {
        stop.step(None);
        std::thread::sleep(ROUND);
    }
}
