//! All keys, place by place, from the table: those of where the person is come first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui_textarea::TextArea;

use super::window::{self, keys};
use super::{Overlay, one_line};
use crate::cockpit::beneath;
use crate::effect::CockpitEffect;
use crate::keymap::{KeyPlace, Keymap};
use crate::model::Model;
use crate::theme::{Role, Theme};
use crate::widgets::wrapped;

/// Columns of the window.
const WIDTH: u16 = 100;

#[derive(Debug, Clone)]
pub(crate) struct Help {
    /// First line shown.
    pub(super) top: usize,
    /// The text that is searched for; an empty one shows everything.
    pub(super) find: TextArea<'static>,
    /// Keys are typed into the search.
    pub(crate) types: bool,
    /// The places in the order that they are told in.
    pub(super) places: Vec<KeyPlace>,
}

/// Opens the help.
pub(crate) fn help(model: &mut Model) -> Vec<CockpitEffect> {
    let here = beneath(model);
    let others = KeyPlace::ALL.iter().map(|(place, _)| *place).filter(|place| !here.contains(place));
    let places = here.iter().copied().chain(others).collect();
    model.overlay = Some(Overlay::Help(Box::new(Help { top: 0, find: one_line(""), types: false, places })));
    Vec::new()
}

impl Help {
    fn wanted(&self) -> String {
        self.find.lines().join(" ").trim().to_lowercase()
    }

    /// Counts the lines that the help has on a screen of so many columns.
    pub(super) fn height(&self, keymap: &Keymap, columns: u16) -> usize {
        self.lines(keymap, &Theme::plain(), WIDTH.min(columns)).len()
    }

    fn lines(&self, keymap: &Keymap, theme: &Theme, width: u16) -> Vec<Line<'static>> {
        let room = usize::from(width).saturating_sub(21);
        let wanted = self.wanted();
        let mut lines = Vec::new();
        for place in &self.places {
            let title = KeyPlace::ALL.iter().find(|(known, _)| known == place).map_or("", |(_, title)| *title);
            let has = |text: &str| text.to_lowercase().contains(&wanted);
            let all = keymap.of(*place).iter();
            let found = all.filter(|(command, keys)| {
                has(title) || has(command.name) || has(command.doc) || keys.iter().any(|key| has(key))
            });
            let before = lines.len();
            for (command, keys) in found {
                for (at, part) in wrapped(command.doc, room).into_iter().enumerate() {
                    let keys = if at == 0 { keys.join(" ") } else { String::new() };
                    let keys = Span::styled(format!("{keys:>15}"), theme.style(Role::Key));
                    lines.push(Line::from(vec![keys, Span::raw(format!("  {part}"))]));
                }
            }
            if lines.len() > before {
                lines.insert(before, Line::styled(title, theme.style(Role::Heading)));
                lines.push(Line::default());
            }
        }
        if lines.is_empty() {
            lines.push(Line::styled("no key does that", theme.style(Role::Dim)));
        }
        lines
    }
}

pub(super) fn draw(help: &Help, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let pairs = [("line-down", "scroll"), ("scroll-down", "page"), ("find", "find"), ("close", "close")];
    let wanted = help.wanted();
    let footer = match help.types || !wanted.is_empty() {
        true => {
            Line::styled(format!("/{}", domain::text::line(&help.find.lines().join(" "))), theme.style(Role::Match))
        }
        false => keys(keymap, KeyPlace::Help, theme, &pairs),
    };
    let width = window::width(frame, WIDTH);
    let place: Rect =
        window::scrolled(" keys ", help.lines(keymap, theme, width), footer, help.top, width, theme, frame);
    if help.types && place.height > 0 {
        let column = help.find.cursor().1;
        let x = place.x.saturating_add(1).saturating_add(u16::try_from(column).unwrap_or(u16::MAX));
        frame.set_cursor_position((x.min(place.right().saturating_sub(1)), place.y));
    }
}
