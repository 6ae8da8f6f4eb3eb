//! Cutting text to a length that an event may carry.

/// The longest text of a tool call or its result in an event, in characters.
pub(crate) const MOST: usize = 300;

/// The longest text that may be approved as it stands in an event, in bytes.
const WHOLE: usize = 64 << 10;

/// `text` whole, or its beginning and what is missing: what is longer nobody reads before saying yes.
pub(crate) fn whole(text: &str) -> String {
    if text.len() <= WHOLE {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(WHOLE);
    format!("{}\n… {} more bytes are not shown here; the attempt's output has them", &text[..end], text.len() - end)
}

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
