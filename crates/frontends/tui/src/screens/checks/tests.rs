//! Stored screens of the checks tab.

use domain::RunId;
use domain::attempt::AttemptKey;
use domain::command::Command;
use protocol::CheckRow;

use crate::action::Action;
use crate::effect::CockpitEffect;
use crate::testing::{TestCockpit, stored};

fn run() -> RunId {
    RunId::parse("aaaaa2").expect("an id")
}

fn check(name: &str, verdict: Option<&str>, reason: Option<&str>) -> CheckRow {
    CheckRow {
        name: name.to_owned(),
        command: format!("cargo {name} --workspace"),
        required: name != "lint",
        weight: 1,
        running: false,
        n: u32::from(verdict.is_some()) * 2,
        verdict: verdict.map(str::to_owned),
        reason: reason.map(str::to_owned),
        duration_ms: verdict.map(|_| 12_300),
        tests: (name == "test").then_some(214),
        failed: Vec::new(),
        head: verdict.map(|_| "4f2c91e0".repeat(5)),
        uncommitted: name == "lint",
        at: None,
    }
}

fn open(checks: Vec<CheckRow>) -> TestCockpit {
    let mut cockpit = TestCockpit::open();
    let mut row = cockpit.night[0].row();
    row.checks = checks;
    cockpit.act(Action::Rows(vec![row]));
    cockpit.effects.clear();
    cockpit.press("c");
    cockpit
}

fn all() -> Vec<CheckRow> {
    vec![
        check("doc", None, None),
        check("lint", Some("pass"), None),
        check("test", Some("fail"), Some("3 of 214 failed; \u{1b}[31mhostile")),
    ]
}

fn asked(cockpit: &TestCockpit) -> Vec<String> {
    let of = |effect: &CockpitEffect| match effect {
        CockpitEffect::CheckOutput { check, .. } => Some(check.to_string()),
        _ => None,
    };
    cockpit.effects.iter().filter_map(of).collect()
}

#[test]
fn checks_show_verdict_and_chosen_output() {
    let mut cockpit = open(all());
    cockpit.press("jj");
    assert_eq!(asked(&cockpit), ["check.lint.2", "check.test.2"]);
    let text = "running 214 tests\n\u{1b}[2Jtest cart::sum ... FAILED\nassertion failed: 3 == 4\n".to_owned();
    cockpit.act(Action::CheckOutput { run: run(), check: domain::check::key("test", 2), text });
    stored!(cockpit, "checks");
}

#[test]
fn late_output_stays_with_its_check() {
    let mut cockpit = open(all());
    cockpit.press("j");
    let late = |check: AttemptKey| Action::CheckOutput { run: run(), check, text: "late words".to_owned() };
    cockpit.act(late(domain::check::key("test", 2)));
    assert!(!cockpit.screen(120, 40).contains("late words"));
    cockpit.act(late(domain::check::key("lint", 2)));
    assert!(cockpit.screen(120, 40).contains("late words"));
}

#[test]
fn enter_reruns_an_ended_runs_checks() {
    let mut cockpit = open(all());
    cockpit.press("⏎");
    let acts = |cockpit: &TestCockpit| cockpit.effects.iter().any(|effect| matches!(effect, CockpitEffect::Act { .. }));
    assert!(!acts(&cockpit), "it is at work: {:?}", cockpit.effects);
    let mut row = cockpit.night[0].row();
    (row.checks, row.status) = (all(), "failed".to_owned());
    cockpit.act(Action::Rows(vec![row]));
    cockpit.press("⏎");
    let command = Command::Check { names: Vec::new() };
    assert!(
        cockpit.effects.contains(&CockpitEffect::Act { runs: vec![run()], command, asked: false }),
        "{:?}",
        cockpit.effects
    );
}

#[test]
fn a_run_without_checks_says_so() {
    stored!(open(Vec::new()), "checks-none");
}
