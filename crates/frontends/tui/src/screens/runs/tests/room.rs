//! Names and notices get the room that there is.

use domain::event::{RunDismissed, RunTerminated};
use domain::status::By;

use crate::action::Action;
use crate::glyphs::Glyphs;
use crate::testing::play::Play;
use crate::testing::{TestCockpit, stored};

#[test]
fn a_long_notice_leaves_the_keys() {
    let long = "nosuch can't be started (No such file or directory (os error 2)); set VISUAL or EDITOR to the program that is \
                to open worktrees, as in EDITOR=\"code --wait\"";
    for (width, height) in [(40, 24), (80, 24), (120, 40)] {
        let mut cockpit = TestCockpit::open();
        cockpit.screen(width, height);
        cockpit.act(Action::Notice(long.to_owned()));
        let screen = cockpit.screen(width, height);
        let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("--wait\"") && flat.contains("q leave"), "{screen}");
        assert!(screen.contains("publish --dry-run"), "the question is not covered: {screen}");
    }
    let cockpit = TestCockpit::open().keys("†x");
    let passed = cockpit.model.notice.clone().unwrap_or_default();
    assert!(passed.contains("add-audit is failed") && passed.starts_with("4 runs passed over: "), "{passed}");
    stored!(cockpit, "notice");
}

#[test]
fn names_get_the_tables_spare_room() {
    let name = "fix-the-discount-of-carts-with-two";
    for (width, shown) in [(80, 14), (90, 24), (100, 34), (109, 34), (118, 15), (140, 22), (200, 30)] {
        let mut cockpit = TestCockpit::with(vec![Play::new("aaaaa2", name, "slow", 5).at_work()], Glyphs::Unicode);
        let screen = cockpit.screen(width, 24);
        let row = screen.lines().nth(3).expect("its row");
        let begun: String = name.chars().take(shown - 5).collect();
        assert!(row.contains(&begun) && row.contains("-two"), "{width}: {row}");
        assert!(screen.lines().nth(1).is_some_and(|line| line.contains("PR")), "{width}: {screen}");
    }
}

#[test]
fn an_open_merge_is_told_anew() {
    let approved = (Some("approve"), "approved");
    let row = |closed: &[&str]| super::done("aaaab4", "looked-at", approved, closed);
    let mut cockpit = TestCockpit::with(Vec::new(), Glyphs::Unicode);
    cockpit.act(Action::AllRows(vec![row(&["something happened since the proof was written"])]));
    let mut cockpit = cockpit.keys("m");
    let screen = cockpit.screen(80, 24);
    assert!(screen.contains("stops it    something happened") && screen.contains("enter look again"), "{screen}");
    cockpit.act(Action::Rows(vec![row(&[])]));
    let screen = cockpit.screen(80, 24);
    assert!(screen.contains("Merge looked-at?") && !screen.contains("stops it"), "{screen}");
    assert!(screen.contains("enter merge"), "{screen}");
}

#[test]
fn dismissed_runs_are_out_of_sight() {
    let play = |id: &str, name: &str| Play::new(id, name, "fails", 70).at_work().ends(false, "no");
    let ended = |id: &str, name: &str| play(id, name).add(true, RunTerminated { by: By::Person, untold: None });
    let dismissed = ended("aaaab5", "put-away").add(false, RunDismissed {});
    let mut cockpit = TestCockpit::with(vec![ended("aaaab4", "over"), dismissed], Glyphs::Unicode);
    let screen = cockpit.screen(80, 24);
    assert!(screen.contains("over") && !screen.contains("put-away") && screen.contains("f shows 1"), "{screen}");
    let mut cockpit = cockpit.keys("f");
    assert!(cockpit.screen(80, 24).contains("put-away"));
    assert_eq!(cockpit.model.notice.as_deref(), Some("2 finished runs shown, 1 of them dismissed or removed"));
    let mut cockpit = cockpit.keys("f");
    assert!(!cockpit.screen(80, 24).contains("put-away") && cockpit.model.order.len() <= 1, "all are hidden");
    let mut cockpit = cockpit.keys("f");
    assert!(cockpit.screen(80, 24).contains("f shows 1"));
}
