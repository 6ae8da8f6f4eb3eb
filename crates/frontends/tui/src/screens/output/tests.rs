//! Stored screens of the output tab, reading on and back, and searching.

use domain::RunId;
use protocol::{Output, OutputFile, OutputRange};

use crate::action::Action;
use crate::effect::CockpitEffect;
use crate::testing::{TestCockpit, stored};

/// Ten thousand bytes of numbered lines that are no stream of an agent, each ten bytes long.
const LINES: u64 = 1_000;

fn text(from: u64, to: u64) -> String {
    (from / 10..to / 10).map(|n| format!("line {n:04}\n")).collect()
}

fn run() -> RunId {
    RunId::parse("aaaaa2").expect("an id")
}

/// Answers what the cockpit asked for last, from a file of this length.
fn answer(cockpit: &mut TestCockpit, len: u64, over: bool) -> Option<OutputRange> {
    let asked = cockpit.effects.iter().rev().find_map(|effect| match effect {
        CockpitEffect::Output { number, piece, .. } => Some((*number, *piece)),
        _ => None,
    });
    let (number, piece) = asked.filter(|_| cockpit.model.output.asked)?;
    // Pieces of a hundred lines, as a daemon with a small limit would give them.
    let (from, next) = match piece {
        OutputRange::Before(to) => (to.min(len).saturating_sub(1_000), to.min(len)),
        OutputRange::Lines(from) | OutputRange::From(from) => (from, len.min(from + 1_000)),
    };
    let output = Output { text: text(from, next), from, next, len, over, reads: None };
    cockpit.act(Action::Output { run: run(), number, output });
    Some(piece)
}

fn all(cockpit: &mut TestCockpit, len: u64) {
    let mut asked = 0;
    while answer(cockpit, len, false).is_some() {
        asked += 1;
        assert!(asked < 50, "it asks for ever");
    }
}

fn open() -> TestCockpit {
    let mut cockpit = TestCockpit::open().keys("⇥⏎");
    cockpit.act(Action::Resized(80, 24));
    all(&mut cockpit, LINES * 10);
    cockpit
}

#[test]
fn output_shows_its_end_and_follows() {
    let mut cockpit = open();
    assert!(cockpit.screen(80, 24).contains("line 0999"));
    let row = cockpit.night[0].row();
    cockpit.act(Action::Rows(vec![row]));
    all(&mut cockpit, LINES * 10 + 50);
    assert!(cockpit.screen(80, 24).contains("line 1004"));
    stored!(cockpit, "output");
}

// And stays where it is while lines come below.
#[test]
fn output_is_read_back_to_its_beginning() {
    let mut cockpit = open();
    for _ in 0..200 {
        cockpit.press("g");
        all(&mut cockpit, LINES * 10);
    }
    let top = cockpit.screen(80, 24);
    assert!(top.contains("line 0000"), "{top}");
    let row = cockpit.night[0].row();
    cockpit.act(Action::Rows(vec![row]));
    all(&mut cockpit, LINES * 10 + 500);
    assert_eq!(cockpit.screen(80, 24).lines().nth(4), top.lines().nth(4), "nothing moves under the reader");
    cockpit.press("G");
    assert!(cockpit.screen(80, 24).contains("line 1049"), "the end again");
}

#[test]
fn a_search_goes_on_in_unloaded_output() {
    let mut cockpit = open();
    cockpit.press("/line 0003⏎");
    all(&mut cockpit, LINES * 10);
    assert!(cockpit.screen(80, 24).contains("line 0003"), "{}", cockpit.screen(80, 24));
    cockpit.press("n");
    all(&mut cockpit, LINES * 10);
    assert!(cockpit.model.notice.as_deref().is_some_and(|text| text.contains("no other match")));
    cockpit.press("x");
    stored!(cockpit, "output-search");
}

#[test]
fn a_late_output_answer_is_dropped() {
    let mut cockpit = TestCockpit::open().keys("⇥⏎");
    let late = Output { text: "late\n".to_owned(), from: 0, next: 5, len: 5, over: false, reads: None };
    let number = cockpit.model.output.number;
    cockpit.press("JK");
    cockpit.act(Action::Output { run: run(), number, output: late });
    assert_eq!(cockpit.model.output.count(), 0);
    all(&mut cockpit, 100);
    assert_eq!(cockpit.model.output.count(), 10, "once, not twice");
}

#[test]
fn another_attempt_has_another_output() {
    let mut cockpit = open();
    let before = cockpit.model.output.number;
    let mut row = cockpit.night[0].row();
    row.phase.as_mut().expect("a phase").attempt = Some(2);
    cockpit.act(Action::Rows(vec![row]));
    assert_ne!(cockpit.model.output.number, before);
    assert_eq!(cockpit.model.output.count(), 0);
    all(&mut cockpit, 100);
    assert!(cockpit.screen(80, 24).contains("line 0009"));
}

#[test]
fn long_lines_are_cut_or_wrapped() {
    let mut cockpit = TestCockpit::open().keys("⇥⏎");
    cockpit.act(Action::Resized(80, 24));
    let text = format!("{}end\nshort\n", "a long line that goes on ".repeat(8));
    let len = text.len() as u64;
    let number = cockpit.model.output.number;
    let output = Output { text, from: 0, next: len, len, over: false, reads: None };
    cockpit.act(Action::Output { run: run(), number, output });
    assert!(!cockpit.screen(80, 24).contains("end"));
    cockpit.press("w");
    assert!(cockpit.screen(80, 24).contains("end"));
    stored!(cockpit, "output-wrapped");
}

#[test]
fn nothing_yet_is_said() {
    let mut cockpit = TestCockpit::open().keys("⇥⏎");
    answer(&mut cockpit, 0, false);
    assert!(cockpit.screen(80, 24).contains("nothing was written yet"));
    assert!(!cockpit.model.output.asked, "it is not asked for again until something changes");
}

#[test]
fn errors_are_shown_without_other_output() {
    let mut cockpit = TestCockpit::open().keys("⇥⏎");
    let asked = |cockpit: &TestCockpit| {
        cockpit.effects.iter().rev().find_map(|effect| match effect {
            CockpitEffect::Output { number, file, .. } => Some((*number, *file)),
            _ => None,
        })
    };
    let heard = |cockpit: &mut TestCockpit, number: u64, text: &str| {
        let len = text.len() as u64;
        let output = Output { text: text.to_owned(), from: 0, next: len, len, over: true, reads: None };
        cockpit.act(Action::Output { run: run(), number, output });
    };
    let (first, file) = asked(&cockpit).expect("its output is asked for");
    assert_eq!(file, OutputFile::Stdout);
    heard(&mut cockpit, first, "");
    let (number, file) = asked(&cockpit).expect("its errors are asked for");
    assert!(number > first && file == OutputFile::Stderr);
    heard(&mut cockpit, number, "Error: OAuth token has expired. Please run /login\n");
    let screen = cockpit.screen(80, 24);
    assert!(screen.contains("Please run /login") && screen.contains("its errors"), "{screen}");
    heard(&mut cockpit, number, "");
    assert!(cockpit.model.output.errors, "it stays there");
    stored!(cockpit, "output-errors");
}
