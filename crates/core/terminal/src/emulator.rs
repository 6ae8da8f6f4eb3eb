//! The screen that a program draws, and the modes that it sets.

use std::num::NonZeroU16;

use vt100::CursorStyle;

use crate::keyboard::Keyboard;
use crate::line_drawing::LineDrawing;
use crate::marks::{Marked, Marks};
use crate::piece::{Splitter, TerminalPiece};
use crate::rendition;

/// The private mode of focus.
const FOCUS: u16 = 1004;

/// The most columns and rows; a screen of as many as can be asked for would have no room in memory.
const MOST: u16 = 1000;

/// A terminal without keys and a window.
pub struct Emulator {
    parser: vt100::Parser,
    splitter: Splitter,
    lines: LineDrawing,
    /// The keyboards of the main screen, and of the other one.
    keyboards: [Keyboard; 2],
    /// The program wants to know whether it is looked at.
    tells_focus: bool,
    /// Marks that cells have no room for, for those who want to know them.
    marks: Option<Marks>,
}

impl Emulator {
    /// `scrollback`: the lines above the screen that are kept; `longest_string`: the bytes that are of a string.
    pub fn new(columns: u16, rows: u16, scrollback: usize, longest_string: usize) -> Self {
        Self {
            parser: vt100::Parser::new(some(rows), some(columns), scrollback),
            splitter: Splitter::new(longest_string),
            lines: LineDrawing::default(),
            keyboards: Default::default(),
            tells_focus: false,
            marks: None,
        }
    }

    /// The same emulator, which knows lines through text and links too.
    pub fn with_marks(self) -> Self {
        Self { marks: Some(Marks::default()), ..self }
    }

    /// Returns what a cell shows.
    pub fn read<'a>(&'a self, cell: &vt100::Cell) -> Marked<'a> {
        match &self.marks {
            Some(marks) => marks.read(cell.contents()),
            None => Marked { text: cell.contents().to_owned(), struck: false, link: None },
        }
    }

    /// Draws what the program wrote, and tells what it says, each at its moment.
    pub fn process(&mut self, bytes: &[u8], mut heard: impl FnMut(&Self, TerminalPiece<'_>)) {
        let mut splitter = std::mem::take(&mut self.splitter);
        splitter.split(bytes, |piece| {
            self.draw(piece);
            heard(self, piece);
        });
        self.splitter = splitter;
    }

    fn draw(&mut self, piece: TerminalPiece<'_>) {
        match piece {
            TerminalPiece::Text(text) => {
                let drawn = self.lines.drawn(text);
                match &self.marks {
                    Some(marks) if marks.wanted(&drawn) => {
                        self.parser.process(marks.marked(&String::from_utf8_lossy(&drawn)).as_bytes());
                    }
                    _ => self.parser.process(&drawn),
                }
            }
            TerminalPiece::Escape(escape) => {
                if escape == b"c" {
                    self.keyboards = Default::default();
                    self.tells_focus = false;
                    self.marks.iter_mut().for_each(Marks::reset);
                }
                if !self.lines.choose(escape) {
                    self.parser.process(&[b"\x1b", escape].concat());
                }
            }
            // The other way to keep the cursor's place and to go back to it.
            TerminalPiece::Control(control) if control.bytes == b"s" => self.parser.process(b"\x1b7"),
            TerminalPiece::Control(control) if control.bytes == b"u" => self.parser.process(b"\x1b8"),
            TerminalPiece::Control(control) => {
                let keyboard = usize::from(self.screen().alternate_screen());
                if let (Some(b'?'), [], last @ (b'h' | b'l')) = (control.private, control.between, control.last)
                    && control.numbers(0).any(|mode| mode == FOCUS)
                {
                    self.tells_focus = last == b'h';
                }
                self.marks.iter_mut().for_each(|marks| marks.render(&control));
                if self.keyboards[keyboard].take(&control) {
                    return;
                }
                let is_rendition = (control.private, control.between, control.last) == (None, b"", b'm');
                match is_rendition.then(|| rendition::known(control.parameters)).flatten() {
                    // Nothing would mean everything, which is undone.
                    Some(known) if known.is_empty() => {}
                    Some(known) => self.parser.process(&[b"\x1b[", known.as_slice(), b"m"].concat()),
                    None => self.parser.process(&[b"\x1b[", control.bytes].concat()),
                }
            }
            // No string draws anything.
            TerminalPiece::String { kind, text, .. } => self.marks.iter_mut().for_each(|marks| marks.link(kind, text)),
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

    /// Whether the program wants to know that its window is looked at, or no more.
    pub fn tells_focus(&self) -> bool {
        self.tells_focus
    }

    /// The cursor's form, as the number that chooses it; 0: whatever form it has.
    pub fn cursor(&self) -> u8 {
        match self.screen().cursor_style() {
            CursorStyle::Default => 0,
            CursorStyle::BlinkBlock => 1,
            CursorStyle::SteadyBlock => 2,
            CursorStyle::BlinkUnderline => 3,
            CursorStyle::SteadyUnderline => 4,
            CursorStyle::BlinkVerticalBar => 5,
            CursorStyle::SteadyVerticalBar => 6,
        }
    }

    /// How the program wants keys reported now.
    pub fn keyboard(&self) -> &Keyboard {
        &self.keyboards[usize::from(self.screen().alternate_screen())]
    }
}

fn some(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n.min(MOST)).unwrap_or(NonZeroU16::MIN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_drawn_at_any_size(
            written in proptest::collection::vec(
                "(\u{1b}\\[\\??[0-9]{0,3}(;[0-9]{0,3}){0,2}[@-Z`-z])|[a日e\u{301}\u{fe0f}\t\r\n\u{8}]{1,9}|\u{1b}[78MDEc]",
                0..40,
            ),
            sizes in proptest::collection::vec((1u16..30, 1u16..12), 3),
        ) {
            let mut emulator = Emulator::new(sizes[0].0, sizes[0].1, 5, 256).with_marks();
            for (part, size) in written.chunks(14).zip(&sizes) {
                emulator.set_size(size.0, size.1);
                emulator.process(part.concat().as_bytes(), |_, _| {});
            }
            let (rows, columns) = emulator.screen().size();
            let cells = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
            prop_assert!(cells.filter_map(|(row, column)| emulator.screen().cell(row, column)).count() > 0);
        }
    }

    /// The cells of the first line, with what is known of them.
    fn cells(written: &str) -> String {
        let mut emulator = Emulator::new(20, 3, 0, 4096).with_marks();
        emulator.process(written.as_bytes(), |_, _| {});
        let cells = (0..20).filter_map(|column| emulator.screen().cell(0, column));
        let said = cells.map(|cell| emulator.read(cell)).map(|cell| {
            let struck = if cell.struck { "-" } else { "" };
            let link = cell.link.map(|(n, address)| format!("<{n} {address}>")).unwrap_or_default();
            format!("{}{struck}{link}", cell.text)
        });
        said.collect()
    }

    #[test]
    fn a_line_through_text_is_known() {
        assert_eq!(cells("a\u{1b}[9mbc\u{1b}[29md\u{1b}[1;9me\u{1b}[mf"), "ab-c-de-f");
        assert_eq!(cells("\u{1b}[38;5;9ma\u{1b}[48;2;9;9;9mb\u{1b}[38:5:9mc\u{1b}[9;38;5;0md"), "abcd-");
        assert_eq!(cells("\u{1b}[9me\u{301}日x"), "e\u{301}-日-x-");
    }

    #[test]
    fn a_curly_line_is_a_plain_underline() {
        let mut emulator = Emulator::new(20, 3, 0, 4096);
        emulator.process(b"\x1b[4:3m\x1b[58:2::255:0:0m\x1b[58;5;31ma\x1b[4:0mb", |_, _| {});
        let cell = |column| emulator.screen().cell(0, column).expect("a cell");
        assert!(cell(0).underline() && !cell(1).underline());
        assert_eq!((cell(0).fgcolor(), cell(0).dim()), (vt100::Color::Default, false));
    }

    #[test]
    fn any_window_size_is_drawn() {
        let mut emulator = Emulator::new(0, 0, 0, 4096);
        emulator.process("ab日\r\n".as_bytes(), |_, _| {});
        emulator.set_size(u16::MAX, u16::MAX);
        let (rows, columns) = emulator.screen().size();
        assert_eq!((rows.get(), columns.get()), (MOST, MOST));
        emulator.process(b"\x1b[999;999Hx\x1b[9999L", |_, _| {});
        emulator.set_size(1, 1);
        emulator.process("日\x1b[6n".as_bytes(), |_, _| {});
    }

    #[test]
    fn links_are_known_by_their_address() {
        let link = |address: &str, text: &str| format!("\u{1b}]8;id=1;{address}\u{7}{text}\u{1b}]8;;\u{1b}\\");
        let (one, two) = (link("https://a.example/x", "ab"), link("http://b.example", "c"));
        let (first, second) = ("<0 https://a.example/x>", "<1 http://b.example>");
        assert_eq!(cells(&format!("{one} {two}{one}")), format!("a{first}b{first} c{second}a{first}b{first}"));
        for hostile in ["javascript:alert(1)", "file:///etc/passwd", "https://a b", "https://x\u{9b}", ""] {
            assert_eq!(cells(&link(hostile, "ab")), "ab", "{hostile:?}");
        }
    }

    #[test]
    fn only_the_emulator_makes_links() {
        assert_eq!(cells("\u{1b}]8;;https://a.example\u{7}\u{1b}]8;;\u{7}a\u{e0100}\u{e0100}b"), "ab");
    }

    #[test]
    fn boxes_and_saved_cursors_are_drawn() {
        assert_eq!(cells("\u{1b}(0lqk\u{1b}(B\u{1b}[s\u{1b}[1;1Hx\u{1b}[uy"), "x─┐y");
    }
}
