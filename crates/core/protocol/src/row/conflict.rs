//! What a run's work does not come together with, as its row has it.

use domain::RunState;
use domain::event::ConflictFound;

use super::Observations;

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
