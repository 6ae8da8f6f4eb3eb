//! Text from outside as harmless HTML.

use domain::text;
use quick_xml::escape::escape;

/// A text as harmless HTML, on one line, with everything in it that is hidden.
pub(super) fn line(value: &str) -> String {
    escape(text::shown(value)).into_owned()
}

/// A text of several lines as harmless HTML.
pub(super) fn block(value: &str) -> String {
    escape(text::block(value)).into_owned()
}
