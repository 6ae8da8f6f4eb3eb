//! Why a run stands where it stands, in words.

use domain::group::Group;
use protocol::Row;
use unicode_width::UnicodeWidthStr;

use super::columns::{self, WIDE};

/// What the run does or why it stands.
pub(crate) fn why(row: &Row) -> String {
    row.reason.as_ref().or(row.activity.as_ref()).cloned().unwrap_or_default()
}

/// Whether the reason is said on a line of its own: always when a person is needed and the row has no
/// column for it, or none that it fits into.
pub(super) fn has_line(row: &Row, width: u16) -> bool {
    let matters =
        row.reason.is_some() && (row.group == Group::NeedsYou || matches!(row.status.as_str(), "limited" | "paused"));
    matters && (width < WIDE || domain::text::line(&why(row)).width() > columns::why_width(width))
}
