//! The events of a run as lines, with phases folded and events unfolded as the person wants them.

use std::collections::{BTreeSet, VecDeque};

use domain::describe::{Described, describe};
use domain::{Event, Timestamp};
use serde_json::Value;

use crate::widgets::{Nth, searched, wrapped};

/// An attempt at a phase; what is folded together.
pub(crate) type Attempt = (String, u32);

/// Lines that one unfolded event may take.
const MOST: usize = 200;

/// Which kinds of events are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kinds {
    /// All but what only tells how pilothouse works.
    #[default]
    Main,
    Talk,
    Tools,
    Asks,
    Steps,
    Trouble,
    Everything,
}

impl Kinds {
    pub(crate) const ALL: [Self; 7] =
        [Self::Main, Self::Talk, Self::Tools, Self::Asks, Self::Steps, Self::Trouble, Self::Everything];

    pub(crate) fn says(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Talk => "what the agent says",
            Self::Tools => "tools",
            Self::Asks => "questions and limits",
            Self::Steps => "phases and checkpoints",
            Self::Trouble => "trouble",
            Self::Everything => "everything",
        }
    }

    fn has(self, line: &TimelineLine) -> bool {
        let word = line.said.word;
        match self {
            Self::Main => !line.said.minor,
            Self::Everything => true,
            Self::Talk => matches!(line.kind.as_str(), "agent.message" | "agent.finished"),
            Self::Tools => line.kind.starts_with("tool."),
            Self::Asks => line.kind.starts_with("waiting.") || line.kind.starts_with("limited"),
            Self::Steps => ["run.", "phase.", "attempt.", "checkpoint.", "worktree.", "snapshot."]
                .iter()
                .any(|p| line.kind.starts_with(p)),
            Self::Trouble => {
                is_trouble(word) || matches!(line.kind.as_str(), "unread" | "lost" | "agent.retrying" | "note")
            }
        }
    }
}

/// Words of events that need a person's eye.
pub(crate) fn is_trouble(word: &str) -> bool {
    matches!(word, "asks" | "limited" | "failed" | "lost" | "gave up" | "error" | "could not")
}

/// An event of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TimelineLine {
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    pub(crate) attempt: Option<Attempt>,
    pub(crate) said: Described,
    /// The line as it stands in the file.
    pub(crate) raw: String,
}

impl TimelineLine {
    pub(crate) fn read(raw: String) -> Option<Self> {
        let event = Event::from_line(&raw).ok()?;
        let said = describe(&event);
        let attempt = event.phase.clone().zip(event.attempt);
        Some(Self { seq: event.seq, at: event.at, kind: event.body.kind().to_owned(), attempt, said, raw })
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct TimelineView {
    pub(crate) lines: VecDeque<TimelineLine>,
    /// The event under the cursor; `None` follows the newest.
    pub(crate) cursor: Option<u64>,
    /// First line shown.
    pub(crate) top: usize,
    pub(crate) folded: BTreeSet<Attempt>,
    pub(crate) unfolded: BTreeSet<u64>,
    pub(crate) kinds: Kinds,
    pub(crate) search: Option<String>,
    /// Which of its matches was gone to.
    pub(crate) nth: Option<Nth>,
    /// More of the past is asked for.
    pub(crate) asked: bool,
    /// Columns for what an unfolded event says.
    pub(crate) width: usize,
}

/// The content of one line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DrawnLine<'a> {
    Event(&'a TimelineLine),
    /// The beginning of a phase whose events are folded, and how many there are.
    Folded(&'a TimelineLine, usize),
    /// A line of an unfolded event.
    More(u64, String),
}

impl DrawnLine<'_> {
    pub(crate) fn seq(&self) -> u64 {
        match self {
            DrawnLine::Event(line) | DrawnLine::Folded(line, _) => line.seq,
            DrawnLine::More(seq, _) => *seq,
        }
    }
}

impl TimelineView {
    /// Forgets what is loaded; how the person wants it shown stays.
    pub(crate) fn forget(&mut self) {
        *self = Self { kinds: self.kinds, search: self.search.take(), width: self.width, ..Self::default() };
    }

    pub(crate) fn follow(&mut self) {
        self.cursor = None;
        self.top = 0;
    }

    pub(crate) fn says(&self) -> String {
        let kinds = self.kinds.says();
        match &self.search {
            Some(text) => format!("{kinds} {}", searched(text, self.nth)),
            None => kinds.to_owned(),
        }
    }

    /// The lines shown, the newest first.
    pub(crate) fn shown(&self) -> Vec<DrawnLine<'_>> {
        let mut shown = Vec::new();
        let mut hidden = 0;
        // Where the line is not shown that would say so, nothing is folded away.
        let folds = matches!(self.kinds, Kinds::Main | Kinds::Steps | Kinds::Everything);
        for line in self.lines.iter().rev().filter(|line| self.kinds.has(line)) {
            let folded = folds && line.attempt.as_ref().is_some_and(|attempt| self.folded.contains(attempt));
            if folded && line.kind == "phase.started" {
                shown.push(DrawnLine::Folded(line, hidden));
                hidden = 0;
            } else if folded {
                hidden += 1;
            } else {
                shown.push(DrawnLine::Event(line));
                if self.unfolded.contains(&line.seq) {
                    let said = data(&line.raw).into_iter().flat_map(|text| wrapped(&text, self.width.max(20)));
                    shown.extend(said.take(MOST).map(|text| DrawnLine::More(line.seq, text)));
                }
            }
        }
        shown
    }
}

/// Returns the data of an event, field by field, in harmless lines.
fn data(raw: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(raw).unwrap_or(Value::Null);
    let mut lines = Vec::new();
    spell(&value["data"], "", &mut lines);
    if lines.is_empty() {
        lines.push(format!("{}: nothing more is said", value["kind"].as_str().unwrap_or("event")));
    }
    lines
}

fn spell(value: &Value, name: &str, lines: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                spell(value, &name, lines);
            }
        }
        Value::Array(items) => {
            for (n, value) in items.iter().enumerate() {
                spell(value, &format!("{name}[{n}]"), lines);
            }
        }
        Value::String(text) => {
            let mut parts = text.lines();
            lines.push(domain::text::line(&format!("{name}: {}", parts.next().unwrap_or(""))));
            lines.extend(parts.map(|part| domain::text::line(&format!("  {part}"))));
        }
        Value::Null => {}
        other => lines.push(format!("{name}: {other}")),
    }
}
