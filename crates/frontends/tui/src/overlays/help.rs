//! All keys, place by place, from the table.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::window::{self, keys};
use crate::keymap::{Keymap, Place};
use crate::theme::{Role, Theme};

/// Lines that the help has.
pub(super) fn count(keymap: &Keymap) -> usize {
    Place::ALL.iter().map(|(place, _)| keymap.of(*place).len() + 2).sum()
}

pub(super) fn draw(top: usize, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let mut lines = Vec::new();
    for (place, title) in Place::ALL {
        lines.push(Line::styled(title, theme.style(Role::Heading)));
        for (command, keys) in keymap.of(place) {
            lines.push(Line::from(vec![
                Span::styled(format!("{:>15}", keys.join(" ")), theme.style(Role::Key)),
                Span::raw(format!("  {}", command.doc)),
            ]));
        }
        lines.push(Line::default());
    }
    let footer =
        keys(keymap, Place::Help, theme, &[("line-down", "down"), ("scroll-down", "page"), ("close", "close")]);
    let width = window::width(frame, 78);
    window::scrolled(" keys ", lines, footer, top, width, theme, frame);
}
