//! A program's output cut into what is drawn, controls and strings, wherever a read ended (ECMA-48 and xterm's parser).
//! A string that has no end, or none before it is too long, is dropped; so nothing grows with what a program writes.

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;
/// The bytes of a control are fewer.
const LONGEST_CONTROL: usize = 512;

/// Which kind of string it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strings {
    /// `ESC ]`: title, clipboard, colours.
    Osc,
    /// `ESC P`: requests for settings.
    Dcs,
    /// `ESC _`, `ESC ^`, `ESC X`: nothing here.
    Other,
}

/// A part of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TerminalPiece<'a> {
    /// Characters and the control characters among them; a character may be cut at the end.
    Text(&'a [u8]),
    /// An escape and what it says, as `ESC ( 0`, without the escape.
    Escape(&'a [u8]),
    Control(Control<'a>),
    /// A string without its beginning and its end; `bell`: it ended with one.
    String {
        kind: Strings,
        text: &'a [u8],
        bell: bool,
    },
}

/// `ESC [` and its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control<'a> {
    /// All of it behind `ESC [`.
    pub bytes: &'a [u8],
    /// `<`, `=`, `>` or `?` before the parameters.
    pub private: Option<u8>,
    pub parameters: &'a [u8],
    /// Bytes between the parameters and the last byte.
    pub between: &'a [u8],
    pub last: u8,
}

impl<'a> Control<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let (last, rest) = bytes.split_last()?;
        let (private, rest) = match rest {
            [private @ b'<'..=b'?', rest @ ..] => (Some(*private), rest),
            _ => (None, rest),
        };
        let end = rest.iter().position(|byte| !matches!(byte, b'0'..=b'?')).unwrap_or(rest.len());
        let (parameters, between) = rest.split_at(end);
        Some(Self { bytes, private, parameters, between, last: *last })
    }

    /// The numbers of its parameters; one that is left out is `or`.
    pub fn numbers(&self, or: u16) -> impl Iterator<Item = u16> {
        let text = std::str::from_utf8(self.parameters).unwrap_or_default();
        text.split(';').map(move |number| if number.is_empty() { or } else { number.parse().unwrap_or(or) })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum InsideSequence {
    #[default]
    Text,
    Escape,
    Control,
    /// `ending`: an escape stood last, which ends it together with a backslash.
    String {
        kind: Strings,
        ending: bool,
    },
}

/// Cuts output apart; what is begun waits for its rest.
#[derive(Debug, Default)]
pub struct Splitter {
    inside: InsideSequence,
    held: Vec<u8>,
    /// More came than is kept: it is waited for its end, and dropped.
    too_long: bool,
    longest_string: usize,
}

impl Splitter {
    /// `longest_string`: the bytes that are kept of a string.
    pub fn new(longest_string: usize) -> Self {
        Self { longest_string, ..Self::default() }
    }

    pub fn split(&mut self, bytes: &[u8], mut take: impl FnMut(TerminalPiece<'_>)) {
        let mut from = 0;
        let mut at = 0;
        while at < bytes.len() {
            if self.inside == InsideSequence::Text {
                let end = bytes[at..].iter().position(|byte| *byte == ESCAPE).map_or(bytes.len(), |n| at + n);
                if end > from {
                    take(TerminalPiece::Text(&bytes[from..end]));
                }
                if end < bytes.len() {
                    self.begin(InsideSequence::Escape);
                }
                at = end + 1;
            } else {
                self.byte(bytes[at], &mut take);
                at += 1;
            }
            from = at;
        }
    }

    fn begin(&mut self, inside: InsideSequence) {
        self.inside = inside;
        self.held.clear();
        self.too_long = false;
    }

    fn hold(&mut self, byte: u8, longest: usize) {
        if self.held.len() < longest { self.held.push(byte) } else { self.too_long = true }
    }

    /// Takes one more byte of something that was begun.
    fn byte(&mut self, byte: u8, take: &mut impl FnMut(TerminalPiece<'_>)) {
        match (self.inside, byte) {
            // CAN and SUB end everything.
            (_, 0x18 | 0x1a) => self.begin(InsideSequence::Text),
            (InsideSequence::String { kind, ending: true }, b'\\') => self.end_string(kind, false, take),
            // Another escape ends the string too, and begins what comes.
            (InsideSequence::String { kind, ending: true }, _) => {
                self.end_string(kind, false, take);
                self.begin(InsideSequence::Escape);
                self.byte(byte, take);
            }
            (InsideSequence::String { kind, .. }, ESCAPE) => {
                self.inside = InsideSequence::String { kind, ending: true }
            }
            (InsideSequence::String { kind: Strings::Osc, .. }, BELL) => self.end_string(Strings::Osc, true, take),
            (InsideSequence::String { .. }, _) => self.hold(byte, self.longest_string),
            (_, ESCAPE) => self.begin(InsideSequence::Escape),
            // A control character inside a sequence does what it does.
            (_, 0..0x20) => take(TerminalPiece::Text(&[byte])),
            (InsideSequence::Escape, b'[') if self.held.is_empty() => self.begin(InsideSequence::Control),
            (InsideSequence::Escape, b']') if self.held.is_empty() => self.begin(string(Strings::Osc)),
            (InsideSequence::Escape, b'P') if self.held.is_empty() => self.begin(string(Strings::Dcs)),
            (InsideSequence::Escape, b'X' | b'^' | b'_') if self.held.is_empty() => self.begin(string(Strings::Other)),
            (InsideSequence::Escape, 0x20..=0x2f) | (InsideSequence::Control, 0x20..=0x3f) => {
                self.hold(byte, LONGEST_CONTROL);
            }
            (InsideSequence::Escape, 0x30..=0x7e) => {
                self.hold(byte, LONGEST_CONTROL);
                if !self.too_long {
                    take(TerminalPiece::Escape(&self.held));
                }
                self.begin(InsideSequence::Text);
            }
            (InsideSequence::Control, 0x40..=0x7e) => {
                self.hold(byte, LONGEST_CONTROL);
                if let Some(control) = Control::of(&self.held).filter(|_| !self.too_long) {
                    take(TerminalPiece::Control(control));
                }
                self.begin(InsideSequence::Text);
            }
            // Nothing has such a byte in it; it is left out.
            (InsideSequence::Text | InsideSequence::Escape | InsideSequence::Control, _) => {}
        }
    }

    fn end_string(&mut self, kind: Strings, bell: bool, take: &mut impl FnMut(TerminalPiece<'_>)) {
        if !self.too_long {
            take(TerminalPiece::String { kind, text: &self.held, bell });
        }
        self.begin(InsideSequence::Text);
    }
}

fn string(kind: Strings) -> InsideSequence {
    InsideSequence::String { kind, ending: false }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns what comes of pieces, texts that follow each other as one.
    fn split(pieces: &[&[u8]]) -> Vec<String> {
        let mut splitter = Splitter::new(64);
        let mut said: Vec<String> = Vec::new();
        for piece in pieces {
            splitter.split(piece, |piece| match (piece, said.last_mut()) {
                (TerminalPiece::Text(text), Some(last)) if last.starts_with('t') => {
                    last.push_str(&String::from_utf8_lossy(text));
                }
                (TerminalPiece::Text(text), _) => said.push(format!("t {}", String::from_utf8_lossy(text))),
                (TerminalPiece::Escape(bytes), _) => said.push(format!("e {}", String::from_utf8_lossy(bytes))),
                (TerminalPiece::Control(control), _) => {
                    said.push(format!("c {}", String::from_utf8_lossy(control.bytes)));
                }
                (TerminalPiece::String { kind, text, .. }, _) => {
                    said.push(format!("s {kind:?} {}", String::from_utf8_lossy(text)));
                }
            });
        }
        said
    }

    const ALL: &[u8] = b"a\x1b[6nb\x1b]0;t\x07c\x1bP+q544e\x1b\\\x1b(0d\x1b[>0q\x1b[12\n;3H\x1b_Gi\x1b\\e";

    #[test]
    fn what_is_said_is_told_apart() {
        let said = split(&[ALL]);
        let wanted = [
            "t a",
            "c 6n",
            "t b",
            "s Osc 0;t",
            "t c",
            "s Dcs +q544e",
            "e (0",
            "t d",
            "c >0q",
            "t \n",
            "c 12;3H",
            "s Other Gi",
            "t e",
        ];
        assert_eq!(said, wanted);
    }

    #[test]
    fn an_overlong_string_is_dropped_whole() {
        let long = [b"\x1b]52;c;".as_slice(), &[b'x'; 100], b"\x07after"].concat();
        assert_eq!(split(&[&long]), ["t after"]);
        let control = [b"\x1b[".as_slice(), &[b'1'; 1000], b"mafter"].concat();
        assert_eq!(split(&[&control]), ["t after"]);
    }

    #[test]
    fn a_string_ends_where_another_sequence_begins() {
        assert_eq!(split(&[b"\x1b]0;t\x1b[6n"]), ["s Osc 0;t", "c 6n"]);
        assert_eq!(split(&[b"\x1b[3\x18x"]), ["t x"]);
    }

    #[test]
    fn a_control_has_parts() {
        let control = Control::of(b"?2026$p").expect("a control");
        assert_eq!((control.private, control.between, control.last), (Some(b'?'), b"$".as_slice(), b'p'));
        assert_eq!(control.numbers(0).collect::<Vec<_>>(), [2026]);
    }

    proptest! {
        #[test]
        fn pieces_do_not_depend_on_reads(cut in 0..ALL.len(), second in 0..ALL.len()) {
            let (from, to) = (cut.min(second), cut.max(second));
            prop_assert_eq!(split(&[&ALL[..from], &ALL[from..to], &ALL[to..]]), split(&[ALL]));
        }

        #[test]
        fn any_bytes_can_be_split(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            split(&[&bytes]);
        }
    }
}
