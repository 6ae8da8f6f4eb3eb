//! A run's last proof pack, its score and its gate as its row has them.

use domain::RunState;
use domain::event::{Merge, WorkMeasured};
use domain::score::{self, ScorePart};
use serde::{Deserialize, Serialize};

/// The pack in `proof/<k>` of the run's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProofRow {
    pub k: u32,
    /// The last event that it covers.
    pub seq: u64,
    /// 0 to 1.
    pub score: f64,
    /// SHA-256 of its `statement.json`.
    pub statement: String,
    /// Something happened since that it does not tell.
    pub stale: bool,
    /// The parts of the score as they are now.
    pub parts: Vec<ScorePart>,
    /// Why the run may not be merged, by what was measured last; nothing when it may. A merge looks again.
    pub closed: Vec<String>,
    /// `approve` or `changes`, of the commit that was measured last; `null` when nobody looked at that.
    pub review: Option<String>,
    /// `squash`, `merge` or `rebase`, as the settings of its base commit say.
    #[serde(default)]
    pub method: Option<String>,
    #[serde(default)]
    pub work: Option<WorkRow>,
}

/// The work that a merge would bring into the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkRow {
    /// `null` where they were not counted.
    pub commits: Option<u64>,
    pub files: u64,
    pub added: u64,
    pub removed: u64,
}

pub(super) fn row(run: &RunState) -> Option<ProofRow> {
    let proof = &run.proof;
    let (written, measured) = (proof.written.as_ref()?, proof.measured.as_ref()?);
    let review = proof.review.as_ref().filter(|given| given.head == measured.head);
    Some(ProofRow {
        k: written.k,
        seq: written.seq,
        score: share(written.score),
        statement: written.statement.clone(),
        stale: proof.stale,
        parts: score::score(run).parts,
        closed: if run.merged.is_some() { Vec::new() } else { closed(run, measured) },
        review: review.map(|given| given.verdict.word().to_owned()),
        method: run.spec.as_ref().map(|spec| spec.gate.method.word().to_owned()),
        work: Some(WorkRow {
            commits: measured.commits,
            files: measured.files,
            added: measured.added,
            removed: measured.removed,
        }),
    })
}

/// Returns why the gate is closed: by the proof's look at the work, and by the base as it was seen since.
fn closed(run: &RunState, measured: &WorkMeasured) -> Vec<String> {
    let mut now = measured.clone();
    let with_base = run.conflicts.iter().find(|conflict| conflict.with.is_none());
    if let (Some(conflict), Merge::Clean) = (with_base, &now.merge) {
        now.merge = Merge::Conflicts(conflict.paths.clone());
    }
    domain::gate::reasons(run, &now)
}

/// `open`, `closed` or `merged`.
pub(super) fn gate(run: &RunState, proof: &ProofRow) -> String {
    let word = match (&run.merged, run.status.is_settled() && proof.closed.is_empty()) {
        (Some(_), _) => "merged",
        (None, true) => "open",
        (None, false) => "closed",
    };
    word.to_owned()
}

/// Hundredths as a number from 0 to 1.
pub(super) fn share(hundredths: u32) -> f64 {
    f64::from(hundredths) / 100.0
}
