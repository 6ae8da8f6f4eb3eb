//! What is sent for each key, as programs inside read it.

use super::*;

/// A terminal whose program has written this.
fn after(written: &str) -> Emulator {
    let mut emulator = Emulator::new(80, 24, 0, 256);
    emulator.process(written.as_bytes(), |_, _| {});
    emulator
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

#[test]
fn keys_are_sent_as_xterm_sends_them() {
    let plain = after("");
    for (event, bytes) in [
        (key(KeyCode::Char('a'), KeyModifiers::NONE), "a"),
        (key(KeyCode::Char('A'), KeyModifiers::SHIFT), "A"),
        (key(KeyCode::Char('c'), KeyModifiers::CONTROL), "\u{3}"),
        (key(KeyCode::Char('x'), KeyModifiers::ALT), "\u{1b}x"),
        (key(KeyCode::Up, KeyModifiers::NONE), "\u{1b}[A"),
        (key(KeyCode::Left, KeyModifiers::CONTROL), "\u{1b}[1;5D"),
        (key(KeyCode::F(5), KeyModifiers::NONE), "\u{1b}[15~"),
        (key(KeyCode::PageUp, KeyModifiers::SHIFT), "\u{1b}[5;2~"),
        (key(KeyCode::Char('4'), KeyModifiers::CONTROL), "\u{1c}"),
        (key(KeyCode::Char('1'), KeyModifiers::CONTROL), "1"),
        (key(KeyCode::BackTab, KeyModifiers::SHIFT), "\u{1b}[Z"),
        (key(KeyCode::Tab, KeyModifiers::ALT), "\u{1b}\t"),
        (key(KeyCode::Esc, KeyModifiers::ALT), "\u{1b}\u{1b}"),
        (key(KeyCode::Backspace, KeyModifiers::CONTROL), "\u{8}"),
        (key(KeyCode::Right, KeyModifiers::ALT | KeyModifiers::SHIFT), "\u{1b}[1;4C"),
        (key(KeyCode::F(2), KeyModifiers::CONTROL), "\u{1b}[1;5Q"),
        (key(KeyCode::F(11), KeyModifiers::CONTROL), "\u{1b}[23;5~"),
        (key(KeyCode::F(13), KeyModifiers::NONE), "\u{1b}[25~"),
        (key(KeyCode::F(20), KeyModifiers::NONE), "\u{1b}[34~"),
        (key(KeyCode::KeypadBegin, KeyModifiers::NONE), "\u{1b}[E"),
        (Event::Paste("a\nb".to_owned()), "a\rb"),
    ] {
        assert_eq!(encode(&event, &plain).as_deref(), Some(bytes), "{event:?}");
    }
    let modes = after("\u{1b}[?1h\u{1b}[?2004h\u{1b}[?1000h\u{1b}[?1006h");
    let up = key(KeyCode::Up, KeyModifiers::NONE);
    assert_eq!(encode(&up, &modes).as_deref(), Some("\u{1b}OA"));
    let hostile = Event::Paste("x\u{1b}[201~rm\n".to_owned());
    assert_eq!(encode(&hostile, &modes).as_deref(), Some("\u{1b}[200~xrm\r\u{1b}[201~"));
    let click =
        MouseEvent { kind: MouseEventKind::Down(MouseButton::Left), column: 9, row: 4, modifiers: KeyModifiers::NONE };
    assert_eq!(encode(&Event::Mouse(click), &modes).as_deref(), Some("\u{1b}[<0;10;5M"));
    assert_eq!(encode(&Event::Mouse(click), &plain), None);
}

#[test]
fn keys_are_told_apart_on_request() {
    let (apart, all) = (after("\u{1b}[>1u"), after("\u{1b}[=9u"));
    let (none, shift, ctrl) = (KeyModifiers::NONE, KeyModifiers::SHIFT, KeyModifiers::CONTROL);
    for (event, once, always) in [
        (key(KeyCode::Char('a'), none), "a", "\u{1b}[97u"),
        (key(KeyCode::Char('A'), shift), "A", "\u{1b}[97;2u"),
        (key(KeyCode::Char('é'), none), "é", "\u{1b}[233u"),
        (key(KeyCode::Char('i'), ctrl), "\u{1b}[105;5u", "\u{1b}[105;5u"),
        (key(KeyCode::Char('C'), ctrl | shift), "\u{1b}[99;6u", "\u{1b}[99;6u"),
        (key(KeyCode::Char('x'), KeyModifiers::ALT), "\u{1b}[120;3u", "\u{1b}[120;3u"),
        (key(KeyCode::Esc, none), "\u{1b}[27u", "\u{1b}[27u"),
        (key(KeyCode::Enter, none), "\r", "\u{1b}[13u"),
        (key(KeyCode::Enter, shift), "\u{1b}[13;2u", "\u{1b}[13;2u"),
        (key(KeyCode::Tab, none), "\t", "\u{1b}[9u"),
        (key(KeyCode::BackTab, shift), "\u{1b}[9;2u", "\u{1b}[9;2u"),
        (key(KeyCode::Backspace, ctrl), "\u{1b}[127;5u", "\u{1b}[127;5u"),
        (key(KeyCode::Up, none), "\u{1b}[A", "\u{1b}[A"),
        (key(KeyCode::Up, ctrl), "\u{1b}[1;5A", "\u{1b}[1;5A"),
        (key(KeyCode::F(3), none), "\u{1b}[13~", "\u{1b}[13~"),
        (key(KeyCode::F(13), none), "\u{1b}[57376u", "\u{1b}[57376u"),
        (key(KeyCode::Delete, none), "\u{1b}[3~", "\u{1b}[3~"),
    ] {
        assert_eq!(encode(&event, &apart).as_deref(), Some(once), "{event:?}");
        assert_eq!(encode(&event, &all).as_deref(), Some(always), "{event:?} of all");
    }
    let before = after("\u{1b}[>1u\u{1b}[<u");
    assert_eq!(encode(&key(KeyCode::Esc, none), &before).as_deref(), Some("\u{1b}"));
}

#[test]
fn mere_motion_is_told_on_request() {
    let moved = |row| {
        let kind = MouseEventKind::Moved;
        Event::Mouse(MouseEvent { kind, column: 9, row, modifiers: KeyModifiers::NONE })
    };
    let (any, drags) = (after("\u{1b}[?1003;1006h"), after("\u{1b}[?1002;1006h"));
    assert_eq!(encode(&moved(4), &any).as_deref(), Some("\u{1b}[<35;10;5M"));
    assert_eq!(encode(&moved(24), &any), None, "what is below its screen is none of its");
    assert_eq!(encode(&moved(4), &drags), None);
}
