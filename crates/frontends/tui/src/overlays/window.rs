//! A framed window in the middle of the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Padding, Paragraph};

use crate::keymap::{KeyPlace, Keymap};
use crate::theme::{Role, Theme};

/// The width a window may have that wants `wanted`.
pub(super) fn width(frame: &Frame<'_>, wanted: u16) -> u16 {
    wanted.min(frame.area().width)
}

/// Draws the frame; returns the place within.
pub(super) fn frame(title: &str, place: Rect, theme: &Theme, frame: &mut Frame<'_>) -> Rect {
    let block = Block::bordered()
        .title(title.to_owned())
        .title_style(theme.style(Role::Heading))
        .padding(Padding::horizontal(1));
    let inner = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    inner
}

/// Lines as far as there is room, from `top` on, and a last line that always stays; returns where that is.
pub(super) fn scrolled(
    title: &str,
    lines: Vec<Line<'_>>,
    footer: Line<'_>,
    top: usize,
    width: u16,
    theme: &Theme,
    frame: &mut Frame<'_>,
) -> Rect {
    let area = frame.area();
    let wanted = u16::try_from(lines.len() + 4).unwrap_or(u16::MAX);
    let height = wanted.min(area.height);
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let inner = self::frame(title, place, theme, frame);
    if inner.height == 0 {
        return Rect { height: 0, ..inner };
    }
    let list = Rect { height: inner.height.saturating_sub(2), ..inner };
    let room = usize::from(list.height);
    let count = lines.len();
    let top = top.min(count.saturating_sub(room));
    let below = count.saturating_sub(top + room);
    frame.render_widget(Paragraph::new(lines.into_iter().skip(top).collect::<Vec<_>>()), list);
    if below > 0 && inner.height > 1 {
        let more = Rect { y: inner.bottom() - 2, height: 1, ..inner };
        frame.render_widget(Line::styled(format!("… {below} more below"), theme.style(Role::Dim)), more);
    }
    let last = Rect { y: inner.bottom() - 1, height: 1, ..inner };
    frame.render_widget(footer, last);
    last
}

/// The first key of each command with what it does here.
pub(super) fn keys(keymap: &Keymap, place: KeyPlace, theme: &Theme, pairs: &[(&str, &str)]) -> Line<'static> {
    let mut spans = Vec::new();
    for (name, does) in pairs {
        let Some(key) = keymap.keys_in(place, name).first() else { continue };
        spans.push(Span::styled(key.clone(), theme.style(Role::Key)));
        spans.push(Span::raw(format!(" {does}   ")));
    }
    Line::from(spans)
}

/// Whether the end of a window's lines is on the screen, below the line that stands first in it.
pub(super) fn is_read(lines: usize, rows: u16, top: usize) -> bool {
    page(rows) > 0 && top >= last_top(lines, rows)
}

/// Lines that a window shows at once on a screen of so many rows.
pub(super) fn page(rows: u16) -> usize {
    usize::from(rows).saturating_sub(4)
}

/// The last line that may stand first in a window of so many lines on a screen of so many rows.
pub(super) fn last_top(lines: usize, rows: u16) -> usize {
    lines.saturating_sub(page(rows))
}
