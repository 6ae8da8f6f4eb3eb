//! What a program says to the terminal that it runs in: the screen that it draws, what it asks, and what it wants its
//! person told. Everything here is a value; who holds the terminal feeds it and sends what it answers.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod answer;
mod emulator;
mod keyboard;
mod line_drawing;
mod marks;
mod piece;
mod rendition;
mod told;

pub use answer::{Looks, answer};
pub use emulator::Emulator;
pub use keyboard::Keyboard;
pub use marks::Marked;
pub use piece::{Control, Splitter, Strings, TerminalPiece};
pub use told::{Announcement, ClipboardText, told};

/// The name of the terminal that programs inside are told. The emulator honours what this name's entry in terminfo
/// says.
pub const TERM: &str = "xterm-256color";
