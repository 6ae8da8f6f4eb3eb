//! An agent whose turn is over while work of its own goes on: it is waited for, and what is ended in the end is told.

use std::fs;
use std::path::Path;

use testkit::{House, Repo};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A house with an agent that says these lines; `NEXT` waits until the file `go` is in its worktree.
fn house(settings: &str, lines: &[&str]) -> House {
    let house = House::new(BINARY, Repo::with_files(5));
    let said: Vec<String> = lines
        .iter()
        .map(|line| match *line {
            "NEXT" => "while ! test -e go; do sleep 0.05; done".to_owned(),
            "LEFT" => "setsid sleep 600 </dev/null >/dev/null 2>&1 &".to_owned(),
            line => format!("echo '{line}'"),
        })
        .collect();
    let program = house.home().join("agent.sh");
    let script = format!("read -r task\n{}\ncat >/dev/null\nexit 0\n", said.join("\n"));
    testkit::script(&program, &script);
    let config = format!("{settings}\n[agent.mine]\ncommand = [{program:?}]\nreads = \"claude-stream\"\n");
    fs::write(house.home().join("config.toml"), config).expect("a settings file");
    house
}

const INIT: &str = r#"{"type":"system","subtype":"init","session_id":"s1","model":"m"}"#;
const BEGINS: &str = r#"{"type":"system","subtype":"task_started","task_id":"b1","description":"the slow tests"}"#;
const WAITS: &str =
    r#"{"type":"result","subtype":"success","is_error":false,"result":"I go on later","session_id":"s1"}"#;
const ENDS: &str = r#"{"type":"system","subtype":"task_notification","task_id":"b1","status":"completed"}"#;
const DONE: &str = r#"{"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"s1"}"#;

#[test]
fn its_background_work_is_waited_for() {
    let house = house("", &[INIT, BEGINS, WAITS, "NEXT", ENDS, INIT, DONE, "LEFT"]);
    house.ok(&["run", "test it", "--agent", "mine", "--name", "waits"]);
    let row = house.wait_for("waits", "working");
    let row = testkit::wait_until("the end of its turn", || {
        let row = house.row("waits").unwrap_or(row.clone());
        let told = row["reason"].as_str().is_some_and(|reason| reason.contains("the slow tests"));
        if told { Ok(row) } else { Err(format!("{row:#}")) }
    });
    assert_eq!(row["activity"], "waiting for its background work");
    // A new daemon knows as much.
    house.kill_daemon();
    let row = house.row("waits").expect("a row");
    assert_eq!((&row["status"], &row["pid"].is_null()), (&"working".into(), &false), "{row:#}");
    fs::write(Path::new(row["worktree"].as_str().expect("a path")).join("go"), "").expect("written");
    let row = house.wait_for("waits", "ready");
    let reason = row["reason"].as_str().expect("a reason");
    assert!(reason.contains("a process that it left was ended"), "{reason}");
    assert_eq!(house.processes(&row), 0);
    house.assert_replayed("waits");
}

#[test]
fn overlong_background_work_is_ended_and_told() {
    let house = house("[limits]\nbackground_within = \"1s\"\n", &[INIT, BEGINS, WAITS]);
    house.ok(&["run", "test it", "--agent", "mine", "--name", "long"]);
    let row = house.wait_for("long", "ready");
    let reason = row["reason"].as_str().expect("a reason");
    assert!(reason.contains("its background work was ended: the slow tests"), "{reason}");
    let said = house.ok(&["timeline", "long"]);
    assert!(said.contains("took longer than it is waited for"), "{said}");
}
