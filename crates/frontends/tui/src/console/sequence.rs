//! Where what a terminal sends begins and ends, by ECMA-48 and what xterm, kitty and others made of it. It is cut
//! apart before anybody asks what it means: what means nothing here is left out whole, and none of it is a key.

/// The kind of a sequence that is not yet whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    /// A character, which may be one of several bytes.
    Character,
    Escape,
    /// Parameters and a last byte.
    Control,
    /// F1 to F5 of Linux's own console, which are a `[` longer.
    Console,
    /// A letter that must follow, for keys of other modes.
    Single,
    /// A text until its end. `wide`: eight-bit bytes began it and may end it; `ending`: an escape stood last.
    Text {
        wide: bool,
        ending: bool,
    },
    /// The old report of a click: as many bytes are missing.
    Click(u8),
    Paste,
}

/// The effect of one more byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SequenceStep {
    /// The sequence goes on as this kind.
    On(Begun),
    /// The sequence is whole with this byte.
    Whole,
    /// The byte is no part of the sequence, which has no end then, and begins something else.
    Apart,
}

pub(super) const PASTE_BEGINS: &[u8] = b"\x1b[200~";
pub(super) const PASTE_ENDS: &[u8] = b"\x1b[201~";

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// How a first byte goes on; `None` when it is whole by itself.
pub(super) fn begin(byte: u8) -> Option<Begun> {
    match byte {
        ESCAPE => Some(Begun::Escape),
        // The same beginnings in one byte, as a terminal sends them that was told to.
        0x9b => Some(Begun::Control),
        0x8f => Some(Begun::Single),
        0x90 | 0x98 | 0x9d..=0x9f => Some(Begun::Text { wide: true, ending: false }),
        0xc2..=0xf4 => Some(Begun::Character),
        _ => None,
    }
}

/// Returns what a byte makes of a sequence that was begun; `before` is all that stands before it, from the escape on.
pub(super) fn go_on(begun: Begun, before: &[u8], byte: u8) -> SequenceStep {
    match begun {
        Begun::Character => character(before, byte),
        Begun::Escape => match byte {
            b'[' => SequenceStep::On(Begun::Control),
            b'O' => SequenceStep::On(Begun::Single),
            b']' | b'P' | b'X' | b'^' | b'_' => SequenceStep::On(Begun::Text { wide: false, ending: false }),
            // Two escapes are the key, and then whatever the second one begins.
            ESCAPE | 0x80..=0xc1 | 0xf5.. => SequenceStep::Apart,
            0xc2..=0xf4 => SequenceStep::On(Begun::Character),
            _ => SequenceStep::Whole,
        },
        Begun::Control => match (byte, before) {
            (b'[', b"\x1b[") => SequenceStep::On(Begun::Console),
            (b'M', b"\x1b[") => SequenceStep::On(Begun::Click(3)),
            (b'~', b"\x1b[200") => SequenceStep::On(Begun::Paste),
            (0x20..=0x3f, _) => SequenceStep::On(begun),
            (0x40..=0x7e, _) => SequenceStep::Whole,
            _ => SequenceStep::Apart,
        },
        Begun::Console if byte.is_ascii_alphabetic() => SequenceStep::Whole,
        Begun::Single if byte.is_ascii_digit() => SequenceStep::On(begun),
        Begun::Single if (0x40..=0x7e).contains(&byte) => SequenceStep::Whole,
        Begun::Console | Begun::Single => SequenceStep::Apart,
        Begun::Text { ending: true, .. } if byte == b'\\' => SequenceStep::Whole,
        Begun::Text { ending: true, .. } => SequenceStep::Apart,
        Begun::Text { wide, ending: false } => match byte {
            BELL => SequenceStep::Whole,
            0x9c if wide => SequenceStep::Whole,
            ESCAPE => SequenceStep::On(Begun::Text { wide, ending: true }),
            // No answer has control characters in it: this is a key of somebody who waits for the end in vain.
            0..0x20 | 0x7f => SequenceStep::Apart,
            _ => SequenceStep::On(begun),
        },
        Begun::Click(1) => SequenceStep::Whole,
        Begun::Click(missing) => SequenceStep::On(Begun::Click(missing - 1)),
        Begun::Paste if byte == b'~' && before.ends_with(&PASTE_ENDS[..PASTE_ENDS.len() - 1]) => SequenceStep::Whole,
        Begun::Paste => SequenceStep::On(begun),
    }
}

/// As [`go_on`], within a character, which may stand behind an escape.
fn character(before: &[u8], byte: u8) -> SequenceStep {
    let bytes = before.strip_prefix(&[ESCAPE]).unwrap_or(before);
    let len = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        _ => 4,
    };
    match byte {
        0x80..=0xbf if bytes.len() + 1 == len => SequenceStep::Whole,
        0x80..=0xbf => SequenceStep::On(Begun::Character),
        _ => SequenceStep::Apart,
    }
}
