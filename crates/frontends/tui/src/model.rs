//! Everything the screen is drawn from.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use domain::describe::Described;
use domain::group::Group;
use domain::{RunId, Timestamp};
use protocol::Row;

use crate::glyphs::Glyphs;
use crate::overlays::Overlay;

/// Events and output lines that are kept for the details.
pub(crate) const KEPT: usize = 5_000;

/// Why the cockpit can't be opened or had to close.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    #[error("the terminal can't be used: {0}")]
    Terminal(#[from] std::io::Error),
    #[error(transparent)]
    Client(#[from] client::ClientError),
    #[error("this is no terminal; `pilothouse ls` and `pilothouse status` print plain text")]
    NoTerminal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Timeline,
    Output,
}

impl Tab {
    pub(crate) const ALL: [Self; 2] = [Self::Timeline, Self::Output];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Timeline => "Timeline",
            Self::Output => "Output",
        }
    }
}

/// One line of the timeline tab.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TimelineLine {
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    pub(crate) said: Described,
}

/// The output tab's text.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct OutputText {
    pub(crate) lines: VecDeque<String>,
    /// Offset of the next byte to ask for; `None` before the first piece.
    pub(crate) next: Option<u64>,
    /// A line whose end has not come.
    pub(crate) part: String,
    pub(crate) asked: bool,
    pub(crate) over: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    /// What the top line calls the scope.
    pub(crate) title: String,
    /// The folder new runs are asked for from; `None` with `--all` outside of a repository.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) rows: BTreeMap<RunId, Row>,
    /// Ids in the order shown; it changes only when nobody presses keys.
    pub(crate) order: Vec<RunId>,
    /// The group each of them is shown in; it changes with the order, so that keys and screen agree.
    pub(crate) placed: BTreeMap<RunId, Group>,
    pub(crate) cursor: Option<RunId>,
    pub(crate) show_finished: bool,
    pub(crate) tab: Tab,
    pub(crate) zoomed: bool,
    /// Lines scrolled up from the newest.
    pub(crate) scroll: usize,
    /// The run whose details are loaded.
    pub(crate) looking: Option<RunId>,
    pub(crate) timeline: VecDeque<TimelineLine>,
    pub(crate) output: OutputText,
    pub(crate) overlay: Option<Overlay>,
    /// One line above the hints, until the next key.
    pub(crate) notice: Option<String>,
    pub(crate) degraded: Option<String>,
    pub(crate) connected: bool,
    /// Ages are told from here; it moves once a minute.
    pub(crate) now: Timestamp,
    /// Seconds east of UTC, for times of day.
    pub(crate) utc_offset: i32,
    pub(crate) glyphs: Glyphs,
}

impl Model {
    pub(crate) fn new(title: String, folder: Option<PathBuf>, now: Timestamp, utc_offset: i32, glyphs: Glyphs) -> Self {
        Self {
            title,
            folder,
            rows: BTreeMap::new(),
            order: Vec::new(),
            placed: BTreeMap::new(),
            cursor: None,
            show_finished: true,
            tab: Tab::Timeline,
            zoomed: false,
            scroll: 0,
            looking: None,
            timeline: VecDeque::new(),
            output: OutputText::default(),
            overlay: None,
            notice: None,
            degraded: None,
            connected: true,
            now,
            utc_offset,
            glyphs,
        }
    }

    pub(crate) fn selected(&self) -> Option<&Row> {
        self.rows.get(self.cursor.as_ref()?)
    }

    /// The group a row is shown in until rows are sorted anew.
    pub(crate) fn group_of(&self, row: &Row) -> Group {
        self.placed.get(&row.id).copied().unwrap_or(row.group)
    }

    /// The rows in the order shown.
    pub(crate) fn shown(&self) -> Vec<&Row> {
        self.order.iter().filter_map(|id| self.rows.get(id)).collect()
    }

    /// The order the rows would have if they were sorted now.
    pub(crate) fn sorted(&self) -> Vec<RunId> {
        let visible = |row: &&Row| self.show_finished || row.group != Group::Finished;
        let mut rows: Vec<&Row> = self.rows.values().filter(visible).collect();
        rows.sort_by_key(|row| row.order());
        rows.into_iter().map(|row| row.id.clone()).collect()
    }

    /// Whether rows stand where they would not if they were sorted now.
    pub(crate) fn is_out_of_order(&self) -> bool {
        self.order != self.sorted() || self.rows.values().any(|row| self.group_of(row) != row.group)
    }

    pub(crate) fn count(&self, group: Group) -> usize {
        self.rows.values().filter(|row| row.group == group).count()
    }

    /// Hours, minutes and seconds of the day where the person is.
    pub(crate) fn local(&self, at: Timestamp) -> (u8, u8, u8) {
        Timestamp::from_millis(at.as_millis() + i64::from(self.utc_offset) * 1000).time_of_day()
    }
}
