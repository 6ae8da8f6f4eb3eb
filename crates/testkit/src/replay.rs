//! The law that every suite ends with: the row that a timeline folds to is the row that is shown.

use serde_json::Value;

use crate::house::House;

/// What follows from events alone; the rest of a row is measured.
const FOLDED: &[&str] = &[
    "status",
    "reason",
    "head",
    "phase",
    "tokens",
    "group",
    "checkpoints",
    "removed",
    "worktree",
    "frozen",
    "branch",
    "question",
    "created_at",
    "started_at",
    "ended_at",
    "last_event_at",
];

impl House {
    /// Fails unless the run's timeline folds to the row that the daemon gives; gives that row.
    pub fn assert_replayed(&self, name: &str) -> Value {
        let live = self.row(name).unwrap_or_else(|| panic!("there is no run {name}"));
        let events = evidence::read(&self.folder(&live)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let state = domain::fold::all(&events);
        let folded = protocol::row(&state, &protocol::Observations::default()).expect("a row");
        let folded = serde_json::to_value(&folded).expect("plain values");
        for field in FOLDED {
            assert_eq!(folded[field], live[field], "{name}: the folded row is not the live row in {field}");
        }
        live
    }

    /// Fails unless nothing of the run lives, and unless it is replayed.
    pub fn assert_over(&self, name: &str) -> Value {
        let row = self.assert_replayed(name);
        assert_eq!(self.processes(&row), 0, "{name}: something of it still lives");
        row
    }
}
