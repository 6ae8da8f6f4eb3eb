//! The proof of a run: what was measured of its work, the pack that was written last, and whether that still holds.

use crate::event::{ProofWritten, ReviewGiven, WorkMeasured};
use crate::timestamp::Timestamp;

/// The state of a run's proof.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProofState {
    /// A pack is to be written.
    pub due: bool,
    /// Something happened since the last pack that it does not tell.
    pub stale: bool,
    /// The work as it was measured last.
    pub measured: Option<WorkMeasured>,
    /// The event that said so, where a pack is still to be written of it.
    pub covers: Option<u64>,
    pub written: Option<ProofWritten>,
    /// The last verdict of a person.
    pub review: Option<ReviewGiven>,
    /// The event of that review.
    pub reviewed_at: Option<u64>,
    /// Why there is none, where the work could not be measured or the pack not be written.
    pub failed: Option<ProofFailure>,
}

/// A proof that came to nothing. It may be the machine's fault, which others mend, so that it is tried again some times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofFailure {
    pub why: String,
    /// How often it was tried.
    pub times: u32,
    /// When it is tried again by itself; `None`: when somebody asks.
    pub again_at: Option<Timestamp>,
}

/// Milliseconds before each time that it is tried again.
const PAUSES: [i64; 4] = [5_000, 30_000, 120_000, 600_000];

impl ProofFailure {
    /// The failure after the one before, at this moment.
    pub(crate) fn after(before: Option<&Self>, why: &str, at: Timestamp) -> Self {
        let tried = before.map_or(0, |before| before.times);
        let pause = usize::try_from(tried).ok().and_then(|tried| PAUSES.get(tried));
        let again_at = pause.map(|pause| Timestamp::from_millis(at.as_millis().saturating_add(*pause)));
        Self { why: why.to_owned(), times: tried.saturating_add(1), again_at }
    }
}

impl ProofState {
    /// The number of the next pack.
    pub fn next(&self) -> u32 {
        self.written.as_ref().map_or(0, |written| written.k).saturating_add(1)
    }

    /// The score of the last pack, while that tells all.
    pub fn score(&self) -> Option<u32> {
        self.written.as_ref().filter(|_| !self.stale).map(|written| written.score)
    }
}
