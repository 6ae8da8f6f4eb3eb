//! Claude Code at work.

use std::path::{Path, PathBuf};

use testkit::wait_until;

use crate::office::{Office, tokens};
use crate::stories;

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_writes_a_file_and_reports_usage() {
    let office = Office::new("claude", "ok");
    let row = office.run("hello");
    let done = office.house.wait_for("hello", "ready");
    let worktree = PathBuf::from(done["worktree"].as_str().expect("a path"));
    let text = std::fs::read_to_string(worktree.join("hello.txt")).expect("the file");
    assert_eq!(text, "Hello from a scripted model.\n");
    assert_eq!(tokens(&done), office.billed());
    assert_eq!(office.provider.billed(&office.path).len(), 3);
    assert_eq!(office.house.processes(&row), 0);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_mends_what_a_check_found() {
    stories::mends_what_a_check_found("claude", stories::Counts::Exactly);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_asks_and_hears_the_answer() {
    let office = Office::new("claude", "commit");
    let row = office.run("commits");
    let waits = office.house.wait_for("commits", "waiting");
    let reason = waits["reason"].as_str().expect("a reason");
    assert!(reason.contains("Bash") && reason.contains("git commit"), "{reason}");
    assert_eq!(waits["needs_you"], true);
    office.house.ok(&["send", "commits", "--allow"]);
    let done = office.house.wait_for("commits", "ready");
    let worktree = PathBuf::from(done["worktree"].as_str().expect("a path"));
    let log = std::process::Command::new("git").args(["log", "-1", "--format=%s"]).current_dir(&worktree).output();
    assert_eq!(String::from_utf8_lossy(&log.expect("git").stdout).trim(), "add hello.txt");
    assert_eq!(tokens(&done), office.billed());
    assert_eq!(office.house.processes(&row), 0);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_goes_on_after_background_work() {
    let office = Office::new("claude", "background");
    let row = office.run_with("behind", &["--policy", "all"]);
    let done = office.house.wait_for("behind", "ready");
    for name in ["behind.txt", "after.txt"] {
        assert!(office.file(&done, name).is_some(), "{name}: {}", office.house.ok(&["timeline", "behind"]));
    }
    assert_eq!(office.house.processes(&row), 0);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_ends_after_a_denial() {
    let office = Office::new("claude", "commit");
    office.run("denied");
    office.house.wait_for("denied", "waiting");
    office.house.ok(&["send", "denied", "--deny"]);
    let done = office.house.wait_for("denied", "ready");
    let said = office.house.ok(&["timeline", "denied"]);
    assert!(said.contains("denied"), "{said}");
    assert_eq!(tokens(&done), office.billed());
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_waits_out_limits_and_cut_streams() {
    for scenario in ["429once", "cutonce"] {
        let office = Office::new("claude", scenario);
        let row = office.run("again");
        let done = office.house.wait_for("again", "ready");
        assert!(Path::new(done["worktree"].as_str().expect("a path")).join("hello.txt").exists(), "{scenario}");
        assert_eq!(office.house.processes(&row), 0);
        let said = office.house.ok(&["timeline", "again"]);
        assert!(scenario != "429once" || said.contains("rate_limit (429)"), "{said}");
    }
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn unanswered_claude_fails_with_its_own_words() {
    for (scenario, word) in [("401", "401"), ("400", "400"), ("429", "429")] {
        let office = Office::new("claude", scenario);
        let row = office.run("fails");
        let failed = office.house.wait_for("fails", "failed");
        let reason = failed["reason"].as_str().expect("a reason");
        assert!(reason.contains(word), "{scenario}: {reason}");
        assert_eq!(office.house.processes(&row), 0);
    }
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn nothing_of_a_terminated_claude_is_left() {
    for scenario in ["hang", "long"] {
        let office = Office::new("claude", scenario);
        let row = office.run("ends");
        office.until_asked();
        if scenario == "long" {
            wait_until("the command", || match office.house.processes(&row) {
                n if n > 2 => Ok(()),
                n => Err(format!("{n} processes")),
            });
        }
        office.house.ok(&["terminate", "ends", "--grace", "1s"]);
        office.house.wait_for("ends", "terminated");
        assert_eq!(office.house.processes(&row), 0);
    }
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn killed_claude_goes_on_with_its_conversation() {
    stories::goes_on_in_its_session_when_killed("claude", "commit");
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_outlives_a_killed_daemon() {
    let office = Office::new("claude", "slow");
    let row = office.run("slow");
    office.until_asked();
    office.house.kill_daemon();
    let done = office.house.wait_for("slow", "ready");
    assert_eq!(tokens(&done), office.billed());
    assert_eq!(office.house.processes(&row), 0);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_is_held_inside_and_works_there() {
    stories::is_held_inside("claude");
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_edits_nothing_before_it_is_allowed() {
    stories::asks_before_it_edits("claude");
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_stands_still_while_it_is_paused() {
    stories::stands_still_while_paused("claude", stories::Counts::Exactly);
}

/// Starts the agent as a person does in a terminal of their own.
#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_started_by_hand_tells_its_wait() {
    let office = Office::new("claude", "ask");
    let mut seat = office.by_hand(&["do it"]);
    seat.wait_until("the question", |screen| screen.contains("Do you want to proceed?"));
    let name = format!("claude-{}", seat.pid());
    let row = wait_until("it to be seen asking", || {
        let rows = office.house.json(&["ls", "--json"]);
        let row = rows.as_array().expect("rows").iter().find(|row| row["name"] == *name).cloned();
        row.filter(|row| row["status"] == "waiting").ok_or_else(|| format!("{rows:#}"))
    });
    assert!(row["reason"].as_str().expect("a reason").contains("permission prompt"), "{row:#}");
    assert_eq!(row["mode"], "observed");
    seat.press("\r");
    let row = wait_until("its turn to be over", || {
        let rows = office.house.json(&["ls", "--json"]);
        let row = rows.as_array().expect("rows").iter().find(|row| row["name"] == *name).cloned();
        row.filter(|row| row["status"] == "idle").ok_or_else(|| format!("{rows:#}"))
    });
    assert_eq!(tokens(&row), office.billed());
    office.house.ok(&["terminate", &name, "--yes"]);
    assert_eq!(office.house.json(&["ls", "--json"]), serde_json::Value::Array(Vec::new()));
}
