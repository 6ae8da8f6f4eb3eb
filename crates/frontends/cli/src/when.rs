//! Moments by this machine's clock.

use domain::Timestamp;
use domain::clock::by_clock;
use jiff::tz::TimeZone;

/// The moment as a person here reads it, with its date unless that is today.
pub(crate) fn when(at: Timestamp) -> String {
    let there = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    // Clocks are put back and forward, so the moment has an offset of its own.
    let offset = TimeZone::system().to_offset(there).seconds();
    by_clock(at, Timestamp::from_millis(jiff::Timestamp::now().as_millisecond()), offset)
}
