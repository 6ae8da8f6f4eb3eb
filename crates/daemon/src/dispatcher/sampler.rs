//! When figures of the machine are taken, and what they were last.

use std::collections::BTreeMap;
use std::time::Instant;

use domain::{RunId, Timestamp};

#[derive(Default)]
pub(super) struct Sampler {
    /// When the next sample is taken.
    pub(super) due: Option<Instant>,
    /// The time and the processor time, in milliseconds, of each run and external agent at its last sample.
    pub(super) before: BTreeMap<RunId, (Timestamp, u64)>,
    pub(super) told: Option<u64>,
}
