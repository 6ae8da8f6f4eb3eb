//! The moments that a row's words name.

use domain::Timestamp;

use super::Row;

impl Row {
    /// The row with the moments in its words as `clock` says them. Words of agents are left as they are.
    #[must_use]
    pub fn by_clock(mut self, clock: impl Fn(Timestamp) -> String) -> Self {
        let told = |words: Option<String>, at: Option<Timestamp>| match (words, at) {
            (Some(words), Some(at)) => Some(words.replace(&at.to_string(), &clock(at))),
            (words, _) => words,
        };
        self.reason = told(self.reason.take(), self.resets_at);
        self.activity = told(self.activity.take(), self.last_event_at);
        self
    }
}
