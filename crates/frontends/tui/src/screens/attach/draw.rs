//! Drawing the emulator's cells, and the line below them.

use std::num::NonZeroU16;

use ratatui::Frame;
use ratatui::buffer::{Cell, CellDiffOption};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::Attached;
use crate::keymap::{KeyPlace, Keymap};
use crate::theme::{Role, Theme};
use crate::widgets::fit;

/// Columns of a wide character.
const WIDE: NonZeroU16 = NonZeroU16::MIN.saturating_add(1);

pub(crate) fn draw(attached: &Attached, keymap: &Keymap, theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let below = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
    let above = Rect { height: area.height.saturating_sub(1), ..area };
    let screen = attached.emulator.screen();
    for y in 0..above.height {
        for x in 0..above.width {
            let (Some(from), Some(to)) = (screen.cell(y, x), frame.buffer_mut().cell_mut((above.x + x, above.y + y)))
            else {
                continue;
            };
            to.set_style(style(from));
            if from.is_wide_continuation() {
                to.set_symbol("");
            } else {
                // Characters that turn or hide text are no part of what the agent shows.
                let marked = attached.emulator.read(from);
                let shown = domain::text::line(&marked.text);
                let shown = if shown.is_empty() { " " } else { &shown };
                if marked.struck {
                    to.set_style(Style::new().add_modifier(Modifier::CROSSED_OUT));
                }
                match marked.link {
                    Some((number, address)) => link(to, from.is_wide(), shown, number, address),
                    None => drop(to.set_symbol(shown)),
                }
            }
        }
    }
    frame.render_widget(last_line(attached, keymap, theme, below.width), below);
    let (row, column) = screen.cursor_position();
    let scrolled = screen.scrollback() > 0;
    if !screen.hide_cursor() && !scrolled && attached.over.is_none() && row < above.height && column < above.width {
        frame.set_cursor_position(Position { x: above.x + column, y: above.y + row });
    }
}

fn last_line(attached: &Attached, keymap: &Keymap, theme: &Theme, width: u16) -> Line<'static> {
    let hint = way_out(attached, keymap);
    let name = &attached.name;
    let text = match (&attached.over, attached.emulator.screen().scrollback(), &attached.note) {
        (Some(why), _, _) => format!(" {name}: {why}"),
        (None, _, _) if attached.away => {
            format!(" {name}: no daemon; what is typed is lost")
        }
        (None, 0, Some(note)) => format!(" {name} {note}"),
        (None, 0, None) => format!(" {name} (its own terminal)"),
        (None, lines, _) => format!(" {name} (its own terminal)  {lines} lines up"),
    };
    let room = usize::from(width).saturating_sub(hint.len() + 1);
    Line::from(vec![
        Span::styled(format!("{} ", fit(&text, room)), theme.style(Role::Heading)),
        Span::styled(hint, theme.style(Role::Key)),
    ])
}

/// Words how to leave, at the end of the last line; a click on it leaves too.
pub(crate) fn way_out(attached: &Attached, keymap: &Keymap) -> String {
    let ended = if attached.over.is_some() { keymap.keys_in(KeyPlace::Ended, "detach") } else { &[] };
    let key = ended.first().or_else(|| keymap.keys_in(KeyPlace::Attached, "detach").first()).map_or("", String::as_str);
    // A keyboard without a key for the bracket has one for the digit, and a terminal sends the same byte for both.
    let twin = if key == "ctrl-]" { " or ctrl-5" } else { "" };
    format!("{key}{twin} goes back ")
}

/// A cell that leads somewhere (OSC 8); the address was looked at when it was heard.
fn link(cell: &mut Cell, is_wide: bool, shown: &str, number: usize, address: &str) {
    cell.set_symbol(&format!("\u{1b}]8;id=pilothouse{number};{address}\u{1b}\\{shown}\u{1b}]8;;\u{1b}\\"));
    // What is not seen of it takes no room.
    let width = if is_wide { WIDE } else { NonZeroU16::MIN };
    cell.set_diff_option(CellDiffOption::ForcedWidth(width));
}

/// The cell's own looks: the colours here are the agent's, not the cockpit's.
fn style(cell: &vt100::Cell) -> Style {
    let colour = |colour: vt100::Color| match colour {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(n) => Color::Indexed(n),
        vt100::Color::Rgb(r, g, b) => Color::Rgb(r, g, b),
    };
    let weights = [
        (cell.bold(), Modifier::BOLD),
        (cell.dim(), Modifier::DIM),
        (cell.italic(), Modifier::ITALIC),
        (cell.underline(), Modifier::UNDERLINED),
        (cell.inverse(), Modifier::REVERSED),
    ];
    let weight = weights.iter().filter(|(is, _)| *is).fold(Modifier::empty(), |all, (_, weight)| all | *weight);
    Style::new().fg(colour(cell.fgcolor())).bg(colour(cell.bgcolor())).add_modifier(weight)
}
