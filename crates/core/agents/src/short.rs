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

/// A provider's answer that an agent hands on as JSON, as what it says.
pub(crate) fn told(text: &str) -> String {
    let Some(at) = text.find('{') else { return text.to_owned() };
    let inner = serde_json::from_str::<serde_json::Value>(text[at..].trim()).ok();
    let Some(said) = inner.as_ref().and_then(|inner| inner["error"]["message"].as_str()) else {
        return text.to_owned();
    };
    let code = inner.as_ref().and_then(|inner| inner["error"]["code"].as_u64());
    let code = code.map_or_else(String::new, |code| format!("{code} "));
    format!("{}{code}{said}", &text[..at])
}
