//! Which of two runs gives way where their work conflicts.

use domain::{RunId, Timestamp};

/// Whether the first of two runs gives way to the second: the younger does, and where both were asked for at once the one with
/// the later id. Of two runs exactly one gives way.
pub fn yields(run: (Option<Timestamp>, &RunId), other: (Option<Timestamp>, &RunId)) -> bool {
    run > other
}
