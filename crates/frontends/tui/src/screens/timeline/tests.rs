//! Stored screens of the timeline tab: folding, unfolding, filtering, searching, and staying where one reads.

use domain::RunId;

use crate::action::Action;
use crate::effect::CockpitEffect;
use crate::glyphs::Glyphs;
use crate::testing::play::Play;
use crate::testing::{TestCockpit, stored};

fn busy() -> Play {
    let mut play = Play::new("aaaaa2", "fix-login", "slow", 22).at_work();
    for n in 0..40 {
        play = play.says(&format!("Step {n}.")).calls("Bash", &format!("make step-{n}"));
    }
    play
}

fn open() -> TestCockpit {
    let mut cockpit = TestCockpit::with(vec![busy()], Glyphs::Unicode).keys("⏎");
    cockpit.act(Action::Resized(80, 24));
    cockpit
}

#[test]
fn an_event_unfolds_and_phases_fold() {
    stored!(open().keys("jj⏎"), "timeline-unfolded");
    stored!(open().keys("O"), "timeline-folded");
    let mut cockpit = open().keys("O");
    assert!(cockpit.screen(80, 24).contains("folded; enter unfolds"));
    cockpit.press("O");
    assert!(!cockpit.screen(80, 24).contains("folded"));
}

#[test]
fn chosen_kinds_show_through_a_fold() {
    let mut cockpit = open().keys("tt");
    let screen = cockpit.screen(80, 24);
    assert!(screen.contains("calls") && !screen.contains("says"), "{screen}");
    cockpit.press("ttttt");
    let mut cockpit = open().keys("ott");
    assert!(cockpit.screen(80, 24).contains("make step-39"), "tools are shown though their phase is folded");
    stored!(open().keys("t"), "timeline-talk");
}

#[test]
fn new_events_move_no_line_being_read() {
    let mut cockpit = open().keys("jjjjjjjjjjjjjjjjjjjjjjjjjjjjjj");
    let before = cockpit.screen(80, 24);
    let at = |screen: &str| screen.lines().position(|line| line.starts_with('>')).expect("a cursor");
    let more = busy().says("One more.").says("And another.");
    let run = RunId::parse("aaaaa2").expect("an id");
    cockpit.act(Action::Events { run, lines: more.lines() });
    let after = cockpit.screen(80, 24);
    assert_eq!(at(&after), at(&before));
    assert_eq!(after.lines().nth(at(&after)), before.lines().nth(at(&before)));
}

#[test]
fn a_search_goes_into_the_past() {
    let mut cockpit = open().keys("/step-3⏎");
    let here = |cockpit: &mut TestCockpit| {
        let screen = cockpit.screen(80, 24);
        screen.lines().find(|line| line.starts_with('>')).expect("a cursor").to_owned()
    };
    assert!(here(&mut cockpit).contains("step-39"));
    cockpit.press("n");
    assert!(here(&mut cockpit).contains("step-38"));
    cockpit.press("⏎nnnnnnnnn");
    assert!(here(&mut cockpit).contains("step-3"), "the last of them");
    cockpit.press("N");
    assert!(here(&mut cockpit).contains("step-30"));
    assert!(cockpit.screen(80, 24).contains("10 of 11 /step-3"), "{}", cockpit.screen(80, 24));
    cockpit.press("nn");
    assert!(here(&mut cockpit).contains("step-39"), "it goes round");
}

#[test]
fn a_long_event_is_read_whole() {
    let long: String = (0..60).map(|n| format!("row {n}\n")).collect();
    let play = Play::new("aaaaa2", "fix-login", "slow", 22).at_work().says(&long).says("after");
    let mut cockpit = TestCockpit::with(vec![play], Glyphs::Unicode).keys("⏎");
    cockpit.act(Action::Resized(80, 24));
    cockpit.press("j⏎");
    let mut seen = String::new();
    for _ in 0..70 {
        seen.push_str(&cockpit.screen(80, 24));
        cockpit.press("j");
    }
    for n in 0..60 {
        assert!(seen.contains(&format!("row {n}\n")), "row {n} was never seen");
    }
}

#[test]
fn earlier_events_are_asked_for_once() {
    let events = busy().lines();
    let run = RunId::parse("aaaaa2").expect("an id");
    let mut cockpit = TestCockpit::with(vec![busy()], Glyphs::Unicode);
    cockpit.act(Action::Resized(80, 24));
    cockpit.model.timeline.forget();
    cockpit.act(Action::Events { run: run.clone(), lines: events[50..].to_vec() });
    cockpit.effects.clear();
    cockpit.press("⏎GGG");
    let asked =
        |cockpit: &TestCockpit| cockpit.effects.iter().filter(|e| matches!(e, CockpitEffect::Look { .. })).count();
    assert_eq!(asked(&cockpit), 1, "not while the first answer is still to come, and not when all is there");
    assert_eq!(cockpit.model.timeline.lines.len(), events.len());
    cockpit.press("G");
    assert!(cockpit.screen(80, 24).contains("created"));
}
