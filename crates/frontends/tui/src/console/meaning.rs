//! What a whole sequence means. Terminput knows the keys, but takes some answers for keys and waits for the end of
//! others for ever: it is asked about what can be a key only.

use crossterm::event::Event;

use super::sequence::PASTE_BEGINS;

/// The key, click or paste that these bytes are; `None` for an answer, and for what no terminal sends.
pub(super) fn meaning(bytes: &[u8]) -> Option<Event> {
    match bytes {
        [0x1b, b'[', parameters @ .., last] if !parameters.is_empty() && !bytes.starts_with(PASTE_BEGINS) => {
            control(parameters, *last)
        }
        [0x1b, b'O', number @ .., last] => single(number, *last),
        _ => parse(bytes).filter(|event| !is_control_character(event)),
    }
}

fn control(parameters: &[u8], last: u8) -> Option<Event> {
    let whole = || [b"\x1b[", parameters, &[last]].concat();
    match (parameters, last) {
        // Linux's own console, and the old report of a click: three bytes, whatever they are.
        ([b'['] | [b'M', ..], _) => parse(&whole()),
        ([b'<', click @ ..], b'M' | b'm') if is_place(click) => parse(&whole()),
        (click, b'M') if is_place(click) => parse(&whole()),
        (_, b'M' | b'm') => None,
        // Where the cursor is. Xterm's F3 with shift or control looks the same where the cursor is in the first line.
        (_, b'R') => None,
        // Xterm's other way to say which key it was.
        ([b'2', b'7', b';', key @ ..], b'~') => {
            let (modifiers, code) = std::str::from_utf8(key).ok()?.split_once(';')?;
            parse(format!("\u{1b}[{code};{modifiers}u").as_bytes())
        }
        // Private answers begin with one of these, and others have a sign before their last byte; keys have neither.
        _ if parameters.iter().all(|byte| matches!(byte, b'0'..=b';')) => parse(&whole()),
        _ => None,
    }
}

/// A key of the block of digits, or one with a modifier as old terminals count it.
fn single(number: &[u8], last: u8) -> Option<Event> {
    match (number, last) {
        ([], b'M') => parse(b"\r"),
        ([], b'X') => parse(b"="),
        ([], b'j'..=b'y') => parse(&[last - b'j' + b'*']),
        ([], _) => parse(&[0x1b, b'O', last]),
        (number, _) => parse(&[b"\x1b[1;", number, &[last]].concat()),
    }
}

/// Whether a click has a column and a row: they are counted from 1, and from them 1 is taken away.
fn is_place(parameters: &[u8]) -> bool {
    let parts: Vec<&[u8]> = parameters.split(|byte| *byte == b';').collect();
    parts.len() == 3
        && parts.iter().all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
        && parts[1..].iter().all(|part| part.iter().any(|byte| *byte != b'0'))
}

fn parse(bytes: &[u8]) -> Option<Event> {
    let event = terminput::Event::parse_from(bytes).ok().flatten()?;
    terminput_crossterm::to_crossterm(event).ok()
}

/// Whether this is a character that no key has: the control characters beyond ASCII.
fn is_control_character(event: &Event) -> bool {
    let code = event.as_key_event().map(|key| key.code);
    matches!(code, Some(crossterm::event::KeyCode::Char('\u{80}'..='\u{9f}')))
}
