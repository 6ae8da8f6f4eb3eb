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
        self.reason = told(self.reason.take(), self.resets_at.map(over_by));
        self.activity = told(self.activity.take(), self.last_event_at);
        self
    }
}

/// The minute by which a limit is over that ends at this moment.
pub(super) fn over_by(at: Timestamp) -> Timestamp {
    const MINUTE: i64 = 60_000;
    Timestamp::from_millis(at.as_millis().saturating_add(MINUTE - 1) / MINUTE * MINUTE)
}

#[cfg(test)]
mod tests {
    use domain::RunState;
    use domain::command::NewRun;
    use domain::status::Status;

    use super::*;
    use crate::row::{Observations, row};

    #[test]
    fn a_limit_ends_by_the_readers_clock() {
        let spec = r#"{"id":"aaaaaa","name":"n","repo":"/r","base":"main","base_commit":"c","branch":"b","worktree":"/w",
            "agent":"claude","model":null,"task":"t","phases":[]}"#;
        for ms in [120_000, 135_500] {
            let run = RunState {
                spec: Some(serde_json::from_str::<NewRun>(spec).expect("a run of an older version")),
                status: Status::Limited { resets_at: Some(Timestamp::from_millis(ms)) },
                ..RunState::default()
            };
            let row = row(&run, &Observations::default()).expect("a row");
            let told = row.by_clock(|at| format!("minute {}", at.as_millis() / 60_000)).reason.expect("a reason");
            assert!(told.starts_with("limited until minute "), "{told}");
        }
    }
}
