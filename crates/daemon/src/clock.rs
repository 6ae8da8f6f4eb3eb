//! The one clock of the daemon.

use domain::Timestamp;

/// Returns the time by which events are written.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}
