//! What a run's work does not come together with, as its row has it.

use domain::event::ConflictFound;
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

impl Row {
    /// `looks like a secret: src/a.rs:12 (github-token) and 2 more`; `None` where nothing does.
    pub fn secrets_say(&self) -> Option<String> {
        let found = self.secrets.as_ref()?;
        let first = found.first()?;
        let more = found.len() - 1;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Some(format!("looks like a secret: {}{more}", first.says()))
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
