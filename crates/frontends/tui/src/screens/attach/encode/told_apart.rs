//! Keys for a program that wants those told apart which are one byte otherwise (kitty's keyboard protocol).

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use terminal::Keyboard;

use super::{FUNCTIONS, modifiers};

/// The bytes of a key; `None` for one that has none.
pub(super) fn encode(key: KeyEvent, keyboard: &Keyboard) -> Option<String> {
    let shifts = if key.code == KeyCode::BackTab { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    let number = modifiers(key.modifiers | shifts);
    let sequence = |code: u32, end: char| match number {
        1 => format!("\u{1b}[{code}{end}"),
        n => format!("\u{1b}[{code};{n}{end}"),
    };
    let letter = |letter: char| match number {
        1 => format!("\u{1b}[{letter}"),
        n => format!("\u{1b}[1;{n}{letter}"),
    };
    // So that somebody can type a way out of a program that left the keyboard so.
    let as_ever = |byte: &str, code| match (number, keyboard.tells_all()) {
        (1, false) => byte.to_owned(),
        _ => sequence(code, 'u'),
    };
    Some(match key.code {
        KeyCode::Char(c) => {
            let text = key.modifiers - KeyModifiers::SHIFT;
            // The key is named by the letter that it has without shift.
            let plain = c.to_lowercase().next().unwrap_or(c);
            if text.is_empty() && !keyboard.tells_all() { c.to_string() } else { sequence(plain.into(), 'u') }
        }
        KeyCode::Esc => sequence(27, 'u'),
        KeyCode::Enter => as_ever("\r", 13),
        KeyCode::Tab | KeyCode::BackTab => as_ever("\t", 9),
        KeyCode::Backspace => as_ever("\u{7f}", 127),
        KeyCode::Up => letter('A'),
        KeyCode::Down => letter('B'),
        KeyCode::Right => letter('C'),
        KeyCode::Left => letter('D'),
        KeyCode::KeypadBegin => letter('E'),
        KeyCode::Home => letter('H'),
        KeyCode::End => letter('F'),
        KeyCode::Insert => sequence(2, '~'),
        KeyCode::Delete => sequence(3, '~'),
        KeyCode::PageUp => sequence(5, '~'),
        KeyCode::PageDown => sequence(6, '~'),
        // Where the cursor is looks like F3 as xterm tells it.
        KeyCode::F(3) => sequence(13, '~'),
        KeyCode::F(n @ 1..=4) => letter(char::from(b'P' + n - 1)),
        KeyCode::F(n @ 5..=12) => sequence(FUNCTIONS[usize::from(n - 5)].into(), '~'),
        KeyCode::F(n @ 13..=35) => sequence(57_376 + u32::from(n - 13), 'u'),
        KeyCode::ScrollLock => sequence(57_359, 'u'),
        KeyCode::PrintScreen => sequence(57_361, 'u'),
        KeyCode::Pause => sequence(57_362, 'u'),
        KeyCode::Menu => sequence(57_363, 'u'),
        _ => return None,
    })
}
