//! The signs of a row, with an ASCII twin for each.

use domain::group::Group;
use protocol::Row;
use ratatui::buffer::Buffer;

/// Which signs the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glyphs {
    Unicode,
    Ascii,
}

impl Glyphs {
    /// Chooses the signs by the locale, as other terminal programs do.
    pub(crate) fn from_locale(locale: &str) -> Self {
        let locale = locale.to_ascii_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") { Self::Unicode } else { Self::Ascii }
    }

    pub(crate) fn of(self, row: &Row) -> &'static str {
        let (unicode, ascii) = match row.status.as_str() {
            "waiting" => ("?", "?"),
            "idle" | "unknown" if row.is_observed() => ("◇", "="),
            // A person put it back to where it had not done this yet.
            "failed" if row.group == Group::Ready => ("○", "o"),
            "failed" => ("✗", "x"),
            "lost" | "unknown" => ("!", "!"),
            "paused" => ("‖", "\""),
            "limited" => ("◔", "%"),
            "queued" => ("○", "o"),
            "preparing" => ("◌", ":"),
            "ready" | "merged" => ("✓", "v"),
            "terminated" => ("■", "-"),
            _ => ("●", "*"),
        };
        self.pick(unicode, ascii)
    }

    pub(crate) fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self {
            Self::Unicode => unicode,
            Self::Ascii => ascii,
        }
    }

    /// Replaces what is left of other signs when the terminal can show none, text of agents included.
    pub(crate) fn settle(self, buffer: &mut Buffer) {
        if self == Self::Unicode {
            return;
        }
        for cell in buffer.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
            let twin = match cell.symbol() {
                "—" => "?",
                "–" | "─" => "-",
                "│" | "▏" => "|",
                "┌" | "┐" | "└" | "┘" | "±" => "+",
                "›" | "▸" | "→" => ">",
                "·" | "…" => ".",
                "✓" => "v",
                "✗" => "x",
                _ => "?",
            };
            cell.set_symbol(twin);
        }
    }
}
