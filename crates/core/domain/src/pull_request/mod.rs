//! A run's pull request: what it should say by the run's state, and when its forge is to be told.

mod spec;

pub use spec::{DeliverSpec, LOCAL, PullState, PullWork};

use crate::event::Merge;
use crate::run::RunState;
use crate::score;
use crate::status::Status;

/// The facts that the pull request should tell now; `None` where there is to be none.
pub fn wanted(run: &RunState) -> Option<PullWork> {
    let spec = run.spec.as_ref()?;
    spec.deliver.forge.as_ref()?;
    let (measured, written) = (run.proof.measured.as_ref()?, run.proof.written.as_ref()?);
    let had = run.pull.as_ref().map(|pull| &pull.work);
    let changes = measured.head != spec.base_commit;
    let state = match (&run.status, run.pull_asked) {
        (Status::Merged, _) => had.map(|_| PullState::Merged)?,
        _ if run.removed => had.map(|_| PullState::Closed)?,
        (_, Some(asked)) => asked,
        (Status::Ready, None) if changes && spec.deliver.draft => PullState::Draft,
        (Status::Ready, None) if changes => PullState::Open,
        _ => had?.state,
    };
    let mut required = spec.checks.iter().filter(|check| check.required).peekable();
    let passed = |name: &str| score::why_not(Some(measured), run.last_check(name)).is_none();
    let any = required.peek().is_some();
    Some(PullWork {
        state,
        head: measured.head.clone(),
        pack: written.k,
        checks: any.then(|| required.all(|check| passed(&check.name))),
        mergeable: match &measured.merge {
            Merge::Clean => Some(true),
            Merge::Conflicts(_) => Some(false),
            Merge::Unknown(_) => None,
        },
        review: run.proof.reviewed_at,
    })
}

/// The facts that the forge is to be told next; `None` when it knows them, and while the work may still change.
pub fn due(run: &RunState) -> Option<PullWork> {
    if !run.status.is_settled() || run.proof.due || run.merging.is_some() {
        return None;
    }
    let wanted = wanted(run)?;
    let known = run.pull.as_ref().is_some_and(|pull| pull.work == wanted);
    let again = run.pull_retold || !known;
    (again && run.pull_failed.as_ref() != Some(&wanted)).then_some(wanted)
}
