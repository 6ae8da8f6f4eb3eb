//! A run's checks as its row has them.

use domain::check::CheckState;
use domain::{RunState, Timestamp};
use serde::{Deserialize, Serialize};

/// A check with what it came to last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRow {
    pub name: String,
    pub command: String,
    pub required: bool,
    pub weight: u32,
    /// Whether the check is at work now.
    pub running: bool,
    /// How often it was begun; its last output is that of the attempt `check.<name>.<n>`.
    pub n: u32,
    /// `pass`, `fail`, `error` or `skipped`; `null` before it ended once.
    pub verdict: Option<String>,
    /// Why it is no pass.
    pub reason: Option<String>,
    pub duration_ms: Option<u64>,
    /// Tests in its report; `null` without one.
    pub tests: Option<u64>,
    /// The first tests that failed.
    pub failed: Vec<String>,
    /// The commit that it was run on, in full.
    pub head: Option<String>,
    /// There were changes that nothing had committed.
    pub uncommitted: bool,
    pub at: Option<Timestamp>,
}

/// The checks of a run in the order of their names.
pub(super) fn rows(run: &RunState) -> Vec<CheckRow> {
    let none = CheckState::default();
    let specs = run.spec.iter().flat_map(|spec| &spec.checks);
    specs
        .map(|spec| {
            let known = run.checks.get(&spec.name).unwrap_or(&none);
            let last = known.last.as_ref().map(|(last, _)| last);
            CheckRow {
                name: spec.name.clone(),
                command: spec.run.clone(),
                required: spec.required,
                weight: spec.weight,
                running: known.runs,
                n: known.begun,
                verdict: last.map(|last| last.verdict.word().to_owned()),
                reason: last.map(|last| last.reason.clone()).filter(|reason| !reason.is_empty()),
                duration_ms: last.map(|last| last.duration_ms),
                tests: last.and_then(|last| last.counts).map(|counts| counts.tests),
                failed: last.map(|last| last.failed.clone()).unwrap_or_default(),
                head: last.map(|last| last.head.clone()).filter(|head| !head.is_empty()),
                uncommitted: last.is_some_and(|last| last.uncommitted),
                at: known.last.as_ref().map(|(_, at)| *at),
            }
        })
        .collect()
}
