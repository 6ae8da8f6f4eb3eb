//! An agent's own terminal over the whole screen, with a line that says how to leave it.

mod draw;
mod encode;
#[cfg(test)]
mod tests;
mod told;
mod update;

use domain::{RunId, Timestamp};
use terminal::Emulator;

use crate::effect::Modes;

pub(crate) use draw::{draw, way_out};
pub(crate) use encode::encode;
pub(crate) use told::hear_anew;
pub(crate) use update::{again, attach, attached, away, detach, detached, resized, scroll_back, shown, typed};

/// Lines above the screen that can be scrolled back to.
const SCROLLBACK: usize = 2_000;
/// The bytes that are kept of what the agent says in one go, as of a text for the clipboard.
const LONGEST: usize = 128 << 10;

/// The terminal of a run as its own emulator here shows it.
pub(crate) struct Attached {
    pub(crate) run: RunId,
    pub(crate) name: String,
    pub(crate) emulator: Emulator,
    /// Why nothing comes any more: the agent ended, or another face took it over.
    pub(crate) over: Option<String>,
    /// The daemon is gone; the terminal goes on and is shown again when there is another.
    pub(crate) away: bool,
    /// The title that the program gave its window.
    title: String,
    /// Earlier titles that the program put aside, to come back to.
    titles: Vec<String>,
    /// The modes that the person's terminal was set to.
    modes: Modes,
    /// How often the person was told something in this minute.
    told: u32,
    /// Tells what became of a text for the clipboard, or that keys may be lost, until the next key.
    pub(crate) note: Option<String>,
    /// When something was typed last.
    typed_at: Option<Timestamp>,
    /// The daemon went before or while something was typed, which may not have reached the agent.
    may_have_lost: bool,
}

impl Attached {
    pub(crate) fn new(run: RunId, name: String, columns: u16, rows: u16) -> Self {
        let emulator = Emulator::new(columns, rows, SCROLLBACK, LONGEST).with_marks();
        Self {
            run,
            name,
            emulator,
            over: None,
            away: false,
            title: String::new(),
            titles: Vec::new(),
            modes: Modes::default(),
            told: 0,
            note: None,
            typed_at: None,
            may_have_lost: false,
        }
    }
}
