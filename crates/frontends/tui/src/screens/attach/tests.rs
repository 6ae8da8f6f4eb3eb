//! Stored screens of an agent's own terminal.

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
