//! The screen that a program draws, and the modes that it sets.

use std::num::NonZeroU16;

use crate::keyboard::Keyboard;
use crate::line_drawing::LineDrawing;
use crate::piece::{Piece, Splitter};

/// A terminal without keys and a window.
pub struct Emulator {
    parser: vt100::Parser,
    splitter: Splitter,
    lines: LineDrawing,
    /// Of the main screen, and of the other one.
    keyboards: [Keyboard; 2],
}

impl Emulator {
    /// `scrollback`: the lines above the screen that are kept; `longest_string`: the bytes that are of a string.
    pub fn new(columns: u16, rows: u16, scrollback: usize, longest_string: usize) -> Self {
        Self {
            parser: vt100::Parser::new(some(rows), some(columns), scrollback),
            splitter: Splitter::new(longest_string),
            lines: LineDrawing::default(),
            keyboards: Default::default(),
        }
    }

    /// Draws what the program wrote, and tells what it says, each at its moment.
    pub fn process(&mut self, bytes: &[u8], mut heard: impl FnMut(&Self, Piece<'_>)) {
        let mut splitter = std::mem::take(&mut self.splitter);
        splitter.split(bytes, |piece| {
            self.draw(piece);
            heard(self, piece);
        });
        self.splitter = splitter;
    }

    fn draw(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Text(text) => self.parser.process(&self.lines.drawn(text)),
            Piece::Escape(escape) => {
                if escape == b"c" {
                    self.keyboards = Default::default();
                }
                if !self.lines.choose(escape) {
                    self.parser.process(&[b"\x1b", escape].concat());
                }
            }
            // The other way to keep the cursor's place and to go back to it.
            Piece::Control(control) if control.bytes == b"s" => self.parser.process(b"\x1b7"),
            Piece::Control(control) if control.bytes == b"u" => self.parser.process(b"\x1b8"),
            Piece::Control(control) => {
                let keyboard = usize::from(self.screen().alternate_screen());
                if !self.keyboards[keyboard].take(&control) {
                    self.parser.process(&[b"\x1b[", control.bytes].concat());
                }
            }
            // No string draws anything.
            Piece::String { .. } => {}
        }
    }

    pub fn set_size(&mut self, columns: u16, rows: u16) {
        self.parser.screen_mut().set_size(some(rows), some(columns));
    }

    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    pub fn screen_mut(&mut self) -> &mut vt100::Screen {
        self.parser.screen_mut()
    }

    /// How the program wants keys reported now.
    pub fn keyboard(&self) -> &Keyboard {
        &self.keyboards[usize::from(self.screen().alternate_screen())]
    }
}

fn some(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN)
}
