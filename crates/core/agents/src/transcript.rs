//! An agent's raw output as lines a person can read.

use domain::{Body, text};

use crate::registry::Dialect;
use crate::session::Session;
use crate::step::step;

/// The readable lines of one line of standard output; none when it says nothing to people.
pub fn transcript(dialect: Dialect, line: &[u8]) -> Vec<String> {
    let raw = || text::block(&String::from_utf8_lossy(line)).lines().map(str::to_owned).collect();
    if dialect == Dialect::Plain {
        return raw();
    }
    let events = step(&mut Session::new(dialect), line, 0);
    let mut lines = Vec::new();
    for event in &events {
        match event {
            Body::AgentSession(data) => {
                lines.push(format!("· session {}", text::line(data.model.as_deref().unwrap_or(&data.session))));
            }
            Body::AgentMessage(data) => lines.extend(text::block(&data.text).lines().map(str::to_owned)),
            Body::ToolCalled(data) => {
                lines.push(format!("▸ {} {}", text::line(&data.name), text::line(&data.about)));
            }
            Body::ToolReturned(data) => {
                lines.extend(text::block(&data.text).lines().map(|l| format!("  {l}")));
            }
            Body::AgentRetrying(data) => lines.push(format!("· retry {}: {}", data.attempt, text::line(&data.reason))),
            Body::WaitingStarted(data) => lines.push(format!("? {}", text::line(&data.text))),
            Body::Limited(data) => lines.push(format!("· {}", text::line(&data.reason))),
            Body::AgentFinished(data) => {
                let mark = if data.ok { "✓" } else { "✗" };
                lines.push(format!("{mark} {}", text::line(&data.text)));
            }
            Body::Unread(_) => lines.extend::<Vec<String>>(raw()),
            _ => {}
        }
    }
    lines
}
