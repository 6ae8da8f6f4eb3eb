//! Cutting text to a length that an event may carry.

/// The longest text of a tool call or its result in an event, in characters.
pub(crate) const MOST: usize = 300;

/// `text` up to [`MOST`] characters, with `…` where it was cut.
pub(crate) fn short(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}
