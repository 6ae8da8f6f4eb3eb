//! What was pressed, as the bytes that a terminal sends for it (xterm's control sequences).
//!
//! What the person's terminal answers never comes here: nothing of what an agent asks its terminal reaches the person's, so
//! an answer is one to somebody else, and an agent that got it would take it for keys.

mod told_apart;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use terminal::Emulator;
use vt100::{MouseProtocolEncoding, MouseProtocolMode, Screen};

/// The bytes for an event, by the modes that the agent has set; `None` for what is not sent.
pub(crate) fn encode(event: &Event, emulator: &Emulator) -> Option<String> {
    let screen = emulator.screen();
    match event {
        Event::Key(key) if emulator.keyboard().tells_apart() => told_apart::encode(*key, emulator.keyboard()),
        Event::Key(key) => encode_key(*key, screen.application_cursor()),
        Event::Paste(text) => {
            // What is pasted must not end the paste by itself.
            let text = text.replace("\u{1b}[201~", "").replace('\n', "\r");
            Some(if screen.bracketed_paste() { format!("\u{1b}[200~{text}\u{1b}[201~") } else { text })
        }
        Event::Mouse(mouse) => encode_mouse(*mouse, screen),
        Event::FocusGained => emulator.tells_focus().then(|| "\u{1b}[I".to_owned()),
        Event::FocusLost => emulator.tells_focus().then(|| "\u{1b}[O".to_owned()),
        Event::Resize(..) => None,
    }
}

/// Shift, alt and control as xterm counts them, and the others as kitty does.
fn modifiers(key: KeyModifiers) -> u8 {
    let bits = [
        (KeyModifiers::SHIFT, 1),
        (KeyModifiers::ALT, 2),
        (KeyModifiers::CONTROL, 4),
        (KeyModifiers::SUPER, 8),
        (KeyModifiers::HYPER, 16),
        (KeyModifiers::META, 32),
    ];
    1 + bits.iter().filter(|(bit, _)| key.contains(*bit)).map(|(_, n)| n).sum::<u8>()
}

/// The numbers of F5 to F20.
const FUNCTIONS: [u8; 16] = [15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34];

fn encode_key(key: KeyEvent, application: bool) -> Option<String> {
    let number = modifiers(key.modifiers);
    let alt = if key.modifiers.contains(KeyModifiers::ALT) { "\u{1b}" } else { "" };
    let letter = |letter: char| match (number, application) {
        (1, true) => format!("\u{1b}O{letter}"),
        (1, false) => format!("\u{1b}[{letter}"),
        (n, _) => format!("\u{1b}[1;{n}{letter}"),
    };
    let tilde = |code: u8| if number == 1 { format!("\u{1b}[{code}~") } else { format!("\u{1b}[{code};{number}~") };
    Some(match key.code {
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => {
            format!("{alt}{}", control(c).unwrap_or(c))
        }
        KeyCode::Char(c) => format!("{alt}{c}"),
        KeyCode::Enter => format!("{alt}\r"),
        KeyCode::Tab => format!("{alt}\t"),
        KeyCode::BackTab => format!("{alt}\u{1b}[Z"),
        KeyCode::Backspace if key.modifiers.contains(KeyModifiers::CONTROL) => format!("{alt}\u{8}"),
        KeyCode::Backspace => format!("{alt}\u{7f}"),
        KeyCode::Esc => format!("{alt}\u{1b}"),
        KeyCode::Up => letter('A'),
        KeyCode::Down => letter('B'),
        KeyCode::Right => letter('C'),
        KeyCode::Left => letter('D'),
        KeyCode::Home => letter('H'),
        KeyCode::End => letter('F'),
        KeyCode::Insert => tilde(2),
        KeyCode::Delete => tilde(3),
        KeyCode::PageUp => tilde(5),
        KeyCode::PageDown => tilde(6),
        KeyCode::F(n @ 1..=4) => {
            let last = char::from(b'P' + n - 1);
            if number == 1 { format!("\u{1b}O{last}") } else { format!("\u{1b}[1;{number}{last}") }
        }
        KeyCode::F(n @ 5..=20) => tilde(FUNCTIONS[usize::from(n - 5)]),
        KeyCode::Menu => tilde(29),
        KeyCode::KeypadBegin => letter('E'),
        _ => return None,
    })
}

/// The control character of a key.
fn control(c: char) -> Option<char> {
    Some(match c.to_ascii_lowercase() {
        c @ 'a'..='z' => char::from(c as u8 - b'a' + 1),
        ' ' | '@' | '2' => '\0',
        '[' | '3' => '\u{1b}',
        '\\' | '4' => '\u{1c}',
        ']' | '5' => '\u{1d}',
        '^' | '6' => '\u{1e}',
        '_' | '7' | '/' => '\u{1f}',
        '?' | '8' => '\u{7f}',
        _ => return None,
    })
}

fn encode_mouse(mouse: MouseEvent, screen: &Screen) -> Option<String> {
    let mode = screen.mouse_protocol_mode();
    let button = |button| match button {
        MouseButton::Left => 0,
        MouseButton::Middle => 1,
        MouseButton::Right => 2,
    };
    let drags = matches!(mode, MouseProtocolMode::ButtonMotion | MouseProtocolMode::AnyMotion);
    let (code, released) = match mouse.kind {
        _ if mode == MouseProtocolMode::None => return None,
        MouseEventKind::Down(b) => (button(b), false),
        MouseEventKind::Up(b) if mode != MouseProtocolMode::Press => (button(b), true),
        MouseEventKind::Drag(b) if drags => (button(b) + 32, false),
        MouseEventKind::Moved if mode == MouseProtocolMode::AnyMotion => (35, false),
        MouseEventKind::ScrollUp => (64, false),
        MouseEventKind::ScrollDown => (65, false),
        _ => return None,
    };
    // Shift stays with the person's terminal, for selecting text.
    let bits = [(KeyModifiers::ALT, 8), (KeyModifiers::CONTROL, 16)];
    let code = code + bits.iter().filter(|(bit, _)| mouse.modifiers.contains(*bit)).map(|(_, n)| n).sum::<u16>();
    let (x, y) = (mouse.column + 1, mouse.row + 1);
    // The line below is no part of it.
    if y > screen.size().0.get() {
        return None;
    }
    match screen.mouse_protocol_encoding() {
        MouseProtocolEncoding::Sgr => Some(format!("\u{1b}[<{code};{x};{y}{}", if released { 'm' } else { 'M' })),
        // The old way has one byte for each and none beyond column 223; text carries only those below 96.
        MouseProtocolEncoding::Default | MouseProtocolEncoding::Utf8 => {
            let code = if released { 3 } else { code };
            let part = |n: u16| char::from_u32(u32::from(n) + 32).filter(|_| n < 96);
            Some(format!("\u{1b}[M{}{}{}", part(code)?, part(x)?, part(y)?))
        }
    }
}

#[cfg(test)]
mod tests;
