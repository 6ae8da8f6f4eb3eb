//! Reads what an answer says of itself while its bytes pass by.

use serde_json::Value;

use crate::api::Api;
use crate::reading::Reading;
use crate::sse::Split;

/// A body in one piece longer than this is not read.
const LONGEST: usize = 64 << 20;

/// Texts of which an event has one when it says something of the answer; most events have only a few more words of it.
const SAYS: [&[u8]; 8] = [
    b"usage",
    b"\"error\"",
    b"message_stop",
    b"finish_reason\":\"",
    b"finish_reason\": \"",
    b"finishReason",
    b"blockReason",
    b"\"response.",
];

/// Reads one answer.
#[derive(Debug)]
pub struct Meter {
    api: Api,
    reading: Reading,
    form: StreamForm,
}

#[derive(Debug)]
enum StreamForm {
    Events(Split),
    /// A body in one piece, or a list of pieces.
    Whole(Vec<u8>),
}

impl Meter {
    /// For an answer with this `content-type`.
    pub fn new(api: Api, content_type: &str) -> Self {
        let events = content_type.trim_start().to_ascii_lowercase().starts_with("text/event-stream");
        let form = if events { StreamForm::Events(Split::default()) } else { StreamForm::Whole(Vec::new()) };
        Self { api, reading: Reading::default(), form }
    }

    /// Takes up bytes of the body as they pass; `true` when that told something new.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        let (api, reading) = (self.api, &mut self.reading);
        let mut told = false;
        match &mut self.form {
            StreamForm::Events(split) => split.feed(bytes, |data| told |= take(api, reading, data)),
            StreamForm::Whole(body) if body.len() + bytes.len() <= LONGEST => body.extend_from_slice(bytes),
            StreamForm::Whole(body) => body.clear(),
        }
        told
    }

    /// Whether the answer comes as events.
    pub fn streams(&self) -> bool {
        matches!(self.form, StreamForm::Events(_))
    }

    /// The facts that are known so far.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Ends the answer, and returns what is known of it when no more bytes come.
    pub fn end(mut self) -> Reading {
        let (api, reading) = (self.api, &mut self.reading);
        match &mut self.form {
            StreamForm::Events(split) => split.end(|data| {
                take(api, reading, data);
            }),
            StreamForm::Whole(body) => match serde_json::from_slice::<Value>(body) {
                Ok(Value::Array(pieces)) => pieces.iter().for_each(|piece| reading.take(api, piece)),
                Ok(piece) => reading.take(api, &piece),
                // What is cut, or no JSON, says nothing.
                Err(_) => {}
            },
        }
        self.reading
    }
}

/// Reads one event's data; whether that told something new.
fn take(api: Api, reading: &mut Reading, data: &[u8]) -> bool {
    let says = SAYS.iter().any(|word| data.windows(word.len()).any(|part| part == *word));
    // The first one names the model.
    if !says && reading.model.is_some() {
        return false;
    }
    let Ok(piece) = serde_json::from_slice(data) else { return false };
    let before = reading.clone();
    reading.take(api, &piece);
    *reading != before
}
