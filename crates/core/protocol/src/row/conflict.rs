//! What a run's work does not come together with, as its row has it.

use domain::event::{ConflictFound, NAMED};
use domain::figures::{self, UNKNOWN};
use domain::{RunState, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Observations, Row};

/// Files of the main checkout that somebody changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InMain {
    pub paths: Vec<String>,
    /// When that was seen.
    pub at: Timestamp,
}

impl InMain {
    /// `main checkout changed, writer unknown: src/a.rs`.
    pub fn says(&self) -> String {
        format!("main checkout changed, writer unknown: {}", figures::first_of(&self.paths, NAMED))
    }
}

impl Row {
    /// Says what the run's work does not come together with: `cart in src/a.rs; main in src/b.rs`, `none`, or `—`
    /// before that was looked at.
    pub fn conflicts_say(&self) -> String {
        let all: Vec<String> = self.conflicts.iter().map(ConflictFound::says).collect();
        match (all.is_empty(), self.conflicts_at) {
            (false, _) => all.join("; "),
            (true, Some(_)) => "none".to_owned(),
            (true, None) => UNKNOWN.to_owned(),
        }
    }
}

/// Names of runs; the base is none.
pub(super) fn names(run: &RunState, seen: &Observations) -> Option<Vec<String>> {
    let looked = seen.conflicts_at.is_some() || !run.conflicts.is_empty();
    let others = run.conflicts.iter().filter(|conflict| conflict.with.is_some());
    looked.then(|| others.map(|conflict| conflict.name.clone()).collect())
}

/// In words, after why it is in its status.
pub(super) fn says(run: &RunState) -> Option<String> {
    if run.conflicts.is_empty() || run.removed {
        return None;
    }
    let yields = run.conflicts.iter().any(|conflict| conflict.yields);
    let all: Vec<String> = run.conflicts.iter().map(ConflictFound::says).collect();
    Some(format!("conflicts with {}{}", all.join("; "), if yields { " (it is the younger)" } else { "" }))
}
