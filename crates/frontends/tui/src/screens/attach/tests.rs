//! Stored screens of an agent's own terminal.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use domain::RunId;

use crate::effect::Effect;
use crate::testing::{Cockpit, stored};
use crate::update::Action;

fn run() -> RunId {
    RunId::parse("aaaaa2").expect("an id")
}

/// A cockpit in the terminal of a run that draws a little form.
fn attached(text: &str) -> Cockpit {
    let mut cockpit = Cockpit::open();
    cockpit.act(Action::Attached { run: run(), columns: 80, rows: 23 });
    cockpit.act(Action::Terminal { run: run(), text: text.to_owned(), size: None });
    cockpit
}

const FORM: &str = "\u{1b}[2J\u{1b}[H\u{1b}[1;33mDo you want to go on?\u{1b}[0m\r\n\r\n \u{1b}[7m 1. Yes \u{1b}[0m\r\n   2. No, \u{65e5}\u{672c}\u{8a9e}\r\n\u{1b}[4;5H";

#[test]
fn an_agents_own_terminal_has_the_screen_and_says_how_to_leave() {
    stored!(attached(FORM), "terminal");
}

#[test]
fn a_terminal_that_is_over_stays_to_be_read() {
    let mut cockpit = attached(FORM);
    cockpit.act(Action::Detached { run: run(), why: "the agent has ended".to_owned() });
    stored!(cockpit, "terminal-over");
}

#[test]
fn while_there_is_no_daemon_keys_go_nowhere_and_the_terminal_is_shown_again_by_the_next() {
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
        cockpit.effects.iter().any(|effect| matches!(effect, Effect::Attach { run: again, .. } if *again == run()))
    );
    cockpit.act(Action::Detached { run: run(), why: "the agent has ended".to_owned() });
    assert!(cockpit.screen(80, 24).contains("the agent has ended"));
}

#[test]
fn what_is_over_is_left_with_any_usual_key() {
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
fn a_click_on_the_way_out_is_one() {
    for (column, row, leaves) in [(79, 23, true), (58, 23, true), (40, 23, false), (79, 22, false)] {
        let mut cockpit = attached(FORM);
        cockpit.act(Action::Resized(80, 24));
        let kind = MouseEventKind::Down(MouseButton::Left);
        cockpit.event(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        assert_eq!(cockpit.model.attached.is_none(), leaves, "{column}, {row}");
    }
}
