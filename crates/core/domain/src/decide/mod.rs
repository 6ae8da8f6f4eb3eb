//! What follows from a run's state, a command or an effect's outcome: events to append and effects to perform.

mod answer;
mod finished;
mod next;
mod terminate;

pub use answer::answer;
pub use finished::{Facts, finished};
pub use next::next;
pub use terminate::terminate;

use crate::attempt::AttemptKey;
use crate::effect::Effect;
use crate::event::Body;

/// What is to happen: first the events are appended, then the effects are performed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// Each event with the attempt it belongs to.
    pub events: Vec<(Option<AttemptKey>, Body)>,
    pub effects: Vec<Effect>,
}

impl Decision {
    fn event(mut self, attempt: Option<AttemptKey>, body: impl Into<Body>) -> Self {
        self.events.push((attempt, body.into()));
        self
    }

    fn effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    pub fn is_nothing(&self) -> bool {
        self.events.is_empty() && self.effects.is_empty()
    }
}

/// Why a command is not carried out: exit code 4 of the command line's contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; {next}")]
pub struct Refusal {
    pub reason: String,
    pub next: String,
}

impl Refusal {
    pub fn new(reason: impl Into<String>, next: impl Into<String>) -> Self {
        Self { reason: reason.into(), next: next.into() }
    }
}
