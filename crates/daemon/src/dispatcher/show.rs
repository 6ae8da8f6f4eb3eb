//! Showing clients what changed: few rows at once, many of them gathered for a moment, so that a hundred busy runs
//! leave a client the time to hear its keys.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::RunId;
use protocol::Row;

use super::faces::Faces;

/// Number of rows below which all are shown at once.
const FEW: usize = 8;
/// Least time between two times that more rows are shown.
const EVERY: Duration = Duration::from_millis(50);

#[derive(Default)]
pub(super) struct Show {
    waiting: BTreeMap<RunId, Row>,
    last: Option<Instant>,
}

impl Show {
    /// Returns when waiting rows are to be shown.
    pub(super) fn due(&self) -> Option<Instant> {
        self.last.filter(|_| !self.waiting.is_empty()).map(|last| last + EVERY)
    }

    /// Shows new events at once, and rows when they may be shown.
    pub(super) fn show(&mut self, rows: Vec<Row>, lines: &BTreeMap<RunId, Vec<String>>, faces: &mut Faces) {
        self.waiting.extend(rows.into_iter().map(|row| (row.id.clone(), row)));
        let may = self.waiting.len() < FEW || self.due().is_none_or(|due| due <= Instant::now());
        let rows: Vec<Row> = if may { std::mem::take(&mut self.waiting).into_values().collect() } else { Vec::new() };
        if !rows.is_empty() {
            self.last = Some(Instant::now());
        }
        faces.show(&rows, lines);
    }
}
