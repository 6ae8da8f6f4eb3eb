//! A run's pull request: what it should say by the run's state, and when its forge is to be told.

use serde::{Deserialize, Serialize};

use crate::event::Merge;
use crate::run::RunState;
use crate::score;
use crate::status::Status;

/// Where a pull request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullState {
    Draft,
    Open,
    Merged,
    Closed,
}

impl PullState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Merged => "merged",
            Self::Closed => "closed",
        }
    }
}

/// The name of the forge that is built in.
pub const LOCAL: &str = "local";

/// How a run's work is delivered, as the settings of its base commit said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeliverSpec {
    /// Where its pull request is opened; `None`: nowhere.
    pub forge: Option<String>,
    /// It is opened as a draft.
    pub draft: bool,
}

/// What a pull request says of a run's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullWork {
    pub state: PullState,
    /// The commit that is to be merged, in full.
    pub head: String,
    /// The proof pack whose summary it has.
    pub pack: u32,
    /// Whether the required checks passed on that commit; `None` where there are none.
    pub checks: Option<bool>,
    /// Whether it merges into its base; `None` when that is not known.
    pub mergeable: Option<bool>,
    /// The event of the last review.
    pub review: Option<u64>,
}

/// What the pull request should say now; `None` where there is to be none.
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

/// What the forge is to be told next; `None` when it knows, and while the work may still change.
pub fn due(run: &RunState) -> Option<PullWork> {
    if !run.status.is_settled() || run.proof.due || run.merging.is_some() {
        return None;
    }
    let wanted = wanted(run)?;
    let known = run.pull.as_ref().is_some_and(|pull| pull.work == wanted);
    let again = run.pull_retold || !known;
    (again && run.pull_failed.as_ref() != Some(&wanted)).then_some(wanted)
}
