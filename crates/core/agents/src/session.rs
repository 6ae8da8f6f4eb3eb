//! What must be remembered of an agent's output to understand its next line.

use std::collections::BTreeSet;

use domain::Body;
use domain::tokens::Tokens;

use crate::registry::Dialect;

/// One attempt's conversation so far; folding the attempt's events gives it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub(crate) dialect: Dialect,
    /// Messages whose usage was counted; an agent says it once per block of the same message.
    pub(crate) counted: BTreeSet<String>,
    /// The sum of what was counted.
    pub(crate) tokens: Tokens,
    /// The question that is open, with the tool input to hand back.
    pub(crate) question: Option<(String, Option<String>)>,
    pub(crate) limited: bool,
}

impl Session {
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, counted: BTreeSet::new(), tokens: Tokens::default(), question: None, limited: false }
    }

    /// Takes up one event of this attempt; `step` does so itself with the events it gives.
    pub fn fold(&mut self, body: &Body) {
        match body {
            Body::UsageReported(usage) => {
                self.tokens += usage.tokens;
                self.counted.extend(usage.of.clone());
            }
            Body::WaitingStarted(asked) => self.question = Some((asked.id.clone(), asked.input.clone())),
            Body::WaitingEnded(ended) if self.question.as_ref().is_some_and(|(id, _)| *id == ended.id) => {
                self.question = None;
            }
            Body::Limited(_) => self.limited = true,
            Body::LimitedEnded(_) => self.limited = false,
            _ => {}
        }
    }
}
