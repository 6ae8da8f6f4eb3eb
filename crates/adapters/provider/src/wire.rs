//! The wire formats that models are asked in, behind one face.

use axum::body::Body;
use axum::http::Response;
use domain::tokens::Tokens;
use serde_json::Value;

use crate::scenario::{Act, Aside, Delivery};
use crate::{anthropic, chat, gemini, reply, responses};

/// A wire format that models are asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WireFormat {
    /// Anthropic's Messages.
    Anthropic,
    /// OpenAI's Responses.
    Responses,
    /// OpenAI's Chat Completions.
    Chat,
    /// Google's generateContent.
    Gemini,
}

/// The parts of a request that stand in its URL, for formats that put them there.
#[derive(Debug, Default)]
pub(crate) struct OfUrl {
    pub(crate) model: Option<String>,
    pub(crate) stream: bool,
}

/// A request, as far as the script needs it.
#[derive(Debug)]
pub(crate) struct ModelRequest {
    pub(crate) body: Value,
    pub(crate) model: String,
    pub(crate) stream: bool,
}

/// The answer to a request, before a wire format words it.
#[derive(Debug)]
pub(crate) struct ModelAnswer {
    /// The answer's number: agents tell an answer's id again and again, so it is another one each time.
    pub(crate) number: u64,
    pub(crate) act: Act,
    pub(crate) way: Delivery,
    pub(crate) tokens: Tokens,
    pub(crate) aside: Option<Aside>,
}

impl ModelRequest {
    pub(crate) fn new(body: Value, of_url: OfUrl) -> Self {
        let model = of_url.model.or_else(|| body["model"].as_str().map(str::to_owned)).unwrap_or_default();
        let stream = of_url.stream || body["stream"] == true;
        Self { body, model, stream }
    }

    /// The items of a list in the body.
    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.body[name].as_array().into_iter().flatten()
    }
}

impl WireFormat {
    /// Answers of the model that the conversation has already; `before` are the requests that were answered. An agent
    /// without tools puts made-up answers into its conversation, so there the requests are counted.
    pub(crate) fn step(self, asked: &ModelRequest, before: usize) -> usize {
        match self {
            Self::Chat if asked.list("tools").next().is_none() => before,
            Self::Anthropic => asked.list("messages").filter(|m| m["role"] == "assistant").count(),
            Self::Chat => asked.list("messages").filter(|m| m["role"] == "assistant").count(),
            Self::Gemini => asked.list("contents").filter(|c| c["role"] == "model").count(),
            Self::Responses => responses::step(asked),
        }
    }

    pub(crate) fn answer(self, asked: &ModelRequest, answer: &ModelAnswer) -> Response<Body> {
        match self {
            Self::Anthropic => anthropic::answer(asked, answer),
            Self::Responses => responses::answer(asked, answer),
            Self::Chat => chat::answer(asked, answer),
            Self::Gemini => gemini::answer(asked, answer),
        }
    }

    /// Whether the format reports the usage of an answer's steps.
    pub(crate) fn has_steps(self) -> bool {
        self == Self::Anthropic
    }

    /// Returns these tokens as this format bills them: some formats can't tell what was written to a cache.
    pub(crate) fn bill(self, tokens: Tokens) -> Tokens {
        match self {
            Self::Anthropic | Self::Responses => tokens,
            Self::Chat | Self::Gemini => Tokens { input: tokens.input + tokens.cache_write, cache_write: 0, ..tokens },
        }
    }

    /// Returns the tokens that are billed once this piece of an answer is on its way: what was reported so far, and
    /// nothing else.
    pub(crate) fn told(self, piece: &[u8], begun: Tokens, bill: Tokens) -> Option<Tokens> {
        let has = |word: &str| piece.windows(word.len()).any(|part| part == word.as_bytes());
        match self {
            Self::Anthropic if has("event: message_start") => Some(Tokens { output: 1, ..begun }),
            Self::Anthropic => has("event: message_delta").then_some(bill),
            Self::Responses => has("event: response.completed").then_some(bill),
            Self::Chat => has("[DONE]").then_some(bill),
            Self::Gemini => has("promptTokenCount").then_some(bill),
        }
    }

    pub(crate) fn error(self, status: u16, message: &str) -> Response<Body> {
        let body = match self {
            Self::Anthropic => anthropic::error(status, message),
            Self::Responses | Self::Chat => responses::error(status, message),
            Self::Gemini => gemini::error(status, message),
        };
        reply::json(status, &body)
    }
}

/// The text in at most so many pieces of about the same length.
pub(crate) fn in_pieces(text: &str, way: Delivery) -> Vec<String> {
    let pieces = if way == Delivery::Slowly { 80 } else { 4 };
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(chars.len().div_ceil(pieces).max(1)).map(|piece| piece.iter().collect()).collect()
}

/// A server-sent event that carries JSON.
pub(crate) fn event(kind: Option<&str>, data: &Value) -> String {
    let kind = kind.map_or_else(String::new, |kind| format!("event: {kind}\n"));
    format!("{kind}data: {data}\n\n")
}
