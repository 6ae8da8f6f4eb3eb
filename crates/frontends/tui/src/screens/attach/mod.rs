//! An agent's own terminal over the whole screen, with a line that says how to leave it.

mod draw;
mod encode;
#[cfg(test)]
mod tests;
mod update;

use std::num::NonZeroU16;

use domain::RunId;

pub(crate) use draw::draw;
pub(crate) use encode::encode;
pub(crate) use update::{again, attach, attached, away, detach, detached, resized, scroll_back, shown, typed};

/// Lines above the screen that can be scrolled back to.
const SCROLLBACK: usize = 2_000;

/// The terminal of a run as its own emulator here shows it.
pub(crate) struct Attached {
    pub(crate) run: RunId,
    pub(crate) name: String,
    pub(crate) parser: vt100::Parser,
    /// Why nothing comes any more: the agent ended, or another face took it over.
    pub(crate) over: Option<String>,
    /// The daemon is gone; the terminal goes on and is shown again when there is another.
    pub(crate) away: bool,
}

impl Attached {
    pub(crate) fn new(run: RunId, name: String, columns: u16, rows: u16) -> Self {
        let (rows, columns) = size(columns, rows);
        Self { run, name, parser: vt100::Parser::new(rows, columns, SCROLLBACK), over: None, away: false }
    }

    pub(crate) fn set_size(&mut self, columns: u16, rows: u16) {
        let (rows, columns) = size(columns, rows);
        self.parser.screen_mut().set_size(rows, columns);
    }
}

fn size(columns: u16, rows: u16) -> (NonZeroU16, NonZeroU16) {
    let some = |n| NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN);
    (some(rows), some(columns))
}
