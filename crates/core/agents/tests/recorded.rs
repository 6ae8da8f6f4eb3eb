//! Every recorded stream of a real agent, folded: what its lines became stands in a stored text each.

#![expect(clippy::disallowed_methods, reason = "the recordings are files")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use agents::{Dialect, Session, end, step};
use domain::attempt::AttemptKey;
use domain::describe::describe;
use domain::effect::Effect;
use domain::event::{EffectStarted, WaitingEnded};
use domain::tokens::Tokens;
use domain::{Body, Event, Timestamp};
use serde_json::Value;

/// A line of a recording: what the agent wrote, or what was written to it.
enum Line {
    Wrote(Vec<u8>),
    Heard(Value),
}

/// Recordings of both directions mark theirs with `_dir`; others are what the agent wrote, byte by byte.
fn lines(path: &Path) -> Vec<Line> {
    let bytes = fs::read(path).expect("a recording");
    let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let value = serde_json::from_slice::<Value>(line).ok();
            let Some(value) = value.filter(|value| value.get("_dir").is_some()) else {
                return Line::Wrote(line.to_vec());
            };
            match value["_dir"].as_str() {
                Some("stdout" | "from_agent" | "from_server") => Line::Wrote(value["msg"].to_string().into_bytes()),
                _ => Line::Heard(value["msg"].clone()),
            }
        })
        .collect()
}

/// Takes up the event that pilothouse would have written down for a message to the agent.
fn heard(message: &Value, session: &mut Session, open: &mut Option<String>) {
    let gives_task = matches!(message["method"].as_str(), Some("turn/start" | "session/prompt"));
    let answers =
        message.get("result").is_some() || message.get("error").is_some() || message["type"] == "control_response";
    if gives_task {
        session.fold(&said("prompt"));
    } else if let Some(id) = open.take_if(|_| answers) {
        session.fold(&WaitingEnded { id, how: "allowed once".to_owned() }.into());
    }
}

fn said(write: &str) -> Body {
    let attempt = AttemptKey { phase: "build".to_owned(), attempt: 1 };
    let (write, data) = (write.to_owned(), String::new());
    let effect = Effect::Write { attempt, write, data, question: None, how: String::new() };
    EffectStarted { id: 1, effect }.into()
}

fn told(path: &Path, dialect: Dialect, both_ways: bool) -> String {
    let mut session = Session::new(dialect, None);
    let mut folded = Session::new(dialect, None);
    let mut open = None;
    let mut text = String::new();
    let mut tokens = Tokens::default();
    let mut tell = |events: Vec<Body>, folded: &mut Session, open: &mut Option<String>| {
        for body in events {
            folded.fold(&body);
            match &body {
                Body::UsageReported(usage) => tokens += usage.tokens,
                Body::WaitingStarted(asked) => *open = Some(asked.id.clone()),
                _ => {}
            }
            let at = Timestamp::from_millis(0);
            let event = Event { seq: 1, at, phase: None, attempt: None, src: None, prev: String::new(), body };
            let described = describe(&event);
            let line: String = described.line.chars().take(150).collect();
            let _infallible = writeln!(text, "{:<10} {line}", described.word);
        }
    };
    if !both_ways {
        // What was written to it was not recorded: it had its task from the beginning.
        session.fold(&said("prompt"));
        folded.fold(&said("prompt"));
    }
    let mut offset = 0;
    for line in lines(path) {
        match line {
            Line::Wrote(line) => {
                let events = step(&mut session, &line, offset);
                offset += line.len() as u64 + 1;
                tell(events, &mut folded, &mut open);
            }
            Line::Heard(message) => {
                heard(&message, &mut folded, &mut open.clone());
                heard(&message, &mut session, &mut open);
            }
        }
        if session.held_from().is_none() {
            assert_eq!(session, folded, "folding the events gives the session again: {}", path.display());
        }
    }
    tell(end(&mut session), &mut folded, &mut open);
    let Tokens { input, output, cache_read, cache_write } = tokens;
    format!("{text}tokens     {input} in, {cache_write} written, {cache_read} read, {output} out\n")
}

fn streams(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/streams").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).expect("recordings").flatten().map(|e| e.path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// The dialect that a recording's name says.
fn dialect(name: &str) -> Dialect {
    match name {
        _ if name.starts_with("codex-") || name.starts_with("appserver") => Dialect::CodexApp,
        _ if name.starts_with("opencode-") => Dialect::Acp { counts: false },
        _ => Dialect::Acp { counts: true },
    }
}

fn golden(folder: &str, which: impl Fn(&str) -> Option<Dialect>) {
    let mut all = String::new();
    for path in streams(folder) {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let both_ways = fs::read_to_string(&path).is_ok_and(|text| text.contains("\"_dir\""));
        let Some(dialect) = which(&name) else { continue };
        all += &format!("== {name} ({})\n{}\n", dialect.name(), told(&path, dialect, both_ways));
    }
    let stored =
        if folder == "claude-2.1.332" { folder } else { folder.split('-').next().unwrap_or(folder) }.to_owned();
    insta::assert_snapshot!(stored, all);
}

#[test]
fn streams_of_claude_code() {
    golden("claude-2.1.197", |_| Some(Dialect::ClaudeStream));
}

#[test]
fn streams_of_a_newer_claude_code() {
    golden("claude-2.1.332", |_| Some(Dialect::ClaudeStream));
}

#[test]
fn streams_of_codex() {
    // What `codex exec` writes is another dialect: its lines are kept as unread and harm nothing.
    golden("codex-0.169.0", |_| Some(Dialect::CodexApp));
}

#[test]
fn streams_of_the_agent_client_protocol() {
    golden("acp", |_| Some(Dialect::Acp { counts: true }));
}

#[test]
fn streams_that_pilothouse_recorded() {
    golden("own", |name| Some(dialect(name)));
}

#[test]
fn streams_of_aider() {
    golden("aider-0.86.2", |_| Some(Dialect::Plain));
}

#[test]
fn foreign_dialects_harm_nothing() {
    for folder in ["gemini-0.61.0", "opencode-1.18.33"] {
        golden(folder, |_| Some(Dialect::Acp { counts: true }));
    }
}
