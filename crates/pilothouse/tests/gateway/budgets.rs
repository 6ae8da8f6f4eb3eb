//! Budgets that stop a run before its next request, and let it go on where it was.

use serde_json::Value;
use testkit::wait_until;

use crate::office::{Office, raw};

/// The most that one call costs here, in dollars.
const DEAREST: f64 = 0.1;

// The same process goes on with more.
#[test]
fn no_request_follows_a_crossed_budget() {
    let office = Office::new("ok");
    office.run("saves", &["--budget", "0.15"]);
    let paused = office.house.wait_for("saves", "paused");
    let reason = paused["reason"].as_str().expect("a reason");
    assert!(reason.contains("of $0.15") && reason.contains("1 of 1 processes frozen"), "{reason}");
    assert_eq!(paused["needs_you"], true);
    office.assert_billed(&paused);
    let calls = office.provider.billed(&office.path);
    let before: f64 = office.cost().as_f64() - cost_of_last(&office);
    assert!(before < 0.15, "it was stopped at the crossing and not later: {before} before the last of {}", calls.len());
    let told = office.house.ok(&["timeline", "saves"]);
    assert!(told.contains("run: $0.13 of $0.15 used"), "a person is warned at four fifths: {told}");
    let refused = office.house.say(&["resume", "saves", "--budget", "0.10"]);
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(refused.err.contains("that is used already"), "{refused:?}");
    office.ok(&["resume", "saves", "--budget", "5"]);
    let ready = office.house.wait_for("saves", "ready");
    assert_eq!((ready["phase"]["attempt"].as_u64(), ready["budget_usd"].as_f64()), (Some(1), Some(5.0)), "{ready:#}");
    office.assert_billed(&ready);
    office.house.assert_over("saves");
}

fn cost_of_last(office: &Office) -> f64 {
    let last = office.provider.billed(&office.path).pop().expect("a call");
    let now = domain::Timestamp::from_millis(jiff::Timestamp::now().as_millisecond());
    metering::Prices::built_in().cost(&last.model, now, &last.tokens, 0).expect("a price").as_f64()
}

// And the run goes on in its session.
#[test]
fn the_gateway_enforces_budgets_without_a_daemon() {
    let office = Office::new("ok");
    let row = office.run("alone", &["--budget", "0.20"]);
    office.until_asked(2);
    office.house.kill_daemon();
    let calls = office.house.folder(&row).join("calls.jsonl");
    wait_until("a request to be refused", || {
        let text = std::fs::read_to_string(&calls).expect("calls");
        if text.contains("\"end\":\"refused\"") { Ok(()) } else { Err(text) }
    });
    let asked = office.provider.asked(&office.path);
    let paused = office.house.wait_for("alone", "paused");
    assert_eq!(office.provider.asked(&office.path), asked, "nothing was asked after that");
    assert!(paused["reason"].as_str().is_some_and(|why| why.contains("budget reached")), "{paused:#}");
    assert_eq!(paused["needs_you"], true);
    office.assert_billed(&paused);
    office.ok(&["resume", "alone", "--budget", "5"]);
    let ready = office.house.wait_for("alone", "ready");
    assert_eq!(ready["phase"]["attempt"], 2, "{ready:#}");
    let told = office.house.ok(&["timeline", "alone"]);
    let named: Vec<_> =
        told.lines().filter_map(|line| line.split_whitespace().skip_while(|word| *word != "session").nth(1)).collect();
    assert!(named.len() == 2 && named[0] == named[1], "one conversation: {named:?}");
    office.assert_billed(&ready);
    office.house.assert_over("alone");
}

// A single run can be let go on.
#[test]
fn a_days_budget_stops_all_runs() {
    let settings = "[budget]\nday = 0.40\n";
    let office = Office::with("ok", "key_env = \"TEST_MODEL_KEY\"", settings);
    office.ok(&["run", "ask things", "--agent", "rehearsal:calls", "--name", "many", "--count", "4"]);
    let all = wait_until("all of them to stand still", || {
        let rows = office.house.rows();
        let paused = rows.iter().all(|row| row["status"] == "paused");
        if paused && rows.len() == 4 { Ok(rows) } else { Err(format!("{rows:#?}")) }
    });
    let spent = office.cost().as_f64();
    assert!((0.40..0.40 + 4.0 * DEAREST).contains(&spent), "only what was open ran over it: {spent}");
    for row in &all {
        let reason = row["reason"].as_str().expect("a reason");
        assert!(reason.contains("budget of the day reached"), "{reason}");
    }
    let one = all[0]["name"].as_str().expect("a name");
    let refused = office.house.say(&["resume", one]);
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(refused.err.contains("the budget of the day is used up"), "{refused:?}");
    office.ok(&["resume", one, "--budget", "3"]);
    office.house.wait_for(one, "ready");
    let others = office.house.rows();
    assert_eq!(others.iter().filter(|row| row["status"] == "paused").count(), 3, "{others:#?}");
    // A run that is begun now stands still before it asks for anything.
    let asked = office.provider.asked(&office.path);
    office.run("late", &[]);
    office.house.wait_for("late", "paused");
    assert_eq!(office.provider.asked(&office.path), asked);
    // A person raises the day in their settings.
    let config = office.house.home().join("config.toml");
    let raised = std::fs::read_to_string(&config).expect("settings").replace("day = 0.40", "day = 40");
    std::fs::write(&config, raised).expect("written");
    office.ok(&["resume", "late"]);
    office.house.wait_for("late", "ready");
}

#[test]
fn a_repository_has_its_own_budget() {
    let settings = "[budget]\nrepository = \"60k tokens\"\n";
    let office = Office::with("ok", "key_env = \"TEST_MODEL_KEY\"", settings);
    office.run("here", &[]);
    let paused = office.house.wait_for("here", "paused");
    let reason = paused["reason"].as_str().expect("a reason");
    assert!(reason.contains("budget of the repository reached") && reason.contains("60k tokens"), "{reason}");
    office.house.ok(&["terminate", "here"]);
}

#[test]
fn a_terminated_run_can_ask_no_more() {
    let office = Office::new("slow");
    let row = office.run("ends", &[]);
    office.until_asked(1);
    let url = office.base_url(&row);
    let body = r#"{"model":"claude-opus-4-8","max_tokens":9,"messages":[]}"#;
    assert!(raw(&url, "HEAD", "", "", "").starts_with("HTTP/1.0 200"), "its token is known");
    office.house.ok(&["terminate", "ends", "--grace", "0s"]);
    let answer = raw(&url, "POST", "/v1/messages", "", body);
    assert!(answer.starts_with("HTTP/1.0 403"), "{answer}");
    office.house.wait_for("ends", "terminated");
    let row: Value = wait_until("its call to be told", || {
        let row = office.house.row("ends").expect("a row");
        if row["calls"].as_u64() == Some(1) { Ok(row) } else { Err(row.to_string()) }
    });
    assert_eq!(row["calls_cut"], 1, "the agent went away in the middle, and more may be billed: {row:#}");
    office.assert_billed(&row);
}

#[test]
fn a_budget_raised_early_is_not_met() {
    let office = Office::new("ok");
    office.run("raised", &["--budget", "0.12"]);
    office.until_asked(1);
    office.ok(&["resume", "raised", "--budget", "5"]);
    let ready = office.house.wait_for("raised", "ready");
    let told = office.house.ok(&["timeline", "raised"]);
    assert!(!told.contains("paused") && told.contains("from now on $5.00 in all"), "{told}");
    office.assert_billed(&ready);
}
