//! Whose figures a row has.

use domain::spend::Sum;

/// Whose figures they are; where an agent's own are among them, they are not the gateway's.
pub(super) fn tokens_source(spent: &Sum, interactive: bool) -> &'static str {
    match (spent.reported, interactive) {
        (false, _) => "gateway",
        (true, true) => "transcript",
        (true, false) => "agent",
    }
}
