//! A run's last proof pack as its row has it.

use domain::proof::ProofState;
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
}

pub(super) fn row(proof: &ProofState) -> Option<ProofRow> {
    let written = proof.written.as_ref()?;
    Some(ProofRow {
        k: written.k,
        seq: written.seq,
        score: share(written.score),
        statement: written.statement.clone(),
        stale: proof.stale,
    })
}

/// Hundredths as a number from 0 to 1.
pub(super) fn share(hundredths: u32) -> f64 {
    f64::from(hundredths) / 100.0
}
