//! All runs: those at work with their state and timeline, the others by their last row.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::NewRun;
use domain::event::Note;
use domain::group::Group;
use domain::spend::Spent;
use domain::{Body, Event, RunId, RunState, Status, fold};
use evidence::{EvidenceError, RunFolder, StateFolder, Summary, Timeline};
use protocol::{Observations, Observed, Row};

use super::open::{OpenRun, TreeWatch};
use crate::error::DaemonError;

struct RunEntry {
    row: Row,
    /// The usage of a run that is not open.
    spend: Vec<Spent>,
    open: Option<Box<OpenRun>>,
}

pub(super) struct Runs {
    entries: BTreeMap<RunId, RunEntry>,
    /// Runs that could not be read for a reason that may pass, such as a full disk.
    unread: BTreeSet<RunId>,
    folder: StateFolder,
}

impl Runs {
    /// Reads every run folder. A run that can't be read is shown with the reason and harms no other.
    pub(super) fn open(folder: &StateFolder) -> Result<Self, DaemonError> {
        let mut runs = Self { entries: BTreeMap::new(), unread: BTreeSet::new(), folder: folder.clone() };
        for id in folder.runs()? {
            let run = folder.run(&id);
            let cached = run.fresh_summary().and_then(|summary| {
                let row = serde_json::from_value::<Row>(summary.row).ok()?;
                Some(RunEntry { row, spend: serde_json::from_value(summary.spend).ok()?, open: None })
            });
            if let Some(entry) = cached {
                runs.entries.insert(id, entry);
                continue;
            }
            if !run.was_begun() {
                // Nobody was told that it is queued.
                tracing::warn!(run = %id, "a run that was never queued is passed over");
                continue;
            }
            if let Err(error) = runs.load(&id, &run) {
                tracing::error!(run = %id, %error, "this run can't be read");
                if matches!(error, EvidenceError::Io { .. } | EvidenceError::Gone { .. }) {
                    runs.unread.insert(id.clone());
                }
                if let Some(row) = unreadable(&id, &run, &error) {
                    runs.entries.insert(id, RunEntry { row, spend: Vec::new(), open: None });
                }
            }
        }
        Ok(runs)
    }

    fn load(&mut self, id: &RunId, folder: &RunFolder) -> Result<(), EvidenceError> {
        folder.check_timeline()?;
        let opened = Timeline::open(folder.path())?;
        let mut open = OpenRun {
            state: fold::all(&opened.events),
            timeline: opened.timeline,
            folder: folder.clone(),
            stream: None,
            seen: Observations::default(),
            unwatched: false,
            told_all: None,
            told: None,
            changes_asked: None,
            tree: TreeWatch::None,
            look_due: false,
            disk_due: None,
            measuring: 0,
            calls: false,
            calls_unwatched: false,
            calls_due: false,
            waits_for_limit: false,
            effects_before: 0,
        };
        if opened.torn > 0 {
            let text = format!("{} bytes at the end were no whole event; they are in timeline.torn", opened.torn);
            open.append(crate::clock::now(), vec![(None, Note { text }.into())], None)?;
        }
        if open.state.spec.is_none() {
            // Queued on disk means: spec and timeline. A spec alone was never promised to anyone.
            return Err(EvidenceError::Corrupt {
                path: folder.timeline(),
                line: 1,
                why: "it does not begin with run.created".to_owned(),
            });
        }
        if let Some(spec) = open.state.spec.as_ref().filter(|_| opened.events.iter().any(moves)) {
            let settled = super::new_place::settle(self.folder.path(), folder, spec);
            if let Err(error) = settled {
                tracing::warn!(run = %id, %error, "its spec says where it was before");
            }
        }
        if let Some(row) = protocol::row(&open.state, &open.seen) {
            self.entries.insert(id.clone(), RunEntry { row, spend: Vec::new(), open: Some(Box::new(open)) });
        }
        Ok(())
    }

    pub(super) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Whether a run's timeline can't be read, so that nobody knows whether it is over.
    pub(super) fn is_unknown(&self, id: &RunId) -> bool {
        let unknown = Status::Unknown { reason: String::new() }.word();
        self.entries.get(id).is_some_and(|entry| entry.open.is_none() && entry.row.status == unknown)
    }

    /// Tries the runs again that could not be read, and returns those that now are.
    pub(super) fn read_again(&mut self) -> Vec<RunId> {
        let tried = std::mem::take(&mut self.unread);
        let (read, still): (Vec<_>, Vec<_>) = tried.into_iter().partition(|id| {
            let folder = self.folder.run(id);
            self.load(id, &folder).is_ok()
        });
        self.unread.extend(still);
        read
    }

    pub(super) fn insert(&mut self, id: RunId, folder: RunFolder, timeline: Timeline) {
        let open = OpenRun {
            state: RunState::default(),
            timeline,
            folder,
            stream: None,
            seen: Observations::default(),
            unwatched: false,
            told_all: None,
            told: None,
            changes_asked: None,
            tree: TreeWatch::None,
            look_due: false,
            disk_due: None,
            measuring: 0,
            calls: false,
            calls_unwatched: false,
            calls_due: false,
            waits_for_limit: false,
            effects_before: 0,
        };
        let blank = blank_row(&id);
        self.entries.insert(id, RunEntry { row: blank, spend: Vec::new(), open: Some(Box::new(open)) });
    }

    pub(super) fn forget(&mut self, id: &RunId) {
        self.entries.remove(id);
    }

    pub(super) fn contains(&self, id: &RunId) -> bool {
        self.entries.contains_key(id)
    }

    pub(super) fn open_mut(&mut self, id: &RunId) -> Option<&mut OpenRun> {
        self.entries.get_mut(id)?.open.as_deref_mut()
    }

    pub(super) fn open_ref(&self, id: &RunId) -> Option<&OpenRun> {
        self.entries.get(id)?.open.as_deref()
    }

    pub(super) fn open_ids(&self) -> Vec<RunId> {
        self.entries.iter().filter(|(_, e)| e.open.is_some()).map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn row(&self, id: &RunId) -> Option<&Row> {
        self.entries.get(id).map(|e| &e.row)
    }

    pub(super) fn rows(&self, repo: Option<&str>) -> Vec<Row> {
        let of_repo = |row: &&Row| repo.is_none_or(|repo| row.repo == repo);
        self.entries.values().map(|e| &e.row).filter(of_repo).cloned().collect()
    }

    /// Returns every run's row, with what it used.
    pub(super) fn spend(&self) -> impl Iterator<Item = (&Row, &[Spent])> {
        self.entries.values().map(|entry| match entry.open.as_deref() {
            Some(open) => (&entry.row, open.state.spend.as_slice()),
            None => (&entry.row, entry.spend.as_slice()),
        })
    }

    /// Returns the repositories that runs are in.
    pub(super) fn repositories(&self) -> BTreeSet<String> {
        self.entries.values().map(|entry| &entry.row.repo).filter(|repo| !repo.is_empty()).cloned().collect()
    }

    /// Returns the agent's process of every run that has one.
    pub(super) fn agents(&self) -> BTreeMap<RunId, u32> {
        self.entries.iter().filter_map(|(id, entry)| Some((id.clone(), entry.row.pid?))).collect()
    }

    /// Returns the number of runs that take a place of the concurrency limit.
    pub(super) fn at_work(&self) -> u32 {
        let open = self.entries.values().filter_map(|e| e.open.as_deref());
        u32::try_from(open.filter(|o| o.state.takes_a_slot()).count()).unwrap_or(u32::MAX)
    }

    /// Returns the runs that wait for a place; `fleet::decide` puts them in order.
    pub(super) fn queued(&self) -> Vec<RunId> {
        let open = self.entries.iter().filter_map(|(id, e)| Some((id, e.open.as_deref()?)));
        open.filter(|(_, o)| o.state.waits_for_slot()).map(|(id, _)| id.clone()).collect()
    }

    /// Words what can't be watched here and how to mend that, for `status`.
    pub(super) fn notes(&self, watches: bool) -> Vec<String> {
        let open: Vec<&OpenRun> = self.entries.values().filter_map(|e| e.open.as_deref()).collect();
        let output = open.iter().filter(|open| open.unwatched).count();
        let trees = open.iter().filter(|open| open.tree == TreeWatch::Polled).count();
        let mend = "raise fs.inotify.max_user_watches or max_user_instances";
        let output = (output > 0).then(|| format!("output of {output} runs is looked at once a second; {mend}"));
        let trees = (trees > 0).then(|| format!("worktrees of {trees} runs are looked at once a minute; {mend}"));
        let none = (!watches).then(|| format!("nothing can be watched here: no inotify instance is left; {mend}"));
        none.into_iter().chain(output).chain(trees).collect()
    }

    /// Counts for `status`: all, with living processes, queued.
    pub(super) fn counts(&self) -> (u32, u32, u32) {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let live = self.entries.values().filter_map(|e| e.open.as_deref()).filter(|o| o.state.is_live()).count();
        (count(self.entries.len()), count(live), count(self.queued().len()))
    }

    /// Makes the rows of changed runs anew and returns them.
    pub(super) fn refresh(&mut self, changed: &BTreeSet<RunId>) -> Vec<Row> {
        let mut rows = Vec::new();
        for id in changed {
            let Some(entry) = self.entries.get_mut(id) else { continue };
            if let Some(row) = entry.open.as_deref().and_then(|open| protocol::row(&open.state, &open.seen)) {
                entry.row = row;
                rows.push(entry.row.clone());
            }
        }
        rows
    }

    /// Closes a run to which nothing more happens by itself: it keeps only its row and usage, cached beside its
    /// timeline.
    pub(super) fn close_if_settled(&mut self, id: &RunId) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        let Some(open) = entry.open.as_deref_mut() else { return };
        let waits = domain::decide::proves_again_at(&open.state).is_some();
        if waits || !open.state.is_at_rest() || open.measuring > 0 || open.calls || open.timeline.sync().is_err() {
            return;
        }
        let row = serde_json::to_value(&entry.row).expect("a row is plain values");
        let spend = serde_json::to_value(&open.state.spend).expect("cells are plain values");
        let head = open.timeline.head().to_owned();
        let summary = Summary { len: open.timeline.len(), head, written: 0, row, spend };
        entry.spend = std::mem::take(&mut open.state.spend);
        if let Err(error) = open.folder.write_summary(&summary) {
            // It is only a cache; the next daemon folds the timeline.
            tracing::warn!(run = %id, %error, "no summary");
        }
        entry.open = None;
    }

    /// Opens a settled run again, to change it.
    pub(super) fn reopen(&mut self, id: &RunId) -> Result<(), EvidenceError> {
        let closed = self.entries.get(id).filter(|e| e.open.is_none()).map(|e| e.row.clone());
        if let Some(row) = closed {
            let folder = self.folder.run(id);
            self.load(id, &folder)?;
            if let Some(open) = self.open_mut(id) {
                // What was measured last is still what was measured last.
                open.seen.changes = row.changes.zip(row.changes_at).map(|(value, at)| Observed { value, at });
                open.seen.conflicts_at = row.conflicts_at;
                open.seen.in_base = row.in_base;
                open.seen.secrets = row.secrets;
                open.seen.disk_rebuildable = row.disk_rebuildable;
                open.seen.disk_bytes = row.disk_bytes.zip(row.disk_at).map(|(value, at)| Observed { value, at });
            }
        }
        Ok(())
    }
}

fn moves(event: &Event) -> bool {
    matches!(event.body, Body::RunMoved(_))
}

fn blank_row(id: &RunId) -> Row {
    let state = RunState { spec: Some(domain::command::NewRun::unknown(id.clone())), ..RunState::default() };
    protocol::row(&state, &Observations::default()).expect("a state with a spec has a row")
}

/// Returns the row of a run whose timeline can't be read: what its spec says, and the reason.
fn unreadable(id: &RunId, folder: &RunFolder, error: &EvidenceError) -> Option<Row> {
    // A spec that tells of another run tells nothing of this one.
    let spec = folder.spec().ok().filter(|spec| spec.id == *id);
    let spec = spec.unwrap_or_else(|| NewRun::unknown(id.clone()));
    let is_there = std::fs::symlink_metadata(&spec.worktree).is_ok_and(|meta| meta.is_dir());
    let state = RunState {
        worktree_at: is_there.then(|| spec.base_commit.clone()),
        spec: Some(spec),
        status: Status::Unknown { reason: error.to_string() },
        ..RunState::default()
    };
    let row = protocol::row(&state, &Observations::default())?;
    Some(Row { group: Group::NeedsYou, ..row })
}
