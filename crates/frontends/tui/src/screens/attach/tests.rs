//! Stored screens of an agent's own terminal.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use domain::RunId;
use terminal::ClipboardText;

use crate::action::Action;
use crate::effect::{CockpitEffect, Modes, Tell};
use crate::testing::{TestCockpit, stored};

fn run() -> RunId {
    RunId::parse("aaaaa2").expect("an id")
}

/// A cockpit in the terminal of a run that draws a little form.
fn attached(text: &str) -> TestCockpit {
    let mut cockpit = TestCockpit::open();
    cockpit.act(Action::Attached { run: run(), columns: 80, rows: 23 });
    cockpit.act(Action::Terminal { run: run(), text: text.to_owned(), size: None, live: false });
    cockpit
}

const FORM: &str = "\u{1b}[2J\u{1b}[H\u{1b}[1;33mDo you want to go on?\u{1b}[0m\r\n\r\n \u{1b}[7m 1. Yes \u{1b}[0m\r\n   2. No, \u{65e5}\u{672c}\u{8a9e}\r\n\u{1b}[4;5H";

#[test]
fn an_agents_terminal_tells_how_to_leave() {
    stored!(attached(FORM), "terminal");
}

#[test]
fn an_ended_terminal_stays_readable() {
    let mut cockpit = attached(FORM);
    cockpit.act(Action::Detached { run: run(), why: "the agent has ended".to_owned() });
    stored!(cockpit, "terminal-over");
}

// The next daemon shows the terminal again.
#[test]
fn keys_go_nowhere_without_a_daemon() {
    let mut cockpit = attached(FORM);
    super::away(&mut cockpit.model);
    cockpit.effects.clear();
    cockpit.press("x");
    assert_eq!(cockpit.effects, [], "what is meant for the agent is no verb");
    stored!(cockpit, "terminal-away");
    let mut cockpit = attached(FORM);
    super::away(&mut cockpit.model);
    cockpit.effects.clear();
    cockpit.act(Action::Connected(true));
    assert!(
        cockpit
            .effects
            .iter()
            .any(|effect| matches!(effect, CockpitEffect::Attach { run: again, .. } if *again == run()))
    );
    cockpit.act(Action::Detached { run: run(), why: "the agent has ended".to_owned() });
    assert!(cockpit.screen(80, 24).contains("the agent has ended"));
}

#[test]
fn keys_a_daemon_may_have_lost() {
    let again = Action::Attached { run: run(), columns: 80, rows: 23 };
    let typed = || Action::Typed("x".to_owned());
    let away = |cockpit: &mut TestCockpit| super::away(&mut cockpit.model);
    let lost = "keys may be lost";
    let mut cockpit = attached(FORM);
    cockpit.act(typed());
    away(&mut cockpit);
    cockpit.act(again.clone());
    assert!(cockpit.screen(80, 24).contains(lost), "it was typed just before the daemon went");
    cockpit.act(typed());
    assert!(!cockpit.screen(80, 24).contains(lost), "the next key takes the note away");
    let mut cockpit = attached(FORM);
    away(&mut cockpit);
    cockpit.act(typed());
    cockpit.act(again.clone());
    assert!(cockpit.screen(80, 24).contains(lost), "it was typed while no daemon was there");
    let mut cockpit = attached(FORM);
    away(&mut cockpit);
    cockpit.act(again);
    assert!(!cockpit.screen(80, 24).contains(lost), "nothing was typed");
}

#[test]
fn usual_keys_leave_an_ended_terminal() {
    let (none, ctrl) = (KeyModifiers::NONE, KeyModifiers::CONTROL);
    for (code, modifiers) in [
        (KeyCode::Char('q'), none),
        (KeyCode::Esc, none),
        (KeyCode::Enter, none),
        (KeyCode::Char('c'), ctrl),
        (KeyCode::Char('5'), ctrl),
        (KeyCode::Char(']'), ctrl),
    ] {
        let mut cockpit = attached(FORM);
        let leaves = matches!(code, KeyCode::Char('5' | ']'));
        cockpit.event(Event::Key(KeyEvent::new(code, modifiers)));
        assert_eq!(cockpit.model.attached.is_none(), leaves, "{code:?} while it goes on");
        if !leaves {
            cockpit.act(Action::Detached { run: run(), why: "the agent has ended".to_owned() });
            cockpit.event(Event::Key(KeyEvent::new(code, modifiers)));
            assert!(cockpit.model.attached.is_none(), "{code:?} when it is over");
        }
    }
}

#[test]
fn a_click_on_leave_leaves() {
    for (column, row, leaves) in [(79, 23, true), (58, 23, true), (40, 23, false), (79, 22, false)] {
        let mut cockpit = attached(FORM);
        cockpit.act(Action::Resized(80, 24));
        let kind = MouseEventKind::Down(MouseButton::Left);
        cockpit.event(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        assert_eq!(cockpit.model.attached.is_none(), leaves, "{column}, {row}");
    }
}

/// Returns what is passed on of this text to the person's own terminal.
fn passed_on(cockpit: &mut TestCockpit, text: &str, live: bool) -> Vec<CockpitEffect> {
    cockpit.effects.clear();
    cockpit.act(Action::Terminal { run: run(), text: text.to_owned(), size: None, live });
    std::mem::take(&mut cockpit.effects)
}

#[test]
fn messages_reach_the_person_while_attached() {
    let all =
        "\u{7}\u{1b}]0;reads a.rs\u{7}\u{1b}]9;done\u{7}\u{1b}]52;c;aGk=\u{7}\u{1b}[>1u\u{1b}[?1003;1004h\u{1b}[5 q";
    let copied = ClipboardText { primary: false, base64: "aGk=".to_owned() };
    let lasting = [
        CockpitEffect::Tell(Tell::Title(Some("fix-login: reads a.rs".to_owned()))),
        CockpitEffect::Tell(Tell::Modes(Modes { apart: true, focus: true, motion: true, cursor: 5 })),
    ];
    let passing = [
        CockpitEffect::Tell(Tell::Bell),
        CockpitEffect::Notify { title: "fix-login".to_owned(), body: "done".to_owned() },
        CockpitEffect::Tell(Tell::Copy(copied)),
    ];
    let mut cockpit = attached(FORM);
    assert_eq!(passed_on(&mut cockpit, all, true), [&lasting[..], &passing[..]].concat());
    assert!(cockpit.screen(80, 24).contains("put 2 bytes on your clipboard"));
    cockpit.press("x");
    assert!(!cockpit.screen(80, 24).contains("clipboard"), "until the next key");
    assert_eq!(passed_on(&mut cockpit, "\u{1b}]0;reads a.rs\u{7}", true), [], "what is so already is no news");
    // What was said before anybody looked rings nobody's bell.
    assert_eq!(passed_on(&mut attached(FORM), all, false), lasting);
    cockpit.effects.clear();
    cockpit.event(Event::Key(KeyEvent::new(KeyCode::Char(']'), KeyModifiers::CONTROL)));
    let undone = [
        CockpitEffect::Tell(Tell::Title(None)),
        CockpitEffect::Tell(Tell::Modes(Modes::default())),
        CockpitEffect::Detach(run()),
    ];
    assert_eq!(cockpit.effects, undone);
}

#[test]
fn a_clipboard_that_is_kept_says_so() {
    let mut cockpit = attached(FORM);
    cockpit.model.clipboard = false;
    assert_eq!(passed_on(&mut cockpit, "\u{1b}]52;c;aGk=\u{7}", true), []);
    stored!(cockpit, "terminal-clipboard");
}

#[test]
fn a_nuisance_is_limited_per_minute() {
    let mut cockpit = attached(FORM);
    let rings = |cockpit: &mut TestCockpit| (0..100).map(|_| passed_on(cockpit, "\u{7}", true).len()).sum::<usize>();
    assert_eq!(rings(&mut cockpit), 30);
    let now = cockpit.model.now;
    cockpit.act(Action::Minute(now));
    assert_eq!(rings(&mut cockpit), 30);
}

#[test]
fn lines_through_text_and_links_are_drawn() {
    let mut cockpit = attached("\u{1b}[H\u{1b}[9mold\u{1b}[m \u{1b}]8;;https://a.example\u{7}日\u{1b}]8;;\u{7}!");
    cockpit.act(Action::Resized(80, 24));
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(80, 24)).expect("a test screen");
    let attached = cockpit.model.attached.as_ref().expect("a terminal");
    let theme = crate::theme::Theme::dark();
    terminal.draw(|frame| super::draw(attached, &cockpit.keymap, &theme, frame)).expect("it can be drawn on");
    let buffer = terminal.backend().buffer();
    let is_struck = |x| buffer[(x, 0)].modifier.contains(ratatui::style::Modifier::CROSSED_OUT);
    assert!(is_struck(0) && is_struck(2) && !is_struck(3));
    let linked = "\u{1b}]8;id=pilothouse0;https://a.example\u{1b}\\日\u{1b}]8;;\u{1b}\\";
    assert_eq!(buffer[(4, 0)].symbol(), linked);
    assert_eq!(buffer[(6, 0)].symbol(), "!");
}

#[test]
fn the_wheel_is_arrows_without_history() {
    let wheel = |mut cockpit: TestCockpit| {
        cockpit.effects.clear();
        let (kind, modifiers) = (MouseEventKind::ScrollUp, KeyModifiers::NONE);
        cockpit.event(Event::Mouse(MouseEvent { kind, column: 4, row: 4, modifiers }));
        cockpit.effects
    };
    assert_eq!(wheel(attached(FORM)), []);
    let typed = |data: &str| [CockpitEffect::Type { run: run(), data: data.to_owned() }];
    assert_eq!(wheel(attached("\u{1b}[?1049h")), typed("\u{1b}[A\u{1b}[A\u{1b}[A"));
    assert_eq!(wheel(attached("\u{1b}[?1049h\u{1b}[?1000h\u{1b}[?1006h")), typed("\u{1b}[<64;5;5M"));
}

#[test]
fn focus_is_told_on_request() {
    let mut cockpit = attached("\u{1b}[?1004h");
    cockpit.effects.clear();
    cockpit.event(Event::FocusLost);
    assert_eq!(cockpit.effects, [CockpitEffect::Type { run: run(), data: "\u{1b}[O".to_owned() }]);
    let mut cockpit = attached(FORM);
    cockpit.effects.clear();
    cockpit.event(Event::FocusLost);
    assert_eq!(cockpit.effects, []);
}

#[test]
fn a_title_goes_with_its_program() {
    let mut cockpit = attached(FORM);
    let title = |title: &str| [CockpitEffect::Tell(Tell::Title(Some(format!("fix-login: {title}"))))];
    assert_eq!(passed_on(&mut cockpit, "\u{1b}]0;shell\u{7}\u{1b}[22;0;0t\u{1b}]0;vim\u{7}", true), title("vim"));
    assert_eq!(passed_on(&mut cockpit, "\u{1b}[23;0;0t", true), title("shell"));
    assert_eq!(passed_on(&mut cockpit, "\u{1b}[23;0;0t", true), [CockpitEffect::Tell(Tell::Title(None))]);
}
