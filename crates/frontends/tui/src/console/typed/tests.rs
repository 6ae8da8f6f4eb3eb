//! Streams cut at every byte: keys are heard, answers are not.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEventKind};

use super::*;

const STREAM: &[u8] =
    "jK\u{1b}[A\u{1b}[1;5C\u{1b}[200~two\nlines ü\u{1b}[201~ü\u{1b}[<0;12;7M\u{1b}j\u{1b}OM\r\u{1b}[27;5;106~"
        .as_bytes();

/// Answers of terminals, by who asked for what.
const ANSWERS: &[&[u8]] = &[
    // Colours, a palette's colour, the clipboard, a title: ended by a bell, by ST, by the one byte for it.
    b"\x1b]11;rgb:3030/3434/4646\x07",
    b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\",
    b"\x1b]4;1;rgb:cdcd/0000/0000\x1b\\",
    b"\x1b]52;c;cHhEUkQ=\x1b\\",
    b"\x1b]lnvim R D x\x1b\\",
    b"\x9d11;rgb:3030/3434/4646\x9c",
    // XTVERSION, XTGETTCAP, DECRQSS, DA3; kitty graphics; a private message; SOS.
    b"\x1bP>|tmux 3.3a\x1b\\",
    b"\x1bP1+r524742=38\x1b\\",
    b"\x1bP1$r0m\x1b\\",
    b"\x1bP!|7E565445\x1b\\",
    b"\x90>|XTerm(390)\x9c",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b^x D r\x1b\\",
    b"\x1bXx D r\x1b\\",
    // DA1, DA2, DSR, CPR, DECXCPR, DECREPTPARM.
    b"\x1b[?62;22c",
    b"\x1b[?1;2;4c",
    b"\x1b[>84;0;0c",
    b"\x1b[=1c",
    b"\x1b[0n",
    b"\x1b[24;80R",
    b"\x1b[1;5R",
    b"\x1b[?24;80;1R",
    b"\x1b[2;1;1;128;128;1;0x",
    // DECRPM, colour scheme, kitty keyboard, modifyOtherKeys, pixels, sizes, an in-band resize, a locator, XTSMGRAPHICS.
    b"\x1b[?2026;2$y",
    b"\x1b[4;1$y",
    b"\x1b[?997;1n",
    b"\x1b[?0u",
    b"\x1b[?31u",
    b"\x1b[>4;2m",
    b"\x1b[4;600;800t",
    b"\x1b[8;24;80t",
    b"\x1b[48;24;80;600;800t",
    b"\x1b[1;2;3;4;0&w",
    b"\x1b[?2;0;640;480S",
    b"\x1b[>1;2 q",
    b"\x9b?62;22c",
    // A click outside of everything.
    b"\x1b[<0;0;0M",
];

fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn with(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

/// Returns the events of pieces with a time between; whatever is due to be given up in between is.
fn heard(pieces: &[&[u8]], between: Duration) -> Vec<Event> {
    let mut now = Instant::now();
    let mut typed = TypedInput::new(now - LEFTOVERS);
    let mut events = Vec::new();
    for piece in pieces {
        events.extend(typed.take(piece, now));
        now += between;
        if typed.gives_up_at().is_some_and(|at| at <= now) {
            events.extend(typed.give_up(now));
        }
    }
    if typed.gives_up_at().is_some() {
        events.extend(typed.give_up(now));
    }
    events
}

const SOON: Duration = Duration::from_millis(20);
const LATE: Duration = Duration::from_millis(700);

#[test]
fn cutting_input_changes_no_key() {
    let whole = heard(&[STREAM], SOON);
    assert_eq!(whole.len(), 11, "{whole:?}");
    assert_eq!(whole[4], Event::Paste("two\nlines ü".to_owned()));
    assert_eq!(whole[7], with(KeyCode::Char('j'), KeyModifiers::ALT));
    assert_eq!(whole[8], key(KeyCode::Enter), "of the block of digits");
    assert_eq!(whole[10], with(KeyCode::Char('j'), KeyModifiers::CONTROL));
    for at in 0..STREAM.len() {
        let (before, after) = STREAM.split_at(at);
        assert_eq!(heard(&[before, after], SOON), whole, "cut at {at}");
    }
    let bytes: Vec<&[u8]> = STREAM.chunks(1).collect();
    assert_eq!(heard(&bytes, Duration::from_millis(1)), whole);
}

#[test]
fn cutting_an_answer_makes_no_key() {
    let after = [key(KeyCode::Char('q')), key(KeyCode::Up)];
    for answer in ANSWERS {
        let shown = answer.escape_ascii();
        assert_eq!(heard(&[*answer, b"q\x1b[A"], SOON), after, "{shown}");
        assert_eq!(heard(&[[*answer, b"q\x1b[A"].concat().as_slice()], SOON), after, "{shown} and keys at once");
        for cut in 1..answer.len() {
            let (begin, end) = answer.split_at(cut);
            assert_eq!(heard(&[begin, end, b"q\x1b[A"], SOON), after, "{shown} cut at {cut}");
            // A lone escape is a key by then; nothing else of an answer is.
            let late = heard(&[begin, end, b"q", b"\x1b[A"], LATE);
            let alone = begin.len() <= 2 && begin[0] == 0x1b;
            assert_eq!(late[usize::from(alone && late.len() > 2)..], after, "{shown} cut at {cut}, the rest late");
        }
        let bytes: Vec<&[u8]> = answer.chunks(1).chain([&b"q\x1b[A"[..]]).collect();
        assert_eq!(heard(&bytes, Duration::from_millis(1)), after, "{shown} byte by byte");
    }
}

#[test]
fn a_foreign_answers_rest_is_no_key() {
    for answer in ANSWERS.iter().filter(|answer| answer[0] == 0x1b && answer.len() > 6) {
        let now = Instant::now();
        let is_text = !answer.starts_with(b"\x1b[");
        let rests = (2..answer.len() - 1).map(|cut| &answer[cut..]);
        for rest in rests.filter(|rest| rest.len() > 2 && (is_text || rest.contains(&b';'))) {
            let shown = rest.escape_ascii();
            assert_eq!(TypedInput::new(now).take(rest, now), [], "{shown}");
        }
    }
}

#[test]
fn an_answer_without_escape_is_no_key() {
    let hour = Duration::from_secs(3600);
    for answer in ANSWERS.iter().filter(|answer| answer[0] == 0x1b && answer.len() > 6) {
        let is_control = answer.starts_with(b"\x1b[");
        if is_control && !matches!(answer[2], b'<'..=b'?') {
            continue;
        }
        assert_eq!(heard(&[b"\x1b", &answer[1..]], hour)[1..], [], "{}", answer.escape_ascii());
    }
    // Keys that are pressed after an escape are keys, also where a slow line brings them together.
    let keys = |text: &str| text.chars().map(|c| key(KeyCode::Char(c))).collect::<Vec<_>>();
    for typed in ["]c", "otext", "Pq", "[[", "dd:w"] {
        let heard = heard(&[b"\x1b", typed.as_bytes()], hour);
        let codes: Vec<_> = heard[1..].iter().filter_map(|event| Some(key(event.as_key_event()?.code))).collect();
        assert_eq!(codes, keys(typed), "{typed}");
    }
}

#[test]
fn a_lone_escape_becomes_a_key_later() {
    let now = Instant::now();
    let mut typed = TypedInput::new(now);
    assert_eq!(typed.take(b"\x1b", now), []);
    assert_eq!(typed.gives_up_at(), Some(now + LONE));
    assert_eq!(typed.give_up(now + LONE), [key(KeyCode::Esc)]);
    assert_eq!(typed.take(b"j", now + LONE), [key(KeyCode::Char('j'))]);
    assert_eq!(typed.gives_up_at(), None);
    assert_eq!(heard(&[b"\x1b\x1b"], SOON), [key(KeyCode::Esc), key(KeyCode::Esc)]);
    assert_eq!(heard(&[b"\x1b", b"jk"], LATE), [KeyCode::Esc, KeyCode::Char('j'), KeyCode::Char('k')].map(key));
    assert_eq!(heard(&[b"\x1b]"], SOON), [with(KeyCode::Char(']'), KeyModifiers::ALT)]);
    assert_eq!(heard(&[b"\x1b\x1b[A"], SOON), [key(KeyCode::Esc), key(KeyCode::Up)]);
}

#[test]
fn an_unended_answer_eats_keys_briefly() {
    for begun in [&b"\x1b]11;rgb:30"[..], b"\x1bP>|tmux", b"\x1b[?2026", b"\x1b_Gi", b"\x1b[M ", b"\xe2\x82"] {
        let mut now = Instant::now();
        let mut typed = TypedInput::new(now);
        assert_eq!(typed.take(begun, now), []);
        // Keys that are pressed one by one don't keep it alive.
        for _ in 0..12 {
            now += Duration::from_millis(100);
            if typed.gives_up_at().is_some_and(|at| at <= now) {
                typed.give_up(now);
            }
            typed.take(b" ", now);
        }
        assert_eq!(typed.take(b"q", now), [key(KeyCode::Char('q'))], "{}", begun.escape_ascii());
    }
    // Keys that are in no answer are heard at once.
    let ctrl_c = with(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(heard(&[b"\x1b]11;rgb", b"\x03", b"q"], SOON), [ctrl_c, key(KeyCode::Char('q'))]);
    assert_eq!(heard(&[b"\x1b[?20", b"\r", b"q"], SOON), [key(KeyCode::Enter), key(KeyCode::Char('q'))]);
    assert_eq!(heard(&[b"\x1b]11;rgb\x1b[A"], SOON), [key(KeyCode::Up)]);
    let endless = [&b"\x1b]52;c;"[..], &vec![b'A'; 1 << 20], b"\x07q"].concat();
    let pieces: Vec<&[u8]> = endless.chunks(4096).collect();
    assert_eq!(heard(&pieces, SOON), [key(KeyCode::Char('q'))]);
}

#[test]
fn a_paste_without_an_end_is_pasted() {
    assert_eq!(heard(&[b"\x1b[200~rm -rf x\n"], SOON), [Event::Paste("rm -rf x\n".to_owned())]);
    assert_eq!(heard(&[b"\x1b[200~a", b"b\x1b[201~"], LATE), [Event::Paste("ab".to_owned())]);
    let endless = [&b"\x1b[200~"[..], &vec![b'x'; LONGEST_PASTE + 9], b"\x1b[201~q"].concat();
    assert_eq!(heard(&[&endless], SOON), [key(KeyCode::Char('q'))], "one that is too long is no text and no keys");
}

#[test]
fn keys_of_other_modes_are_heard() {
    for (bytes, wanted) in [
        (&b"\x1bOM"[..], key(KeyCode::Enter)),
        (b"\x1b[57414u", key(KeyCode::Enter)),
        (b"\x1bOq", key(KeyCode::Char('1'))),
        (b"\x1bO5C", with(KeyCode::Right, KeyModifiers::CONTROL)),
        (b"\x1b[[B", key(KeyCode::F(2))),
        (b"\x1b[97;5u", with(KeyCode::Char('a'), KeyModifiers::CONTROL)),
        (b"\x1b[3;5~", with(KeyCode::Delete, KeyModifiers::CONTROL)),
        (b"\x1b[1;2S", with(KeyCode::F(4), KeyModifiers::SHIFT)),
        (b"\x1b[R", key(KeyCode::F(3))),
        (b"\x9bB", key(KeyCode::Down)),
        ("\u{1b}ü".as_bytes(), with(KeyCode::Char('ü'), KeyModifiers::ALT)),
    ] {
        let heard = heard(&[bytes], SOON);
        let plain =
            heard.first().and_then(Event::as_key_event).map(|key| Event::Key(KeyEvent::new(key.code, key.modifiers)));
        assert_eq!((plain.as_ref(), heard.len()), (Some(&wanted), 1), "{}", bytes.escape_ascii());
    }
}

#[test]
fn what_no_terminal_sends_is_left_out() {
    let q = key(KeyCode::Char('q'));
    assert_eq!(heard(&[b"\x1b[999;999;9999z\xff\xc2\x9b\xc3q"], SOON), std::slice::from_ref(&q));
    // Any bytes: nothing breaks, and after a moment a key is heard.
    let mut state: u64 = 7;
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..12)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let n = state.to_le_bytes()[5];
                if n < 90 { b"\x1b[]OP_;0<M~u9?:"[usize::from(n) % 15] } else { n }
            })
            .collect();
        let events = heard(&[bytes.as_slice(), b"q"], SILENCE_IN_PASTE);
        assert_eq!(events.last(), Some(&q), "{}", bytes.escape_ascii());
    }
}

#[test]
fn number_block_keys_are_heard() {
    for (bytes, code) in [
        (b"\x1bOM".as_slice(), KeyCode::Enter),
        (b"\x1b[57414u", KeyCode::Enter),
        (b"\x1bOq", KeyCode::Char('1')),
        (b"\x1bOk", KeyCode::Char('+')),
        (b"\x1b[13;2u", KeyCode::Enter),
        (b"\x1b[93;5u", KeyCode::Char(']')),
        (b"\x1b[13;5~", KeyCode::F(3)),
        (b"\x1b[1;5Q", KeyCode::F(2)),
        (b"\x1b[57427u", KeyCode::KeypadBegin),
    ] {
        let events = TypedInput::new(Instant::now()).take(bytes, Instant::now());
        let heard: Vec<_> = events.iter().filter_map(|event| event.as_key_event()).map(|key| key.code).collect();
        assert_eq!(heard, [code], "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn focus_gained_and_lost_are_told() {
    let events = TypedInput::new(Instant::now()).take(b"\x1b[I\x1b[O", Instant::now());
    assert_eq!(events, [Event::FocusGained, Event::FocusLost]);
}

#[test]
fn mere_motion_is_heard() {
    let events = TypedInput::new(Instant::now()).take(b"\x1b[<35;10;5M", Instant::now());
    let moved = |event: &Event| event.as_mouse_event().is_some_and(|mouse| mouse.kind == MouseEventKind::Moved);
    assert!(events.len() == 1 && events.iter().all(moved), "{events:?}");
}
