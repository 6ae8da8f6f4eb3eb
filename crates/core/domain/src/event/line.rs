//! An event as a line of JSON, the only form in which it is stored or sent.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Body, Event, Source};
use crate::timestamp::Timestamp;

/// The version of the line format.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct EventLine {
    v: u32,
    seq: u64,
    at: Timestamp,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phase: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    data: Box<RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    src: Option<Source>,
    prev: String,
}

/// Why a line is not an event.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("it is not an event line: {0}")]
    Json(#[from] serde_json::Error),
    #[error("its data does not fit its kind {kind}: {source}")]
    Data { kind: String, source: serde_json::Error },
    #[error("its version is {0}, this pilothouse reads version 1; use a newer pilothouse")]
    Version(u32),
}

impl Event {
    /// The event as one line of JSON without a newline.
    pub fn to_line(&self) -> String {
        let line = EventLine {
            v: VERSION,
            seq: self.seq,
            at: self.at,
            kind: self.body.kind().to_owned(),
            phase: self.phase.clone(),
            attempt: self.attempt,
            data: self.body.to_raw().expect("event data are plain values"),
            src: self.src.clone(),
            prev: self.prev.clone(),
        };
        serde_json::to_string(&line).expect("an event line is plain values")
    }

    /// Reads a line; kinds of later versions come back as [`Body::Other`].
    ///
    /// # Errors
    /// When the line is not JSON, lacks a field, or its data does not fit its kind.
    pub fn from_line(text: &str) -> Result<Self, LineError> {
        let line: EventLine = serde_json::from_str(text)?;
        if line.v != VERSION {
            return Err(LineError::Version(line.v));
        }
        let body = Body::from_raw(&line.kind, &line.data)
            .map_err(|source| LineError::Data { kind: line.kind.clone(), source })?;
        Ok(Self {
            seq: line.seq,
            at: line.at,
            phase: line.phase,
            attempt: line.attempt,
            body,
            src: line.src,
            prev: line.prev,
        })
    }
}
