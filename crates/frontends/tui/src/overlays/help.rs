//! All keys, place by place, from the table.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::window::{self, keys};
use crate::keymap::{Keymap, Place};
use crate::theme::{Role, Theme};
use crate::widgets::wrapped;

/// Columns of the window.
const WIDTH: u16 = 100;

/// Lines that the help has on a screen of so many columns.
pub(super) fn count(keymap: &Keymap, columns: u16) -> usize {
    lines(keymap, &Theme::plain(), WIDTH.min(columns)).len()
}

fn lines(keymap: &Keymap, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let room = usize::from(width).saturating_sub(21);
    let mut lines = Vec::new();
    for (place, title) in Place::ALL {
        lines.push(Line::styled(title, theme.style(Role::Heading)));
        for (command, keys) in keymap.of(place) {
            for (at, part) in wrapped(command.doc, room).into_iter().enumerate() {
                let keys = if at == 0 { keys.join(" ") } else { String::new() };
                let keys = Span::styled(format!("{keys:>15}"), theme.style(Role::Key));
                lines.push(Line::from(vec![keys, Span::raw(format!("  {part}"))]));
            }
        }
        lines.push(Line::default());
    }
    lines
}

pub(super) fn draw(top: usize, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let footer =
        keys(keymap, Place::Help, theme, &[("line-down", "scroll"), ("scroll-down", "page"), ("close", "close")]);
    let width = window::width(frame, WIDTH);
    window::scrolled(" keys ", lines(keymap, theme, width), footer, top, width, theme, frame);
}
