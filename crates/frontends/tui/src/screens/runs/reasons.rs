//! Why a run stands where it stands, in words.

use domain::group::Group;
use protocol::Row;
use unicode_width::UnicodeWidthStr;

use super::columns;
use super::layout::{TableLine, layout, lines};
use super::why::why;
use super::widths::WIDE;
use crate::model::Model;
use crate::overlays::Asking;
use crate::widgets::{fit, wrapped};

/// Columns that stand before a reason in the table.
pub(super) const BEFORE: usize = 5;
/// Lines that a reason has in the table at most; what is longer is opened.
pub(super) const LINES: usize = 8;
/// Columns that are kept for the keys that answer a question.
const KEYS: usize = 36;

/// Whether the reason is said on a line of its own: always when a person is needed and the row has no
/// column for it, or none that it fits into, and when it wrote where the person works.
pub(super) fn has_line(row: &Row, width: u16) -> bool {
    let matters = row.group == Group::NeedsYou
        || row.in_base
        || matches!(row.status.as_str(), "limited" | "paused")
        || (row.group != Group::Finished && row.wrote_into_main());
    row.reason.is_some()
        && matters
        && (width < WIDE || domain::text::line(&why(row)).width() > columns::why_width(width))
}

/// A line of why a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Because {
    pub(crate) text: String,
    /// The keys that answer it stand here.
    pub(crate) keys: bool,
}

/// Why a run stands, over as many lines as that takes, and the keys that answer it; and whether it is all there.
/// Whoever says yes has read all of it.
pub(crate) fn because(row: &Row, room: usize, most: usize) -> (Vec<Because>, bool) {
    let mut texts = wrapped(&why(row), room);
    let answered = row.is_answered_here() || (row.question.is_none() && Asking::of(row).is_some());
    let fits_behind = |texts: &[String]| texts.last().is_some_and(|last| last.width() + KEYS <= room);
    let most = most.max(1);
    let own = answered && !fits_behind(&texts) && most > 1;
    let whole = texts.len() + usize::from(own) <= most;
    if !whole {
        texts.truncate(most - usize::from(own));
        if let Some(last) = texts.last_mut() {
            *last = fit(&format!("{last} {}", "…".repeat(room)), room);
        }
    }
    let mut lines: Vec<Because> = texts.into_iter().map(|text| Because { text, keys: false }).collect();
    if own {
        lines.push(Because { text: String::new(), keys: true });
    } else if let Some(last) = lines.last_mut() {
        last.keys = answered;
    }
    (lines, whole)
}

/// Whether all of why the selected run stands is on the screen, so that it can be answered.
pub(crate) fn is_whole(model: &Model) -> bool {
    let Some(row) = model.selected() else { return false };
    // There is more of it than the row's line, or a yes is no answer to it.
    if row.question.as_ref().is_some_and(|asked| asked.full.is_some() || !asked.kind.is_permission()) {
        return false;
    }
    let parts = layout(model);
    if parts.full {
        return because(row, details_room(model), parts.reason.height.into()).1;
    }
    let columns = model.size.0;
    if !has_line(row, columns) {
        return columns >= WIDE && domain::text::line(&why(row)).width() <= columns::why_width(columns);
    }
    let (_, whole) = because(row, table_room(columns), LINES);
    let shown = model.table_top..model.table_top + usize::from(parts.table.height);
    let mut all = lines(model).into_iter().enumerate();
    whole
        && all.all(|(at, line)| match line {
            TableLine::Reason { row: of, .. } => of.id != row.id || shown.contains(&at),
            TableLine::Row(_) | TableLine::Heading { .. } => true,
        })
}

/// Columns that a reason has in the table.
pub(super) fn table_room(columns: u16) -> usize {
    usize::from(columns).saturating_sub(BEFORE)
}

/// Columns that a reason has above open details.
pub(crate) fn details_room(model: &Model) -> usize {
    usize::from(model.size.0).saturating_sub(1)
}
