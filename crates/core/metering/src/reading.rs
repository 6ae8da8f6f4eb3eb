//! What one answer says of itself, read out of the pieces of JSON that it consists of.
//!
//! Sources: the published interfaces of Anthropic, OpenAI and Google. Only figures and names are taken, never content.

use domain::tokens::{Amount, ModelUse, Tokens, billed};
use serde_json::Value;

use crate::api::Api;

/// The facts that are known of an answer so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The model that answers, in the provider's own name.
    pub model: Option<String>,
    /// Tokens that the provider says it bills, over all models; `None` while it has said nothing.
    pub tokens: Option<Tokens>,
    /// Tokens of `cache_write` that are kept for an hour.
    pub cache_write_1h: u64,
    /// The part of that which other models used for the answer.
    pub beside: Vec<ModelUse>,
    /// The answer's own figure so far, where its steps have figures of their own.
    figure: Amount,
    steps: Vec<ModelUse>,
    /// The reason why the answer does not cost what its tokens say: another tier than the standard one, a web search.
    pub special: Option<String>,
    /// Why the answer ended, in the provider's own word.
    pub finish: Option<String>,
    /// The error that the provider tells, its first 300 characters.
    pub error: Option<String>,
    /// The answer came to its end.
    pub complete: bool,
}

/// Characters of an error that are kept.
const ERROR: usize = 300;
/// Characters of a model's name that are kept.
const MODEL: usize = 200;

impl Reading {
    /// Takes up one piece: an event of a stream, or a whole body.
    pub(crate) fn take(&mut self, api: Api, piece: &Value) {
        match api {
            Api::Messages => self.messages(piece),
            Api::Responses => self.responses(piece),
            Api::Chat => self.chat(piece),
            Api::Generate => self.generate(piece),
            // Answered: more is not known.
            Api::Other => self.complete = true,
        }
        let error = &piece["error"];
        if let Some(message) = error["message"].as_str().or(error.as_str()) {
            self.error = Some(message.chars().take(ERROR).collect());
        }
    }

    fn named(&mut self, model: &Value) {
        if let Some(model) = model.as_str().filter(|model| !model.is_empty()) {
            self.model = Some(model.chars().take(MODEL).collect());
        }
    }

    /// The price table is about the standard tier.
    fn tier(&mut self, tier: &Value) {
        if let Some(tier) = tier.as_str().filter(|tier| !matches!(*tier, "standard" | "default" | "auto" | "")) {
            self.special = Some(format!("tier {}", tier.chars().take(40).collect::<String>()));
        }
    }

    fn ends(&mut self, finish: &Value) {
        if let Some(finish) = finish.as_str() {
            self.finish = Some(finish.chars().take(100).collect());
        }
    }

    /// `message_start` says what was read, `message_delta` says all figures anew as they have become.
    fn messages(&mut self, piece: &Value) {
        match piece["type"].as_str() {
            Some("message_start") => {
                self.named(&piece["message"]["model"]);
                self.usage_of_message(&piece["message"]["usage"]);
            }
            Some("message_delta") => {
                self.ends(&piece["delta"]["stop_reason"]);
                self.usage_of_message(&piece["usage"]);
            }
            Some("message_stop") => self.complete = true,
            Some("message") => {
                self.named(&piece["model"]);
                self.ends(&piece["stop_reason"]);
                self.usage_of_message(&piece["usage"]);
                self.complete = true;
            }
            _ => {}
        }
    }

    fn usage_of_message(&mut self, usage: &Value) {
        if !usage.is_object() {
            return;
        }
        // Each is the sum so far, so a later one stands for the earlier.
        take_amount(&mut self.figure, usage);
        if let Some(steps) = usage["iterations"].as_array() {
            self.steps = steps.iter().map(step).collect();
        }
        let figure = ModelUse { model: self.model.clone(), amount: self.figure };
        let mut used = billed(figure, self.steps.clone());
        let whole = used.iter().fold(Amount::default(), |sum, of| sum.plus(of.amount));
        (self.tokens, self.cache_write_1h) = (Some(whole.tokens), whole.cache_write_1h);
        self.beside = used.split_off(1);
        self.tier(&usage["service_tier"]);
        self.tier(&usage["speed"]);
        // A region that costs more.
        if usage["inference_geo"] == "us" {
            self.special = Some("inference in the US".to_owned());
        }
        if usage["server_tool_use"]["web_search_requests"].as_u64().is_some_and(|n| n > 0) {
            self.special = Some("web search".to_owned());
        }
    }

    /// The last event has the whole response in it, with what it used.
    fn responses(&mut self, piece: &Value) {
        let kind = piece["type"].as_str().unwrap_or_default();
        let response = if piece["response"].is_object() { &piece["response"] } else { piece };
        self.named(&response["model"]);
        let usage = &response["usage"];
        if usage.is_object() {
            let count = |value: &Value| value.as_u64().unwrap_or(0);
            let details = &usage["input_tokens_details"];
            let (cache_read, cache_write) = (count(&details["cached_tokens"]), count(&details["cache_write_tokens"]));
            let input = count(&usage["input_tokens"]).saturating_sub(cache_read).saturating_sub(cache_write);
            let output = count(&usage["output_tokens"]);
            self.tokens = Some(Tokens { input, output, cache_read, cache_write });
            self.tier(&response["service_tier"]);
        }
        let ended = matches!(kind, "response.completed" | "response.incomplete" | "response.failed");
        let status = response["status"].as_str();
        if ended || kind.is_empty() && matches!(status, Some("completed" | "incomplete" | "failed" | "cancelled")) {
            self.complete = true;
            self.ends(&response["status"]);
            self.ends(&response["incomplete_details"]["reason"]);
        }
        if kind.is_empty() && response["object"] == "response.compaction" {
            self.complete = true;
        }
        if let Some(message) = response["error"]["message"].as_str() {
            self.error = Some(message.chars().take(ERROR).collect());
        }
    }

    /// Usage comes in a chunk of its own behind the last choice; some providers say it in every chunk.
    fn chat(&mut self, piece: &Value) {
        self.named(&piece["model"]);
        let usage = &piece["usage"];
        if usage.is_object() {
            let count = |value: &Value| value.as_u64().unwrap_or(0);
            let details = &usage["prompt_tokens_details"];
            let (cache_read, cache_write) = (count(&details["cached_tokens"]), count(&details["cache_write_tokens"]));
            let input = count(&usage["prompt_tokens"]).saturating_sub(cache_read).saturating_sub(cache_write);
            let output = count(&usage["completion_tokens"]);
            self.tokens = Some(Tokens { input, output, cache_read, cache_write });
            self.tier(&piece["service_tier"]);
        }
        let choices = piece["choices"].as_array().into_iter().flatten();
        for finish in choices.map(|choice| &choice["finish_reason"]).filter(|finish| finish.is_string()) {
            self.ends(finish);
            self.complete = true;
        }
        // Embeddings have no choices.
        self.complete |= piece["object"] == "list";
    }

    /// Every chunk says all figures as they have become.
    fn generate(&mut self, piece: &Value) {
        self.named(&piece["modelVersion"]);
        let usage = &piece["usageMetadata"];
        if usage.is_object() {
            let count = |name: &str| usage[name].as_u64().unwrap_or(0);
            let cache_read = count("cachedContentTokenCount");
            let input =
                count("promptTokenCount").saturating_sub(cache_read).saturating_add(count("toolUsePromptTokenCount"));
            let output = count("candidatesTokenCount").saturating_add(count("thoughtsTokenCount"));
            self.tokens = Some(Tokens { input, output, cache_read, cache_write: 0 });
        }
        let candidates = piece["candidates"].as_array().into_iter().flatten();
        for finish in candidates.map(|candidate| &candidate["finishReason"]).filter(|finish| finish.is_string()) {
            self.ends(finish);
            self.complete = true;
        }
        // A prompt that was refused has no candidates.
        if piece["promptFeedback"]["blockReason"].is_string() {
            self.ends(&piece["promptFeedback"]["blockReason"]);
            self.complete = true;
        }
    }
}

/// Brings an amount up to what `usage` says of it.
fn take_amount(amount: &mut Amount, usage: &Value) {
    let Amount { tokens: Tokens { input, output, cache_read, cache_write }, cache_write_1h } = amount;
    let slots = [
        (input, &usage["input_tokens"]),
        (output, &usage["output_tokens"]),
        (cache_read, &usage["cache_read_input_tokens"]),
        (cache_write, &usage["cache_creation_input_tokens"]),
        (cache_write_1h, &usage["cache_creation"]["ephemeral_1h_input_tokens"]),
    ];
    for (slot, value) in slots {
        *slot = value.as_u64().unwrap_or(*slot);
    }
}

/// A step of one answer: a compaction, or an advisor that names its own model.
fn step(usage: &Value) -> ModelUse {
    let mut amount = Amount::default();
    take_amount(&mut amount, usage);
    let model = usage["model"].as_str().filter(|model| !model.is_empty());
    ModelUse { model: model.map(|model| model.chars().take(MODEL).collect()), amount }
}
