//! `model-calls.jsonl`: one call of a model to a line, with the attribute names of OpenTelemetry's GenAI conventions
//! (open-telemetry/semantic-conventions-genai, status Development). It has no content of the conversation.

use domain::event::{CallEnd, ModelCalled};
use domain::{Body, Event};
use serde_json::{Map, Value, json};

use crate::history::History;

#[expect(clippy::wildcard_enum_match_arm, reason = "a call is told by one kind")]
pub(crate) fn write(told: &History) -> String {
    let agent = &told.spec().agent;
    let line = |event: &Event| match &event.body {
        Body::ModelCalled(call) => Some(format!("{}\n", span(call, event, agent))),
        _ => None,
    };
    told.events.iter().filter_map(line).collect()
}

fn span(call: &ModelCalled, event: &Event, agent: &str) -> Value {
    let operation = if call.provider == "gemini" { "generate_content" } else { "chat" };
    let model = call.answered.as_ref().or(call.asked.as_ref());
    let provider = match call.provider.as_str() {
        "gemini" => "gcp.gemini",
        other => other,
    };
    let mut of = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            of.insert(name.to_owned(), value);
        }
    };
    put("gen_ai.operation.name", json!(operation));
    put("gen_ai.provider.name", json!(provider));
    put("gen_ai.agent.name", json!(agent));
    put("gen_ai.request.model", json!(call.asked));
    put("gen_ai.response.model", json!(call.answered));
    put("gen_ai.conversation.id", json!(call.session));
    put("gen_ai.response.finish_reasons", call.finish.as_ref().map_or(Value::Null, |finish| json!([finish])));
    // Seconds, as every duration there.
    put("gen_ai.response.time_to_first_chunk", json!(call.first_byte_ms.map(|ms| ms as f64 / 1000.0)));
    if let Some(tokens) = call.tokens {
        // There what came from a cache is part of the input; here the buckets exclude each other.
        put("gen_ai.usage.input_tokens", json!(tokens.input + tokens.cache_read + tokens.cache_write));
        put("gen_ai.usage.output_tokens", json!(tokens.output));
        put("gen_ai.usage.cache_read.input_tokens", json!(tokens.cache_read));
        put("gen_ai.usage.cache_creation.input_tokens", json!(tokens.cache_write));
    }
    put("http.response.status_code", json!(call.status));
    put("error.type", error(call).map_or(Value::Null, Value::from));
    put("pilothouse.attempt", event.attempt_key().map_or(Value::Null, |key| json!(key.to_string())));
    put("pilothouse.cost_usd", json!(call.cost_usd));
    put("pilothouse.end", json!(call.end));
    json!({
        "name": model.map_or_else(|| operation.to_owned(), |model| format!("{operation} {model}")),
        "start_time": call.began_at,
        "duration_ms": call.duration_ms,
        "seq": event.seq,
        "attributes": of,
    })
}

fn error(call: &ModelCalled) -> Option<String> {
    match (call.status, call.end) {
        (Some(status), _) if status >= 400 => Some(status.to_string()),
        (_, CallEnd::Whole) => None,
        (_, CallEnd::Cut | CallEnd::Left | CallEnd::Interrupted) => Some("cut".to_owned()),
        (_, CallEnd::Unreached | CallEnd::Refused) => Some("not_answered".to_owned()),
    }
}
