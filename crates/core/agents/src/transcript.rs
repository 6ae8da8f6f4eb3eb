//! An agent's raw output as lines a person can read.

use domain::{Body, text};

use crate::dialect::Dialect;
use crate::session::Session;
use crate::step::{end, step};

/// A reader of an output that begins somewhere in it, with what it remembers of the lines before.
#[derive(Debug)]
pub struct Transcript {
    session: Session,
}

impl Transcript {
    pub fn new(dialect: Dialect) -> Self {
        Self { session: Session::listening(dialect) }
    }

    /// The readable lines of a piece of output, all of it.
    pub fn of(dialect: Dialect, piece: &str) -> Vec<String> {
        let mut transcript = Self::new(dialect);
        let mut lines: Vec<String> = piece.lines().flat_map(|line| transcript.read(line.as_bytes())).collect();
        lines.extend(transcript.end());
        lines
    }

    /// The readable lines of one more line of standard output; none when it says nothing to people, or not yet.
    pub fn read(&mut self, line: &[u8]) -> Vec<String> {
        if matches!(self.session.dialect, Dialect::Aider | Dialect::Plain) {
            return raw(line);
        }
        let events = step(&mut self.session, line, 0);
        readable(&events, line)
    }

    /// The lines of what was held back when no more comes.
    pub fn end(&mut self) -> Vec<String> {
        readable(&end(&mut self.session), &[])
    }
}

fn raw(line: &[u8]) -> Vec<String> {
    text::block(&String::from_utf8_lossy(line)).lines().map(str::to_owned).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a transcript shows these kinds")]
fn readable(events: &[Body], line: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    for event in events {
        match event {
            Body::AgentSession(data) => {
                lines.push(format!("· session {}", text::line(data.model.as_deref().unwrap_or(&data.session))));
            }
            Body::AgentMessage(data) => lines.extend(text::block(&data.text).lines().map(str::to_owned)),
            Body::ToolCalled(data) => {
                lines.push(format!("▸ {} {}", text::shown(&data.name), text::shown(&data.about)));
            }
            Body::ToolReturned(data) => {
                lines.extend(text::block(&data.text).lines().map(|l| format!("  {l}")));
            }
            Body::AgentRetrying(data) => lines.push(format!("· retry {}: {}", data.attempt, text::line(&data.reason))),
            Body::WaitingStarted(data) => lines.push(format!("? {}", text::shown(&data.text))),
            Body::Limited(data) => lines.push(format!("· {}", text::line(&data.reason))),
            Body::TurnEnded(data) if data.open > 0 => {
                lines.push(format!("· its turn is over, {} in the background", data.open));
            }
            Body::BackgroundEnded(data) => lines.push(format!("· {}", text::line(&data.how))),
            Body::AgentFinished(data) => {
                let mark = if data.ok { "✓" } else { "✗" };
                lines.push(format!("{mark} {}", text::line(&data.text)));
            }
            Body::Unread(_) => lines.extend(raw(line)),
            _ => {}
        }
    }
    lines
}
