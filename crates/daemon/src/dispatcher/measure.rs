//! Measuring worktrees: when something in them changed, seldom enough, and never in this thread.

use std::time::Duration;

use domain::RunId;
use domain::event::EscapeFound;

use super::Dispatcher;
use super::open::TreeWatch;
use crate::clock::now;
use crate::input::Input;
use crate::measure::{self, Measured};
use crate::perform::scratch;

/// Least milliseconds between two measurements of disk, which also take at most a twentieth of the time.
const DISK_EVERY_MS: u64 = 60_000;
/// Time between two looks at a worktree that can't be watched.
const POLL_EVERY: Duration = Duration::from_secs(60);

impl Dispatcher {
    /// Has the changes against the base measured, off this thread; `at_once` also the disk. Returns whether that was
    /// begun; else it will be when it may.
    pub(super) fn measure(&mut self, run: &RunId, at_once: bool) -> bool {
        let every = self.look_every;
        let Some(open) = self.runs.open_mut(run) else { return false };
        let Some(spec) = open.state.spec.clone().filter(|_| open.state.has_worktree()) else { return false };
        let now = now();
        let since = open.changes_asked.map(|at| now.since(at));
        if let Some(since) = since.filter(|since| *since < every && !at_once) {
            // Many changes together are one look, when it may come.
            if !std::mem::replace(&mut open.look_due, true) {
                let wait = Duration::from_millis(every - since);
                self.performer.later(wait, Input::Touched { run: run.clone() });
            }
            return false;
        }
        let disk = at_once || open.disk_due.is_none_or(|due| due <= now);
        open.changes_asked = Some(now);
        open.measuring += 1;
        let beside = scratch::all(&self.places.home, run);
        self.performer.measure(measure::Measure {
            run: run.clone(),
            spec,
            disk,
            beside,
            home: self.places.home.clone(),
        });
        true
    }

    /// Takes up that something in a worktree may have changed. Only a worktree that an agent works in is measured by
    /// itself.
    pub(super) fn touched(&mut self, run: &RunId) {
        let Some(open) = self.runs.open_mut(run) else { return };
        open.look_due = false;
        let polled = open.tree == TreeWatch::Polled;
        if open.state.is_live() {
            if self.measure(run, false) {
                // Until then more changes need say nothing more.
                self.watcher.looked_at_tree(run);
            }
            if polled {
                self.performer.later(POLL_EVERY, Input::Touched { run: run.clone() });
            }
        }
    }

    /// Writes down the files outside of its worktree that the run's processes write, as far as they are not known yet.
    fn tell_escapes(&mut self, run: &RunId, found: Vec<EscapeFound>) {
        let Some(open) = self.runs.open_ref(run) else { return };
        let new = found.into_iter().filter(|found| open.state.escapes.iter().all(|known| known.path != found.path));
        let batch: Vec<_> = new.map(|found| (open.state.attempt_key(), found.into())).collect();
        if self.append(run, batch, None).is_err() {
            tracing::warn!(%run, "writes outside of its worktree could not be written down; they are looked for again");
        }
    }

    pub(super) fn measured(&mut self, run: &RunId, measured: Measured) {
        let Some(open) = self.runs.open_mut(run) else { return };
        open.measuring = open.measuring.saturating_sub(1);
        // A worktree that can't be read just now keeps its earlier figure with its time.
        if measured.changes.is_some() {
            open.seen.secrets = measured.secrets;
        }
        open.seen.changes = measured.changes.or(open.seen.changes);
        if let Some(disk) = measured.disk {
            let wait = DISK_EVERY_MS.max(measured.disk_took.saturating_mul(20));
            open.disk_due = Some(domain::Timestamp::from_millis(disk.at.as_millis().saturating_add_unsigned(wait)));
            open.seen.disk_bytes = Some(protocol::Observed { value: disk.value.bytes, at: disk.at });
            open.seen.disk_rebuildable = Some(disk.value.rebuildable);
        }
        self.turn.changed.insert(run.clone());
        self.tell_escapes(run, measured.escapes);
        self.compare(run);
        let Some(open) = self.runs.open_mut(run) else { return };
        if !open.state.is_live() {
            open.tree = TreeWatch::None;
            return self.watcher.leave_tree(run);
        }
        // New folders may have come since the last look.
        let watched = measured.folders.is_some_and(|folders| self.watcher.watch_tree(run, folders));
        let Some(open) = self.runs.open_mut(run) else { return };
        let before = std::mem::replace(&mut open.tree, if watched { TreeWatch::Watched } else { TreeWatch::Polled });
        if !watched && before != TreeWatch::Polled {
            tracing::warn!(%run, "its worktree can't be watched, so it is looked at once a minute");
            self.performer.later(POLL_EVERY, Input::Touched { run: run.clone() });
        }
    }
}
