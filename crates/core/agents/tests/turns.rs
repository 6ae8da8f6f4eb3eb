//! A result that is no end, in recorded streams of the real Claude Code: its turn is over, and work of its own goes on.

#![expect(clippy::disallowed_methods, reason = "the recordings are files")]

use std::path::Path;

use agents::{Dialect, Session, step};
use domain::Body;
use serde_json::Value;

/// The lines that the agent wrote, each with its events.
fn read(version: &str, name: &str) -> Vec<(Value, Vec<Body>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/streams").join(format!("claude-{version}"));
    let text = std::fs::read_to_string(folder.join(format!("{name}.jsonl"))).expect("a recording");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line"));
    let mut session = Session::new(Dialect::ClaudeStream, None);
    let mut folded = session.clone();
    let said = lines.filter(|line| line["_dir"] == "stdout").map(|line| line["msg"].clone());
    said.map(|said| {
        let events = step(&mut session, said.to_string().as_bytes(), 0);
        for event in &events {
            folded.fold(event);
        }
        assert_eq!(session, folded, "a new daemon knows as much: {version} {name}");
        (said, events)
    })
    .collect()
}

fn is_end(event: &Body) -> bool {
    matches!(event, Body::AgentFinished(_))
}

#[test]
fn a_result_amid_work_is_no_end() {
    let told = [
        ("2.1.197", &["background", "helper", "done-in-the-turn", "schedule"][..]),
        ("2.1.332", &["background", "helper", "done-in-the-turn", "schedule", "wake-up"][..]),
    ];
    for (version, name) in told.into_iter().flat_map(|(version, names)| names.iter().map(move |name| (version, *name)))
    {
        let lines = read(version, name);
        let results = lines.iter().filter(|(line, _)| line["type"] == "result").count();
        assert_eq!(results, 2, "{version} {name}");
        let ends: Vec<usize> = (0..lines.len()).filter(|n| lines[*n].1.iter().any(is_end)).collect();
        assert_eq!(ends, [lines.len() - 1], "{version} {name}: it ends once, when it is idle at last");
        let text = lines.iter().flat_map(|(_, events)| events).find_map(|event| match event {
            Body::AgentFinished(end) => Some((end.ok, end.text.clone())),
            _ => None,
        });
        assert_eq!(text, Some((true, "All done now.".to_owned())), "{version} {name}");
        assert!(!lines.iter().flat_map(|(_, events)| events).any(|e| matches!(e, Body::Unread(_))), "{version} {name}");
    }
}

#[test]
fn work_that_was_stopped_keeps_nobody_waiting() {
    let lines = read("2.1.332", "stopped");
    assert!(lines.last().expect("lines").1.iter().any(is_end));
}

#[test]
fn open_work_is_told_with_its_name() {
    for version in ["2.1.197", "2.1.332"] {
        let lines = read(version, "background");
        let events: Vec<&Body> = lines.iter().flat_map(|(_, events)| events).collect();
        let begun = events.iter().filter(|e| matches!(e, Body::BackgroundStarted(b) if b.about == "bg")).count();
        let ended = events.iter().filter(|e| matches!(e, Body::BackgroundEnded(b) if b.how == "bg: completed")).count();
        let over = events.iter().filter(|e| matches!(e, Body::TurnEnded(turn) if turn.open == 1)).count();
        assert_eq!((begun, ended, over), (1, 1, 1), "{version}: {events:#?}");
    }
}

#[test]
fn a_failed_turn_ends_at_once() {
    let mut session = Session::new(Dialect::ClaudeStream, None);
    let lines = [
        r#"{"type":"system","subtype":"session_state_changed","state":"running"}"#,
        r#"{"type":"system","subtype":"task_started","task_id":"b1","description":"tests"}"#,
        r#"{"type":"result","subtype":"success","is_error":true,"result":"API Error: 529"}"#,
    ];
    let events: Vec<Body> = lines.iter().flat_map(|line| step(&mut session, line.as_bytes(), 0)).collect();
    assert!(matches!(events.last(), Some(Body::AgentFinished(end)) if !end.ok && end.text == "API Error: 529"));
}
