//! Everything the screen is drawn from.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use domain::clock::{by_clock, minute_by_clock};
use domain::group::Group;
use domain::{RunId, Timestamp};
use protocol::{Base, Disk, Row, Today};

use crate::glyphs::Glyphs;
use crate::overlays::{NewRunForm, Overlay};
use crate::screens::attach::Attached;
use crate::screens::calls::CallsView;
use crate::screens::checks::ChecksView;
use crate::screens::diff::DiffView;
use crate::screens::output::OutputView;
use crate::screens::runs::Welcome;
use crate::screens::timeline::TimelineView;

/// Why the cockpit can't be opened or had to close.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    #[error("the terminal can't be used: {0}")]
    Terminal(#[from] std::io::Error),
    #[error(transparent)]
    Client(#[from] client::ClientError),
    #[error("{0}; `pilothouse triage` says what needs you in plain text")]
    NoTerminal(&'static str),
    #[error("{0}")]
    NoRun(String),
}

/// A view of the selected run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Timeline,
    Output,
    Diff,
    Checks,
    Calls,
    Proof,
    /// The run's facts, beside the other tabs where there is room.
    Facts,
}

impl Tab {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Timeline => "Timeline",
            Self::Output => "Output",
            Self::Diff => "Diff",
            Self::Checks => "Checks",
            Self::Calls => "Calls",
            Self::Proof => "Proof",
            Self::Facts => "Facts",
        }
    }
}

/// Which part of the screen has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Focus {
    Runs,
    Details,
}

/// The order of the rows in a group; the groups themselves keep their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Runs that ask first, then by age.
    Attention,
    Name,
    Last,
    Tokens,
    Disk,
    Changes,
}

impl Sort {
    pub(crate) const ALL: [Self; 6] =
        [Self::Attention, Self::Name, Self::Last, Self::Tokens, Self::Disk, Self::Changes];

    pub(crate) fn says(self) -> &'static str {
        match self {
            Self::Attention => "what needs you first, then the oldest",
            Self::Name => "name",
            Self::Last => "the latest event first",
            Self::Tokens => "the most tokens first",
            Self::Disk => "the most disk first",
            Self::Changes => "the most changed lines first",
        }
    }
}

/// Under which heading a row stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Heading {
    Group(Group),
    Repository(String),
}

pub(crate) struct Model {
    /// The scope's name in the top line.
    pub(crate) title: String,
    /// The folder new runs are asked for from; `None` with `--all` outside of a repository.
    pub(crate) folder: Option<PathBuf>,
    /// Runs of several repositories are shown.
    pub(crate) all: bool,
    /// Columns and rows of the terminal.
    pub(crate) size: (u16, u16),
    pub(crate) rows: BTreeMap<RunId, Row>,
    /// Ids in the order shown; it changes only when nobody presses keys.
    pub(crate) order: Vec<RunId>,
    /// The heading each of them is shown under; it changes with the order, so that keys and screen agree.
    pub(crate) placed: BTreeMap<RunId, Heading>,
    pub(crate) cursor: Option<RunId>,
    /// First line shown of the table.
    pub(crate) table_top: usize,
    /// Runs that the next verb is for, instead of the one under the cursor.
    pub(crate) marks: BTreeSet<RunId>,
    pub(crate) finished: Finished,
    pub(crate) by_repository: bool,
    pub(crate) sort: Sort,
    /// Only rows that have each of these words somewhere are shown.
    pub(crate) filter: String,
    pub(crate) focus: Focus,
    pub(crate) tab: Tab,
    pub(crate) zoomed: bool,
    /// The run whose details are loaded.
    pub(crate) looking: Option<RunId>,
    pub(crate) timeline: TimelineView,
    pub(crate) output: OutputView,
    pub(crate) diff: DiffView,
    pub(crate) checks: ChecksView,
    pub(crate) calls: CallsView,
    /// First line shown of the proof.
    pub(crate) proof_top: usize,
    /// First line shown of the facts.
    pub(crate) facts_top: usize,
    pub(crate) overlay: Option<Overlay>,
    /// A form that was left before it was sent.
    pub(crate) draft: Option<Box<NewRunForm>>,
    /// Texts that were typed into prompts and not sent, by what they were for.
    pub(crate) drafts: BTreeMap<String, String>,
    /// The terminal of a run, while it has the whole screen.
    pub(crate) attached: Option<Attached>,
    /// The cockpit was opened for one run's terminal and closes with it.
    pub(crate) only_attach: bool,
    /// A line in place of the hints, until the next key.
    pub(crate) notice: Option<String>,
    pub(crate) degraded: Option<String>,
    pub(crate) connected: bool,
    pub(crate) disk: Option<Disk>,
    /// The usage of all runs today.
    pub(crate) today: Option<Today>,
    /// Facts for a first run.
    pub(crate) welcome: Option<Welcome>,
    /// Where a run that begins now would begin; unknown with several repositories.
    pub(crate) base: Option<Base>,
    pub(crate) mouse: bool,
    /// An agent whose terminal is shown may put texts on the clipboard.
    pub(crate) clipboard: bool,
    /// Ages are told from here; it moves once a minute.
    pub(crate) now: Timestamp,
    /// Seconds east of UTC, for times of day.
    pub(crate) utc_offset: i32,
    pub(crate) glyphs: Glyphs,
}

/// Which of the finished runs are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finished {
    /// All but the dismissed ones.
    Kept,
    All,
    Hidden,
}

impl Model {
    pub(crate) fn new(title: String, folder: Option<PathBuf>, now: Timestamp, utc_offset: i32, glyphs: Glyphs) -> Self {
        Self {
            title,
            folder,
            all: false,
            size: (80, 24),
            rows: BTreeMap::new(),
            order: Vec::new(),
            placed: BTreeMap::new(),
            cursor: None,
            table_top: 0,
            marks: BTreeSet::new(),
            finished: Finished::Kept,
            by_repository: false,
            sort: Sort::Attention,
            filter: String::new(),
            focus: Focus::Runs,
            tab: Tab::Timeline,
            zoomed: false,
            looking: None,
            timeline: TimelineView::default(),
            output: OutputView::default(),
            diff: DiffView::default(),
            checks: ChecksView::default(),
            calls: CallsView::default(),
            proof_top: 0,
            facts_top: 0,
            overlay: None,
            draft: None,
            drafts: BTreeMap::new(),
            attached: None,
            only_attach: false,
            notice: None,
            degraded: None,
            connected: true,
            clipboard: true,
            disk: None,
            today: None,
            welcome: None,
            base: None,
            mouse: true,
            now,
            utc_offset,
            glyphs,
        }
    }

    pub(crate) fn selected(&self) -> Option<&Row> {
        self.rows.get(self.cursor.as_ref()?)
    }

    /// The runs that a verb is for: those marked, also where a filter hides them, else the one under the cursor.
    pub(crate) fn meant(&self) -> Vec<&Row> {
        let marked: Vec<&Row> = self.marks.iter().filter_map(|id| self.rows.get(id)).collect();
        if marked.is_empty() { self.selected().into_iter().collect() } else { marked }
    }

    /// The heading a row stands under until rows are sorted anew.
    pub(crate) fn heading_of(&self, row: &Row) -> Cow<'_, Heading> {
        self.placed.get(&row.id).map_or_else(|| Cow::Owned(self.heading(row)), Cow::Borrowed)
    }

    /// The heading a row would stand under if rows were sorted now.
    pub(crate) fn heading(&self, row: &Row) -> Heading {
        if self.by_repository { Heading::Repository(row.repo.clone()) } else { Heading::Group(row.group) }
    }

    /// The rows in the order shown.
    pub(crate) fn shown(&self) -> Vec<&Row> {
        self.order.iter().filter_map(|id| self.rows.get(id)).collect()
    }

    pub(crate) fn is_wanted(&self, row: &Row) -> bool {
        // What has just ended under the cursor stays until the cursor goes on: the next key is meant for it.
        let shown = match self.finished {
            Finished::All => true,
            Finished::Kept => !row.dismissed,
            Finished::Hidden => row.group != Group::Finished,
        };
        let seen = shown || self.cursor.as_ref() == Some(&row.id);
        seen && self.has_filtered_words(row)
    }

    fn has_filtered_words(&self, row: &Row) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        let phase = row.phase.as_ref().map(|phase| phase.name.as_str());
        let texts = [
            Some(row.name.as_str()),
            Some(row.id.as_str()),
            Some(row.agent.as_str()),
            row.model.as_deref(),
            Some(row.status.as_str()),
            phase,
            Some(row.repo.as_str()),
            row.branch.as_deref(),
            row.reason.as_deref(),
            row.activity.as_deref(),
        ];
        let all = texts.into_iter().flatten().collect::<Vec<_>>().join("\n").to_lowercase();
        self.filter.to_lowercase().split_whitespace().all(|word| all.contains(word))
    }

    /// The order the rows would have if they were sorted now.
    pub(crate) fn sorted(&self) -> Vec<RunId> {
        let mut rows: Vec<&Row> = self.rows.values().filter(|row| self.is_wanted(row)).collect();
        rows.sort_by(|a, b| self.compare(a, b));
        rows.into_iter().map(|row| row.id.clone()).collect()
    }

    /// Which of two rows stands before the other.
    fn compare(&self, a: &Row, b: &Row) -> Ordering {
        let repository = if self.by_repository { a.repo.cmp(&b.repo) } else { Ordering::Equal };
        let lines = |row: &Row| row.changes.map(|c| c.added + c.removed);
        repository
            .then_with(|| a.group.cmp(&b.group))
            .then_with(|| match self.sort {
                Sort::Attention => Ordering::Equal,
                Sort::Name => a.name.cmp(&b.name),
                Sort::Last => b.last_event_at.cmp(&a.last_event_at),
                Sort::Tokens => b.tokens.map(|t| t.total).cmp(&a.tokens.map(|t| t.total)),
                Sort::Disk => b.disk_bytes.cmp(&a.disk_bytes),
                Sort::Changes => lines(b).cmp(&lines(a)),
            })
            .then_with(|| a.order().cmp(&b.order()))
    }

    /// Whether rows stand where they would not if they were sorted now. Rows that are sorted by figures which
    /// change all the time are sorted only when something else changes too: nobody can read a table that moves.
    pub(crate) fn is_out_of_order(&self) -> bool {
        let shown = self.shown();
        let wanted = self.rows.values().filter(|row| self.is_wanted(row)).count();
        if wanted != self.order.len() || !shown.iter().all(|row| self.is_wanted(row)) {
            return true;
        }
        let restless = matches!(self.sort, Sort::Last | Sort::Tokens | Sort::Disk | Sort::Changes);
        let sorted = || shown.is_sorted_by(|a, b| self.compare(a, b) != Ordering::Greater);
        (!restless && !sorted()) || shown.iter().any(|row| *self.heading_of(row) != self.heading(row))
    }

    pub(crate) fn count(&self, group: Group) -> usize {
        self.rows.values().filter(|row| row.group == group).count()
    }

    /// A moment by the clock where the person is, with its date unless that is today.
    pub(crate) fn when(&self, at: Timestamp) -> String {
        by_clock(at, self.now, self.utc_offset)
    }

    /// As [`when`](Self::when), to the minute.
    pub(crate) fn minute(&self, at: Timestamp) -> String {
        minute_by_clock(at, self.now, self.utc_offset)
    }

    /// The selected row is of an agent that was started by hand.
    pub(crate) fn is_observed(&self) -> bool {
        self.selected().is_some_and(Row::is_observed)
    }

    /// The tab that is shown: of what was started by hand there are facts alone.
    pub(crate) fn open_tab(&self) -> Tab {
        if self.is_observed() { Tab::Facts } else { self.tab }
    }

    /// The tabs that there are at this width.
    pub(crate) fn tabs(&self) -> Vec<Tab> {
        if self.is_observed() {
            return vec![Tab::Facts];
        }
        let mut tabs = vec![Tab::Timeline, Tab::Output, Tab::Diff, Tab::Checks, Tab::Calls, Tab::Proof];
        if self.size.0 < crate::screens::runs::WIDE {
            tabs.push(Tab::Facts);
        }
        tabs
    }
}
