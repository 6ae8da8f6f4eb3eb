//! Agents that show their own screens in terminals that pilothouse keeps.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testkit::{TerminalSeat, wait_until};

use crate::office::{Office, tokens};

/// A run in a terminal of its own.
fn start(office: &Office, policy: &str) -> Value {
    office.introduce();
    office.run_with("seen", &["--interactive", "--policy", policy])
}

fn over(row: &Value) -> Result<(), String> {
    let reason = row["reason"].as_str().unwrap_or_default();
    let is_over = row["status"] == "waiting" && reason.contains("its turn is over");
    if is_over { Ok(()) } else { Err(format!("{row:#}")) }
}

fn wait_for_file(office: &Office) {
    wait_until("the file", || {
        let row = office.house.row("seen").expect("a row");
        let made = row["worktree"].as_str().is_some_and(|worktree| Path::new(worktree).join("hello.txt").exists());
        if made { Ok(()) } else { Err(format!("{row:#}\n{}", office.house.say(&["logs", "seen"]).out)) }
    });
}

fn end(office: &Office, row: &Value) {
    office.house.ok(&["terminate", "seen", "--grace", "2s"]);
    assert_eq!(office.house.processes(row), 0);
    office.house.assert_replayed("seen");
}

// Also to a new daemon.
#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_in_terminal_tells_its_wait() {
    let office = Office::new("claude", "ask");
    let row = start(&office, "ask");
    let waits = office.house.wait_for("seen", "waiting");
    let reason = waits["reason"].as_str().expect("a reason");
    assert!(reason.contains("Bash: sh -c 'touch asked.txt'"), "{reason}");
    assert_eq!(waits["question"]["choices"], serde_json::json!([]));
    let said = office.house.say(&["send", "seen", "--allow"]);
    assert_eq!((said.code, said.err.contains("pilothouse attach")), (4, true), "{said:?}");

    office.house.kill_daemon();
    let again = office.house.wait_for("seen", "waiting");
    assert_eq!(again["question"], waits["question"], "the same question, and not another one");
    let mut seat = TerminalSeat::take(&office.house, &["attach", "seen"], 100, 30);
    seat.wait_until("the question", |screen| screen.contains("Do you want to proceed?"));
    seat.press("\r");
    wait_until("its turn to be over", || over(&office.house.row("seen").expect("a row")));
    wait_until("every answer to be counted", || {
        let row = office.house.row("seen").expect("a row");
        if tokens(&row) == office.billed() {
            Ok(())
        } else {
            Err(format!("{:?} {row:#}", office.provider.billed(&office.path)))
        }
    });
    assert_eq!(office.house.row("seen").expect("a row")["tokens_source"], "transcript");
    seat.press("/exit");
    seat.settle();
    seat.press("\r");
    let done = office.house.wait_for("seen", "ready");
    assert_eq!(tokens(&done), office.billed());
    assert!(Path::new(done["worktree"].as_str().expect("a path")).join("asked.txt").exists());
    assert_eq!(office.house.processes(&row), 0);
    office.house.assert_replayed("seen");
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn claude_in_terminal_under_all_never_asks() {
    let office = Office::new("claude", "commit");
    let row = start(&office, "all");
    wait_until("its turn to be over", || over(&office.house.row("seen").expect("a row")));
    assert!(!office.house.ok(&["timeline", "seen"]).contains("permission prompt"));
    end(&office, &row);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn codex_in_terminal_tells_its_turns_end() {
    let office = Office::new("codex", "commit");
    let row = start(&office, "edits");
    wait_until("its turn to be over", || over(&office.house.row("seen").expect("a row")));
    let now = office.house.row("seen").expect("a row");
    let worktree = now["worktree"].as_str().expect("a path");
    let log = Command::new("git").args(["log", "-1", "--format=%s"]).current_dir(worktree).output().expect("git");
    assert_eq!(String::from_utf8_lossy(&log.stdout).trim(), "add hello.txt");
    // It asks for a title too, in a thread that it writes down nowhere.
    let (told, billed) = (tokens(&now), office.billed());
    assert!(
        told.output > 0 && told.output < billed.output && told.cache_read < billed.cache_read,
        "{told:?} {billed:?}"
    );
    end(&office, &row);
}

#[test]
#[ignore = "needs the CLIs of `just agents-install`"]
fn gemini_and_opencode_work_in_terminals() {
    for agent in ["gemini", "opencode"] {
        let office = Office::new(agent, "ok");
        let row = start(&office, "all");
        wait_for_file(&office);
        let now = wait_until("its tokens", || {
            let row = office.house.row("seen").expect("a row");
            let told = row["tokens"].is_object() == (agent == "gemini");
            if told { Ok(row) } else { Err(format!("{row:#}")) }
        });
        assert_eq!(now["status"], "working", "{agent}: {now:#}");
        end(&office, &row);
    }
}
