//! What was said last, in full, above the keys that go on being told.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Paragraph};

use super::{Layout, TableLine, lines};
use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::widgets::{fit, wrapped};

/// Lines that it has at most.
const MOST: u16 = 6;

/// Lines that a notice may stand over: the end of the details, or the table below the selected run. What that run asks is
/// never covered.
fn room(model: &Model, parts: &Layout) -> u16 {
    if parts.body.height > 0 {
        return parts.body.height.min(MOST);
    }
    let is_selected = |line: &TableLine<'_>| match line {
        TableLine::Row(row) | TableLine::Reason { row, .. } => Some(&row.id) == model.cursor.as_ref(),
        TableLine::Heading { .. } => false,
    };
    let last = lines(model).iter().rposition(is_selected);
    let above = last.map_or(0, |last| (last + 1).saturating_sub(model.table_top));
    parts.table.height.saturating_sub(u16::try_from(above).unwrap_or(u16::MAX)).min(MOST)
}

pub(super) fn draw(model: &Model, theme: &Theme, parts: &Layout, frame: &mut Frame<'_>) {
    let Some(notice) = &model.notice else { return };
    let columns = usize::from(parts.hint.width).saturating_sub(1);
    let mut lines = wrapped(notice, columns);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(room(model, parts));
    let place = Rect { y: parts.hint.y - height, height, ..parts.hint };
    let cut = lines.len() > usize::from(place.height);
    lines.truncate(place.height.into());
    if let Some(last) = lines.last_mut().filter(|_| cut) {
        *last = fit(&format!("{last} {}", "…".repeat(columns)), columns);
    }
    let lines = lines.into_iter().map(|line| Line::styled(format!(" {line}"), theme.style(Role::NeedsYou)));
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), place);
}

/// Whether there is no other place for it than that of the keys.
pub(super) fn takes_the_hints(model: &Model, parts: &Layout) -> bool {
    room(model, parts) == 0
}
