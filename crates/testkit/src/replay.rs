//! The law that every suite ends with: the row that a timeline folds to is the row that is shown.

use serde_json::Value;

use crate::house::House;
use crate::wait::wait_until;

/// Fields of a row that follow from events alone; the others are measured.
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
    /// Fails unless the run's timeline folds to the row that the daemon reports; returns that row. Between the two
    /// looks an event may come, so they are taken again until they agree.
    pub fn assert_replayed(&self, name: &str) -> Value {
        wait_until(&format!("the folded row of {name} to be the live row"), || {
            let live = self.row(name).unwrap_or_else(|| panic!("there is no run {name}"));
            let events = evidence::read(&self.folder(&live)).unwrap_or_else(|e| panic!("{name}: {e}"));
            let state = domain::fold::all(&events);
            let folded = protocol::row(&state, &protocol::Observations::default()).expect("a row");
            let folded = serde_json::to_value(&folded).expect("plain values");
            let differs = FOLDED.iter().find(|field| folded[**field] != live[**field]);
            match differs {
                Some(field) => Err(format!("{field}: {} is not {}", folded[*field], live[*field])),
                None => Ok(live),
            }
        })
    }

    /// Fails unless nothing of the run lives, and unless it is replayed.
    pub fn assert_over(&self, name: &str) -> Value {
        let row = self.assert_replayed(name);
        assert_eq!(self.processes(&row), 0, "{name}: something of it still lives");
        row
    }
}
