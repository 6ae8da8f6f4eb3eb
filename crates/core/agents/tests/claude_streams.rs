//! Recorded streams of the real Claude Code, line by line into events.

use agents::{Dialect, Session, step};
use domain::Body;
use domain::event::{AgentFinished, AgentSession, WaitingStarted};
use domain::tokens::Tokens;
use proptest::prelude::*;

macro_rules! recorded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("streams/claude-2.1.197/", $name, ".jsonl")))),*]
    };
}

const RECORDED: &[(&str, &str)] =
    recorded!["success", "429once", "401-maxretries0", "streaminput-perm", "denied", "resume", "budget", "int-long"];

/// The lines the agent wrote; recordings of both directions mark theirs with `_dir`.
fn stream(name: &str) -> Vec<Vec<u8>> {
    let text = RECORDED.iter().find(|(known, _)| *known == name).expect("a recorded stream").1;
    let value = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("a recorded line");
    let lines = text.lines().filter(|l| !l.is_empty()).map(value);
    lines
        .filter(|v| v.get("_dir").is_none_or(|dir| dir == "stdout"))
        .map(|v| v.get("msg").unwrap_or(&v).to_string().into_bytes())
        .collect()
}

fn events(lines: &[Vec<u8>]) -> Vec<Body> {
    let mut session = Session::new(Dialect::ClaudeStream, None);
    lines.iter().flat_map(|line| step(&mut session, line, 0)).collect()
}

fn tokens(events: &[Body]) -> Tokens {
    let mut sum = Tokens::default();
    for event in events {
        if let Body::UsageReported(usage) = event {
            sum += usage.tokens;
        }
    }
    sum
}

fn finished(events: &[Body]) -> Option<&AgentFinished> {
    events.iter().find_map(|e| if let Body::AgentFinished(f) = e { Some(f) } else { None })
}

#[test]
fn a_run_counts_the_tokens_served() {
    let events = events(&stream("success"));
    let served = Tokens { input: 39, output: 347, cache_read: 29_016, cache_write: 15_129 };
    assert_eq!(tokens(&events), served);
    assert!(finished(&events).expect("a result").ok);
    let tools: Vec<_> =
        events.iter().filter_map(|e| if let Body::ToolCalled(t) = e { Some(t.name.as_str()) } else { None }).collect();
    assert_eq!(tools, ["Write", "Bash"]);
    assert!(matches!(&events[0], Body::AgentSession(AgentSession { session, .. }) if session.len() == 36));
    assert!(!events.iter().any(|e| matches!(e, Body::Unread(_))), "{events:?}");
}

// Although it calls itself one.
#[test]
fn a_failed_request_is_no_success() {
    for name in ["401-maxretries0", "budget"] {
        let events = events(&stream(name));
        assert!(!finished(&events).expect("a result").ok, "{name}");
    }
}

#[test]
fn retries_are_told() {
    let events = events(&stream("429once"));
    let retry = events.iter().find_map(|e| if let Body::AgentRetrying(r) = e { Some(r) } else { None });
    assert_eq!(retry.expect("a retry").attempt, 1);
    assert!(finished(&events).expect("a result").ok);
}

#[test]
fn a_permission_request_tells_tool_and_input() {
    let events = events(&stream("streaminput-perm"));
    let asked = events.iter().find_map(|e| if let Body::WaitingStarted(w) = e { Some(w) } else { None });
    let WaitingStarted { id, text, tool, input, .. } = asked.expect("a question");
    assert!(!id.is_empty());
    assert_eq!(tool.as_deref(), Some("Bash"));
    assert!(text.starts_with("Bash: touch"), "{text}");
    assert!(input.as_ref().expect("the input").contains("\"command\""));
}

#[test]
fn folding_the_events_gives_the_session_again() {
    for name in ["success", "streaminput-perm", "int-long"] {
        let lines = stream(name);
        let mut live = Session::new(Dialect::ClaudeStream, None);
        let mut folded = Session::new(Dialect::ClaudeStream, None);
        for line in &lines {
            for event in step(&mut live, line, 0) {
                folded.fold(&event);
            }
            assert_eq!(live, folded, "{name}");
        }
    }
}

proptest! {
    #[test]
    fn no_line_whatever_makes_it_fail(line in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut session = Session::new(Dialect::ClaudeStream, None);
        let events = step(&mut session, &line, 7);
        for event in events {
            prop_assert!(matches!(&event, Body::Unread(unread) if unread.from == 7 && unread.len == line.len() as u64));
        }
    }

    /// A real line cut, or with one value swapped for another kind of value.
    #[test]
    fn damaged_stream_lines_are_read_or_unread(which in 0usize..400, cut in any::<prop::sample::Index>()) {
        let lines = stream("success");
        let line = &lines[which % lines.len()];
        let mut session = Session::new(Dialect::ClaudeStream, None);
        let cut_events = step(&mut session, &line[..cut.index(line.len())], 0);
        prop_assert!(cut_events.iter().all(|e| matches!(e, Body::Unread(_))));
        let swapped = String::from_utf8_lossy(line).replacen("\"content\":", "\"content\":7,\"was\":", 1);
        prop_assert!(!step(&mut session, swapped.as_bytes(), 0).iter().any(|e| matches!(e, Body::Unread(_))));
    }
}

#[test]
fn recorded_streams_have_no_unread_line() {
    for (name, _) in RECORDED {
        let unread: Vec<_> = events(&stream(name)).into_iter().filter(|e| matches!(e, Body::Unread(_))).collect();
        assert!(unread.is_empty(), "{name}: {unread:?}");
    }
}

#[test]
fn a_failure_says_what_its_errors_say() {
    let told = |resumes: Option<&str>, result: serde_json::Value| {
        let mut session = Session::new(Dialect::ClaudeStream, resumes.map(str::to_owned));
        let events = step(&mut session, result.to_string().as_bytes(), 0);
        let finished = finished(&events).expect("a result").clone();
        (finished.ok, finished.text)
    };
    let failed = |more: serde_json::Value| {
        let mut result = serde_json::json!({"type": "result", "subtype": "error_during_execution", "is_error": true});
        result.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        result
    };
    let gone = failed(serde_json::json!({"errors": ["No conversation found with session ID: 7f"]}));
    let (ok, text) = told(Some("7f"), gone);
    assert!(!ok && text.contains("No conversation found with session ID: 7f") && text.contains("--fresh"), "{text}");
    assert_eq!(told(None, failed(serde_json::json!({"errors": ["a", "b"]}))).1, "a; b");
    assert_eq!(told(None, failed(serde_json::json!({}))).1, "error during execution");
    let refusal = serde_json::json!({"type": "result", "subtype": "success", "is_error": false, "result": "",
        "stop_reason": "refusal"});
    assert_eq!(told(None, refusal), (false, "its model refused to go on".to_owned()));
}
