//! What is typed into a prompt stays until it is sent, and has as many lines as it needs.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use domain::command::Command;
use domain::event::Review;

use crate::action::Action;
use crate::effect::CockpitEffect;
use crate::overlays::Overlay;
use crate::testing::{TestCockpit, stored};

fn ctrl(cockpit: &mut TestCockpit, key: char) {
    cockpit.event(Event::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL)));
}

fn typed(cockpit: &TestCockpit) -> String {
    match &cockpit.model.overlay {
        Some(Overlay::Prompt(prompt)) => prompt.input.lines().join("\n"),
        other => panic!("{other:?}"),
    }
}

/// The first run, whose work is proven, so that changes can be asked for.
fn proven() -> TestCockpit {
    let mut cockpit = TestCockpit::open();
    let mut row = cockpit.night[0].row();
    row.proof = crate::testing::proof_of(0.65, &["nobody has approved it"]);
    (row.status, row.question) = ("ready".to_owned(), None);
    cockpit.act(Action::Rows(vec![row]));
    cockpit.keys("d")
}

#[test]
fn drafts_are_kept_until_sent() {
    let mut cockpit = TestCockpit::open().keys("suse npm ci⎋");
    assert!(cockpit.model.notice.as_deref().is_some_and(|told| told.contains("is kept")));
    cockpit.press("jks");
    assert_eq!(typed(&cockpit), "use npm ci");
    cockpit.press("⏎s");
    assert_eq!(typed(&cockpit), "", "it was sent");
    cockpit.press("x⎋s⌫⎋s");
    assert_eq!(typed(&cockpit), "", "what was taken away is not kept");
    let mut cockpit = TestCockpit::open().keys("/rename⎋");
    assert!(cockpit.model.filter.is_empty());
    cockpit.press("/");
    assert_eq!((typed(&cockpit).as_str(), cockpit.model.filter.as_str()), ("rename", "rename"));
}

#[test]
fn what_an_agent_reads_has_lines() {
    let mut cockpit = proven().keys("Cfewer words");
    ctrl(&mut cockpit, 'j');
    cockpit.press("and a test");
    cockpit.act(Action::Paste("\nfor each".to_owned()));
    let screen = cockpit.screen(80, 24);
    let last: Vec<&str> = screen.lines().skip(21).collect();
    assert!(last[0].ends_with("fewer words") && last[2].ends_with("for each"), "{screen}");
    ctrl(&mut cockpit, 'e');
    assert_eq!(cockpit.effects.last(), Some(&CockpitEffect::EditText("fewer words\nand a test\nfor each".to_owned())));
    cockpit.act(Action::Edited("few words\n\nand tests\n".to_owned()));
    let shown = proven().keys("Cfew words");
    stored!(
        {
            let mut shown = shown;
            ctrl(&mut shown, 'j');
            shown.keys("and tests")
        },
        "changes-in-lines"
    );
    cockpit.press("⏎");
    let command = Command::Review { verdict: Review::Changes, text: "few words\n\nand tests".to_owned() };
    let sent =
        cockpit.effects.iter().any(|effect| matches!(effect, CockpitEffect::Act { command: c, .. } if *c == command));
    assert!(sent, "{:?}", cockpit.effects.last());
    let mut filter = TestCockpit::open().keys("/a");
    ctrl(&mut filter, 'j');
    assert_eq!(typed(&filter), "a", "a filter has one line");
}
