//! The reason of a row in one text.

use protocol::Row;

/// Returns what the run does, or why it stands still.
pub(crate) fn why(row: &Row) -> String {
    row.reason.as_ref().or(row.activity.as_ref()).cloned().unwrap_or_default()
}
