//! What a run's work does not come together with, as its row has it.

use domain::event::ConflictFound;
use domain::{RunState, Timestamp};
use serde::{Deserialize, Serialize};

use super::Observations;

/// Files of the main checkout that somebody changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InMain {
    pub paths: Vec<String>,
    /// When that was seen.
    pub at: Timestamp,
}

/// So many paths are named.
const NAMED: usize = 3;

impl InMain {
    /// `main checkout changed, writer unknown: src/a.rs`.
    pub fn says(&self) -> String {
        let more = self.paths.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named = self.paths.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        format!("main checkout changed, writer unknown: {named}{more}")
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
