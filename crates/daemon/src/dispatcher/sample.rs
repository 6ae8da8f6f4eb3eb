//! What runs use of the machine, once a minute while someone watches and when one has begun: processor, memory, and the room
//! that is left.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::RunId;
use protocol::Disk;

use super::{Dispatcher, free_space};
use crate::clock::now;
use crate::input::Input;
use crate::measure::Load;

/// Milliseconds without a sign of life that are worth telling.
const QUIET: u64 = 600_000;
/// Divisor of a figure: a change by this part of it is the least that is told anew.
const VISIBLE: u64 = 100;
/// Time until the second sample of a run or external agent, which its rate needs.
const SECOND: Duration = Duration::from_secs(3);
/// Time until the first sample of a run that has begun.
const FIRST: Duration = Duration::from_secs(1);
/// Time between two samples: figures that move more often only make a screen restless.
const EVERY: Duration = Duration::from_secs(60);
impl Dispatcher {
    /// Tells a client that has begun to watch what is known, and has figures taken from now on.
    pub(super) fn watched(&mut self) {
        self.sampler.told = None;
        self.tell_today();
        if self.sampler.due.is_none() {
            self.sample_within(Duration::ZERO);
        } else {
            self.tell_room();
            self.look_at_bases();
        }
    }

    /// Has a run that has begun sampled soon, so that it shows what it uses before the next minute.
    pub(super) fn sample_soon(&mut self) {
        if self.sampler.due.is_some() {
            self.sample_within(FIRST);
        }
    }

    /// Has the next sample taken after `wait`, if it would come later.
    fn sample_within(&mut self, wait: Duration) {
        let at = Instant::now() + wait;
        if self.sampler.due.is_none_or(|due| due > at) {
            self.sampler.due = Some(at);
            self.performer.later(wait, Input::Sample);
        }
    }

    pub(super) fn sample(&mut self) {
        // One that was asked for later has been overtaken.
        if self.sampler.due.is_none_or(|due| due > Instant::now()) {
            return;
        }
        self.sampler.due = None;
        if !self.faces.any_watches() {
            self.sampler.before.clear();
            return;
        }
        self.tell_room();
        // It may be another day by now.
        self.tell_today();
        self.look_at_bases();
        // A rate needs two samples, and a column that is empty for a minute says nothing.
        let mut agents = self.runs.agents();
        agents.extend(self.external_agents.processes());
        let new = agents.keys().any(|run| !self.sampler.before.contains_key(run));
        self.performer.load(agents);
        self.sample_within(if new { SECOND } else { EVERY });
    }

    /// Takes up what processes have used; a rate needs two samples.
    pub(super) fn sampled(&mut self, loads: &BTreeMap<RunId, Load>) {
        let now = now();
        self.sampler.before.retain(|run, _| loads.contains_key(run));
        let mut observed = false;
        for (run, load) in loads {
            let before = self.sampler.before.insert(run.clone(), (now, load.cpu_ms));
            let rate = before.map(|(at, cpu_ms)| {
                let passed = now.since(at).max(1);
                load.cpu_ms.saturating_sub(cpu_ms) as f64 / passed as f64
            });
            // Whole per cents, so that noise is no change.
            let rate = rate.map(|rate| (rate * 100.0).round() / 100.0);
            observed |= self.external_agents.sampled(run, rate, load);
            let Some(open) = self.runs.open_mut(run) else { continue };
            let quiet = open.state.last_event_at.filter(|at| now.since(*at) >= QUIET);
            if quiet.is_some() && open.seen.quiet_since != quiet {
                open.seen.quiet_since = quiet;
                self.turn.changed.insert(run.clone());
            }
            let moved = open.seen.cpu != rate || open.seen.rss_bytes.map(|b| b >> 20) != Some(load.rss_bytes >> 20);
            if moved {
                (open.seen.cpu, open.seen.rss_bytes) = (rate, Some(load.rss_bytes));
                self.turn.changed.insert(run.clone());
            }
        }
        if observed {
            self.show_observed();
        }
    }

    /// Tells clients that watch the least room there is on any disk that runs write to, where that changed visibly.
    fn tell_room(&mut self) {
        let worktrees = self.runs.rows(None).into_iter().filter(|row| !row.removed).filter_map(|row| row.worktree);
        let parents: BTreeSet<PathBuf> =
            worktrees.filter_map(|path| Path::new(&path).parent().map(Path::to_owned)).collect();
        let places = parents.into_iter().chain([self.places.home.clone()]);
        let Some(free) = places.filter_map(|path| free_space::free(&path)).min() else { return };
        let same = self.sampler.told.is_some_and(|told| told.abs_diff(free) < told / VISIBLE);
        if !same {
            self.sampler.told = Some(free);
            self.faces.disk(Disk { free, at: now() });
        }
    }
}
