//! What a program that asks its terminal is answered. Every answer is true of the screen that a person attaches to, and
//! none has text in it that the program wrote, so that whoever takes it for keys gets nothing of somebody else's.

use std::fmt::Write;

use vt100::{Color, MouseProtocolEncoding, MouseProtocolMode, Screen};

use crate::TERM;
use crate::emulator::Emulator;
use crate::piece::{Control, Strings, TerminalPiece};

/// A VT220 with colours.
const PRIMARY: &str = "\u{1b}[?62;22c";
/// A VT220; programs look at the number to know that the mouse is told in decimals.
const SECONDARY: &str = "\u{1b}[>1;1000;0c";

/// How the terminal looks to whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looks {
    /// Dark text stands on a light ground.
    pub light: bool,
    /// Colours of 24 bits are shown.
    pub true_colour: bool,
}

/// The answer to what was just said, if it is a question that has one.
pub fn answer(emulator: &Emulator, piece: TerminalPiece<'_>, looks: Looks) -> Option<String> {
    match piece {
        TerminalPiece::Text(_) => None,
        TerminalPiece::Escape(escape) => (escape == b"Z").then(|| PRIMARY.to_owned()),
        TerminalPiece::Control(control) => control_answer(emulator, &control, looks),
        TerminalPiece::String { kind: Strings::Osc, text, bell } => colours(text, bell, looks),
        TerminalPiece::String { kind: Strings::Dcs, text, .. } => match text {
            [b'$', b'q', asked @ ..] => Some(setting(emulator, asked)),
            [b'+', b'q', asked @ ..] => Some(capabilities(asked, looks)),
            _ => None,
        },
        TerminalPiece::String { kind: Strings::Other, .. } => None,
    }
}

fn control_answer(emulator: &Emulator, control: &Control<'_>, looks: Looks) -> Option<String> {
    let screen = emulator.screen();
    let (rows, columns) = screen.size();
    let first = control.numbers(0).next().unwrap_or(0);
    Some(match (control.private, control.between, control.last) {
        (None, [], b'c') if first == 0 => PRIMARY.to_owned(),
        (Some(b'>'), [], b'c') if first == 0 => SECONDARY.to_owned(),
        (Some(b'='), [], b'c') if first == 0 => "\u{1b}P!|00000000\u{1b}\\".to_owned(),
        (None, [], b'n') if first == 5 => "\u{1b}[0n".to_owned(),
        (private @ (None | Some(b'?')), [], b'n') if first == 6 => {
            let (row, column) = screen.cursor_position();
            // Where the next character begins a new line the cursor still stands on the last column.
            let (row, column) = (row + 1, (column + 1).min(columns.get()));
            match private {
                None => format!("\u{1b}[{row};{column}R"),
                Some(_) => format!("\u{1b}[?{row};{column};1R"),
            }
        }
        (Some(b'?'), [], b'n') if first == 996 => format!("\u{1b}[?997;{}n", if looks.light { 2 } else { 1 }),
        (Some(b'>'), [], b'q') if first == 0 => {
            format!("\u{1b}P>|pilothouse {}\u{1b}\\", env!("CARGO_PKG_VERSION"))
        }
        (Some(b'?'), [], b'u') => format!("\u{1b}[?{}u", emulator.keyboard().flags()),
        (Some(b'?'), b"$", b'p') => format!("\u{1b}[?{first};{}$y", mode(emulator, first)),
        (None, b"$", b'p') => format!("\u{1b}[{first};0$y"),
        // Keys are modified in kitty's way alone.
        (Some(b'?'), [], b'm') if first == 4 => "\u{1b}[>4;0m".to_owned(),
        // There are no pictures.
        (Some(b'?'), [], b'S') => format!("\u{1b}[?{first};1;0S"),
        (None, [], b't') => match first {
            11 => "\u{1b}[1t".to_owned(),
            13 => "\u{1b}[3;0;0t".to_owned(),
            // How large a cell is nobody knows while nobody is attached; the kernel says the same.
            14 => "\u{1b}[4;0;0t".to_owned(),
            15 => "\u{1b}[5;0;0t".to_owned(),
            16 => "\u{1b}[6;0;0t".to_owned(),
            18 => format!("\u{1b}[8;{rows};{columns}t"),
            19 => format!("\u{1b}[9;{rows};{columns}t"),
            _ => return None,
        },
        _ => return None,
    })
}

/// Whether a private mode is on (1), off (2), always on (3), or not known (0).
fn mode(emulator: &Emulator, mode: u16) -> u8 {
    let screen = emulator.screen();
    let mouse = screen.mouse_protocol_mode();
    let encoding = screen.mouse_protocol_encoding();
    let on = match mode {
        1 => screen.application_cursor(),
        7 => return 3,
        9 => mouse == MouseProtocolMode::Press,
        25 => !screen.hide_cursor(),
        47 | 1049 => screen.alternate_screen(),
        66 => screen.application_keypad(),
        1000 => mouse == MouseProtocolMode::PressRelease,
        1002 => mouse == MouseProtocolMode::ButtonMotion,
        1003 => mouse == MouseProtocolMode::AnyMotion,
        1004 => emulator.tells_focus(),
        1005 => encoding == MouseProtocolEncoding::Utf8,
        1006 => encoding == MouseProtocolEncoding::Sgr,
        2004 => screen.bracketed_paste(),
        _ => return 0,
    };
    if on { 1 } else { 2 }
}

/// The colours of text, ground and cursor, where they are asked for.
fn colours(text: &[u8], bell: bool, looks: Looks) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let (first, asked) = text.split_once(';')?;
    let first: u8 = first.parse().ok().filter(|n| (10..=12).contains(n))?;
    let end = if bell { "\u{7}" } else { "\u{1b}\\" };
    let (dark, light) = ("0000/0000/0000", "ffff/ffff/ffff");
    let mut said = String::new();
    // One may ask for those that follow it too.
    for (n, _) in (first..=12).zip(asked.split(';')).filter(|(_, asked)| *asked == "?") {
        let colour = if (n == 11) == looks.light { light } else { dark };
        said.push_str(&format!("\u{1b}]{n};rgb:{colour}{end}"));
    }
    (!said.is_empty()).then_some(said)
}

/// The reply to a question for a setting (DECRQSS): looks of text, and the cursor's; others are not told.
fn setting(emulator: &Emulator, asked: &[u8]) -> String {
    let set = match asked {
        b"m" => format!("{}m", rendition(emulator.screen())),
        b" q" => format!("{} q", emulator.cursor()),
        _ => return "\u{1b}P0$r\u{1b}\\".to_owned(),
    };
    format!("\u{1b}P1$r{set}\u{1b}\\")
}

fn rendition(screen: &Screen) -> String {
    let mut said = "0".to_owned();
    let weights =
        [(screen.bold(), 1), (screen.dim(), 2), (screen.italic(), 3), (screen.underline(), 4), (screen.inverse(), 7)];
    for (_, number) in weights.iter().filter(|(is, _)| *is) {
        said.push_str(&format!(";{number}"));
    }
    for (colour, begin) in [(screen.fgcolor(), 30), (screen.bgcolor(), 40)] {
        let written = match colour {
            Color::Default => Ok(()),
            Color::Idx(n @ 0..=7) => write!(said, ";{}", begin + u16::from(n)),
            Color::Idx(n @ 8..=15) => write!(said, ";{}", begin + 52 + u16::from(n)),
            Color::Idx(n) => write!(said, ";{}:5:{n}", begin + 8),
            Color::Rgb(r, g, b) => write!(said, ";{}:2::{r}:{g}:{b}", begin + 8),
        };
        written.expect("a string takes all that is written");
    }
    said
}

/// The replies to a question for capabilities of terminfo (XTGETTCAP), by their names in hexadecimal.
fn capabilities(asked: &[u8], looks: Looks) -> String {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let known = [("TN", TERM), ("Co", "256"), ("colors", "256"), ("RGB", "8/8/8")];
    let known = known.iter().filter(|(name, _)| *name != "RGB" || looks.true_colour);
    let known: Vec<_> = known.map(|(name, value)| (hex(name), hex(value))).collect();
    let mut said = String::new();
    for name in asked.split(|byte| *byte == b';').take(16) {
        let found = known.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name));
        said.push_str(&match found {
            Some((name, value)) => format!("\u{1b}P1+r{name}={value}\u{1b}\\"),
            None => "\u{1b}P0+r\u{1b}\\".to_owned(),
        });
    }
    said
}

#[cfg(test)]
mod tests;
