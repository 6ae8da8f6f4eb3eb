//! A heading that rules off what follows.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::glyphs::Glyphs;

/// `title ─────────` over the whole width.
pub(crate) fn rule(title: &str, width: u16, style: Style, dim: Style, glyphs: Glyphs) -> Line<'static> {
    let left = usize::from(width).saturating_sub(title.width() + 1);
    let line = glyphs.pick("─", "-").repeat(left);
    Line::from(vec![Span::styled(title.to_owned(), style), Span::raw(" "), Span::styled(line, dim)])
}
