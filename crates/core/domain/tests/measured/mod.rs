//! What a run's work was measured to be, for tests of what follows from it.

use domain::event::{Merge, WorkMeasured};

/// A changed file on another commit than the base, which comes together with its base as `merge` says.
pub(crate) fn work(merge: Merge) -> WorkMeasured {
    WorkMeasured {
        against: Vec::new(),
        head: "h".repeat(40),
        tree: "t".repeat(40),
        uncommitted: false,
        base: Some("b".repeat(40)),
        files: 1,
        added: 1,
        removed: 0,
        commits: Some(1),
        merge,
        exam: Vec::new(),
        secrets: Some(Vec::new()),
    }
}
