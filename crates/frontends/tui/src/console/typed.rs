//! The bytes that a terminal sends, as keys: what comes in pieces waits for its rest, nothing that was pressed is
//! lost, and what the terminal answers to somebody's question is no key.

use std::time::Duration;

use crossterm::event::Event;
use tokio::time::Instant;

use super::meaning::meaning;
use super::sequence::{Begun, SequenceStep, begin, go_on};

/// After this long an escape with nothing behind it is the key of that name.
const LONE: Duration = Duration::from_millis(50);
/// After this long a sequence that does not go on has no end: a line that lost a packet takes less.
const SILENCE: Duration = Duration::from_secs(1);
/// A paste is long, and what comes after one that was given up would be keys.
const SILENCE_IN_PASTE: Duration = Duration::from_secs(10);
/// The rest of an answer whose beginning went to the program before is known for this long.
const LEFTOVERS: Duration = Duration::from_secs(2);
/// Characters before the end of a text that nobody types in one go.
const LEFTOVER_TEXT: usize = 4;
/// The bytes that are kept of a sequence; no key has as many.
const LONGEST: usize = 256;
/// The bytes of the longest paste that is taken.
const LONGEST_PASTE: usize = 4 << 20;

/// The sequence that has been begun and is not yet whole.
#[derive(Debug)]
pub(super) struct TypedInput {
    begun: Option<OpenSequence>,
    /// The sequence that was given up, and until when the next piece may be its rest.
    given_up: Option<(OpenSequence, Instant)>,
    since: Instant,
}

/// A part of a sequence.
#[derive(Debug, Clone)]
struct OpenSequence {
    begun: Begun,
    bytes: Vec<u8>,
    /// The first byte was one of the eight-bit ones (0x80 to 0x9f), which no key begins with.
    wide: bool,
    /// More bytes came than may be kept; the end is waited for, and the sequence means nothing.
    too_long: bool,
    /// When the last byte came, those not counted that came alone: a person presses one key at a time.
    at: Instant,
}

impl TypedInput {
    pub(super) fn new(since: Instant) -> Self {
        Self { begun: None, given_up: None, since }
    }

    /// The events that a piece, read at once, completes.
    pub(super) fn take(&mut self, piece: &[u8], now: Instant) -> Vec<Event> {
        let mut events = Vec::new();
        let rest = &piece[self.belated(piece, now, &mut events)..];
        for byte in rest {
            self.byte(*byte, now, &mut events);
        }
        if let Some(part) = self.begun.as_mut().filter(|part| rest.len() > 1 || part.lasts()) {
            part.at = now;
        }
        events
    }

    /// Returns when the sequence that was begun is given up; `None` while none is.
    pub(super) fn gives_up_at(&self) -> Option<Instant> {
        self.begun.as_ref().map(|part| part.at + part.patience())
    }

    /// Returns the events in a sequence of which nothing more came in time.
    pub(super) fn give_up(&mut self, now: Instant) -> Vec<Event> {
        let Some(part) = self.begun.take() else { return Vec::new() };
        let events = part.as_it_is().into_iter().collect();
        self.given_up = Some((part, now + SILENCE));
        events
    }

    fn byte(&mut self, byte: u8, now: Instant, events: &mut Vec<Event>) {
        if let Some(mut part) = self.begun.take() {
            match part.go_on(byte) {
                SequenceStep::On(_) => {
                    self.begun = Some(part);
                    return;
                }
                SequenceStep::Whole => {
                    events.extend(part.meaning());
                    return;
                }
                SequenceStep::Apart => {
                    events.extend(part.cut_short());
                    if let Begun::Text { ending: true, .. } = part.begun {
                        self.begun = Some(OpenSequence::new(Begun::Escape, 0x1b, now));
                        return self.byte(byte, now, events);
                    }
                }
            }
        }
        match begin(byte) {
            Some(begun) => self.begun = Some(OpenSequence::new(begun, byte, now)),
            None => events.extend(meaning(&[byte])),
        }
    }

    /// The length of a piece's beginning that is the end of something older: of what was given up a moment ago, or of an
    /// answer to the program that had the terminal before. A person's keys come one by one; it comes all at once.
    fn belated(&mut self, piece: &[u8], now: Instant, events: &mut Vec<Event>) -> usize {
        let given_up = self.given_up.take();
        if self.begun.is_some() || piece.len() < 2 {
            return 0;
        }
        if let Some((mut part, _)) = given_up.filter(|(_, until)| now < *until)
            && (part.begun != Begun::Escape || continues_escape(piece))
        {
            for (at, byte) in piece.iter().enumerate() {
                match part.go_on(*byte) {
                    SequenceStep::On(_) => {}
                    SequenceStep::Whole => {
                        events.extend(part.meaning());
                        return at + 1;
                    }
                    SequenceStep::Apart => break,
                }
            }
        }
        leftover(piece, now < self.since + LEFTOVERS)
    }
}

impl OpenSequence {
    fn new(begun: Begun, byte: u8, at: Instant) -> Self {
        // Bytes that are beginnings by themselves are kept as the two that they stand for.
        let wide = (0x80..=0x9f).contains(&byte);
        let bytes = if wide { vec![0x1b, byte - 0x40] } else { vec![byte] };
        Self { begun, bytes, wide, too_long: false, at }
    }

    fn go_on(&mut self, byte: u8) -> SequenceStep {
        let came = go_on(self.begun, &self.bytes, byte);
        if let SequenceStep::On(begun) = came {
            self.begun = begun;
        }
        let longest = if self.begun == Begun::Paste { LONGEST_PASTE } else { LONGEST };
        if self.bytes.len() < longest {
            self.bytes.push(byte);
        } else {
            self.too_long = true;
            // The end of a paste is known by its last bytes.
            if self.begun == Begun::Paste {
                self.bytes.drain(..longest / 2);
                self.bytes.push(byte);
            }
        }
        came
    }

    /// Whether the sequence may be a key already: alt and some keys are what a terminal begins its answers with.
    fn is_key(&self) -> bool {
        !self.wide && self.begun != Begun::Character && self.bytes.len() <= 2
    }

    /// Whether each byte of the sequence makes it wait anew.
    fn lasts(&self) -> bool {
        self.begun == Begun::Paste || self.is_key()
    }

    fn patience(&self) -> Duration {
        match self.begun {
            Begun::Paste => SILENCE_IN_PASTE,
            _ if self.is_key() => LONE,
            _ => SILENCE,
        }
    }

    /// Returns the event of a sequence that is whole.
    fn meaning(&self) -> Option<Event> {
        let is_text = matches!(self.begun, Begun::Text { .. });
        if self.too_long || is_text { None } else { meaning(&self.bytes) }
    }

    /// Returns the event of a sequence after which nothing more comes.
    fn as_it_is(&self) -> Option<Event> {
        match (self.begun, self.bytes.as_slice()) {
            (Begun::Paste, pasted) if !self.too_long => meaning(&[pasted, super::sequence::PASTE_ENDS].concat()),
            (Begun::Text { ending: true, .. }, _) => meaning(b"\x1b"),
            _ => self.cut_short(),
        }
    }

    /// Returns the event of a sequence whose rest does not come, since something else does: the keys that begin as
    /// answers do.
    fn cut_short(&self) -> Option<Event> {
        match (self.begun, self.bytes.as_slice()) {
            (Begun::Escape, _) => meaning(b"\x1b"),
            (_, [0x1b, key]) if self.is_key() => alt(*key),
            _ => None,
        }
    }
}

/// The key with alt held, of which terminput makes the beginning of something.
fn alt(key: u8) -> Option<Event> {
    let Event::Key(mut key) = meaning(&[key])? else { return None };
    key.modifiers |= crossterm::event::KeyModifiers::ALT;
    Some(Event::Key(key))
}

/// Whether a piece may be what an escape before it began, and not keys that were pressed after it.
fn continues_escape(piece: &[u8]) -> bool {
    matches!(piece, [b'[' | b']' | b'P' | b'X' | b'^' | b'_', ..] | [b'O', _])
}

/// The length of a piece's beginning that is the end of an answer whose own beginning somebody else has read, or that was
/// given up long ago. `soon`: somebody else had the terminal a moment ago, so that shorter ends are known too.
fn leftover(piece: &[u8], soon: bool) -> usize {
    let text = piece.iter().take_while(|byte| matches!(byte, 0x20..=0x7e)).count();
    let is_text = soon || text >= LEFTOVER_TEXT;
    match piece[text..] {
        [0x07, ..] if is_text && text > 0 => return text + 1,
        [0x1b, b'\\', ..] if is_text => return text + 2,
        _ => {}
    }
    let (begin, is_private) = match piece {
        [b'[', b'<'..=b'?', ..] => (1, true),
        _ => (0, false),
    };
    let numbers = begin + piece[begin..].iter().take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
    let is_numbers = soon && piece[..numbers].contains(&b';') && matches!(piece.first(), Some(b'0'..=b'?'));
    match piece.get(numbers) {
        Some(0x40..=0x7e) if is_private || is_numbers => numbers + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
