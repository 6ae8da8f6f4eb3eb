//! Where everything stands on the runs screen, for drawing and for the mouse alike.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::group::Group;
use protocol::Row;
use ratatui::layout::{Constraint, Rect};

use super::reasons;
use super::why::why;
use super::widths::WIDE;
use crate::model::{Finished, Focus, Heading, Model, Tab};

/// Below this many rows between top and bottom line, open details take all of them.
const SHORT: u16 = 30;

/// A line of the table.
#[derive(Debug)]
pub(crate) enum TableLine<'a> {
    /// A heading, and how many runs below it are not shown.
    Heading {
        heading: Cow<'a, Heading>,
        hidden: usize,
    },
    Row(&'a Row),
    /// Why the run above stands, or a further line of that.
    Reason {
        row: &'a Row,
        because: reasons::Because,
        first: bool,
    },
}

/// The parts of the screen; those that are not shown have no height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) top: Rect,
    pub(crate) head: Rect,
    pub(crate) table: Rect,
    /// The line with the run's name and the tabs.
    pub(crate) title: Rect,
    /// Why the run waits, where the table that says it is not shown.
    pub(crate) reason: Rect,
    pub(crate) body: Rect,
    pub(crate) facts: Rect,
    pub(crate) hint: Rect,
    /// The details have the whole screen.
    pub(crate) full: bool,
}

pub(crate) fn layout(model: &Model) -> Layout {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let [top, middle, hint] =
        ratatui::layout::Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)])
            .areas(area);
    let some = model.selected().is_some();
    let open = model.focus == Focus::Details;
    let full = some && (model.zoomed || (open && middle.height < SHORT));
    let wanted = u16::try_from(lines(model).len()).unwrap_or(u16::MAX).max(1);
    let room = middle.height.saturating_sub(1);
    let table = match (full, open) {
        (true, _) => 0,
        (false, true) => wanted.min(room / 2),
        (false, false) => wanted.min(room),
    };
    let head = u16::from(!full).min(middle.height);
    let left = middle.height.saturating_sub(head + table);
    // Details get what the table leaves, and nothing rather than a sliver.
    let detail = if some && (left >= 3 || full) { left } else { 0 };
    let [head, table, detail] = ratatui::layout::Layout::vertical([
        Constraint::Length(head),
        Constraint::Min(table),
        Constraint::Length(detail),
    ])
    .areas(middle);
    let reason = model.selected().filter(|row| full && row.reason.is_some());
    let says = reason.map_or(0, |row| {
        let most = usize::from(detail.height / 2);
        let (lines, _) = reasons::because(row, reasons::details_room(model), most);
        u16::try_from(lines.len()).unwrap_or(u16::MAX)
    });
    let [title, reason, body] = ratatui::layout::Layout::vertical([
        Constraint::Length(1.min(detail.height)),
        Constraint::Length(says),
        Constraint::Min(0),
    ])
    .areas(detail);
    let beside = area.width >= WIDE && !model.is_observed() && !(model.open_tab() == Tab::Diff && full);
    let facts = if beside { area.width * 2 / 5 } else { 0 };
    let [body, facts] =
        ratatui::layout::Layout::horizontal([Constraint::Min(0), Constraint::Length(facts)]).areas(body);
    Layout { top, head, table, title, reason, body, facts, hint, full }
}

/// The lines of the whole table, from the first to the last.
pub(crate) fn lines(model: &Model) -> Vec<TableLine<'_>> {
    let mut below: BTreeMap<Cow<'_, Heading>, Vec<&Row>> = BTreeMap::new();
    for row in model.shown() {
        below.entry(model.heading_of(row)).or_default().push(row);
    }
    let hidden = if model.by_repository { 0 } else { hidden(model) };
    let is_finished = |heading: &Heading| *heading == Heading::Group(Group::Finished);
    let has_heading = below.keys().any(|heading| is_finished(heading));
    let mut lines = Vec::new();
    for (heading, rows) in below {
        let hidden = if is_finished(&heading) { hidden } else { 0 };
        lines.push(TableLine::Heading { heading, hidden });
        for row in rows {
            lines.push(TableLine::Row(row));
            if !reasons::has_line(row, model.size.0) {
                continue;
            }
            if model.cursor.as_ref() != Some(&row.id) {
                let because = reasons::Because { text: why(row), keys: false };
                lines.push(TableLine::Reason { row, because, first: true });
                continue;
            }
            let (all, _) = reasons::because(row, reasons::table_room(model.size.0), reasons::LINES);
            for (at, because) in all.into_iter().enumerate() {
                lines.push(TableLine::Reason { row, because, first: at == 0 });
            }
        }
    }
    if hidden > 0 && !has_heading {
        lines.push(TableLine::Heading { heading: Cow::Owned(Heading::Group(Group::Finished)), hidden });
    }
    lines
}

/// How many finished runs f would bring. A filter hides others too, which it would not.
fn hidden(model: &Model) -> usize {
    let is_hidden = |row: &&Row| match model.finished {
        Finished::All => false,
        Finished::Kept => row.dismissed,
        Finished::Hidden => row.group == Group::Finished,
    };
    model.rows.values().filter(is_hidden).filter(|row| !model.order.contains(&row.id)).count()
}

/// The first line shown: as far as it was, but so that the selected run with its reason is in view.
pub(super) fn first_line(model: &Model, before: usize, height: usize) -> usize {
    let lines = lines(model);
    let is_selected = |line: &TableLine| match line {
        TableLine::Row(row) | TableLine::Reason { row, .. } => Some(&row.id) == model.cursor.as_ref(),
        TableLine::Heading { .. } => false,
    };
    let most = lines.len().saturating_sub(height);
    let (Some(first), Some(last)) = (lines.iter().position(is_selected), lines.iter().rposition(is_selected)) else {
        return before.min(most);
    };
    // The first group's heading comes with its first run.
    let first = if first == 1 { 0 } else { first };
    before.max((last + 1).saturating_sub(height)).min(first).min(most)
}
