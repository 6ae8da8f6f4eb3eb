//! Anthropic's Messages API: requests read, answers as server-sent events or as one message.
//!
//! Source: the published API, and what Claude Code 2.1.197 accepts.

use axum::body::Body;
use axum::http::Response;
use domain::tokens::Tokens;
use serde_json::{Value, json};

use crate::reply;
use crate::scenario::Act;
use crate::wire::{self, ModelAnswer, ModelRequest, in_pieces};

pub(crate) fn answer(asked: &ModelRequest, answer: &ModelAnswer) -> Response<Body> {
    let ModelAnswer { number, act, way, tokens, aside } = answer;
    let id = format!("msg_scripted{number:06}");
    let block = block(asked, &id, *act);
    let stop = if block["type"] == "tool_use" { "tool_use" } else { "end_turn" };
    let figures = |tokens: &Tokens| {
        json!({
            "input_tokens": tokens.input, "cache_creation_input_tokens": tokens.cache_write,
            "cache_read_input_tokens": tokens.cache_read, "output_tokens": tokens.output,
        })
    };
    let begun = figures(&Tokens { output: 1, ..*tokens });
    let mut usage = figures(tokens);
    if let Some(aside) = aside {
        let step = |kind: &str, model: Option<&str>, tokens: &Tokens| {
            let mut step = figures(tokens);
            step["type"] = json!(kind);
            if let Some(model) = model {
                step["model"] = json!(model);
            }
            step
        };
        usage["iterations"] = json!([step(aside.kind, aside.model, &aside.tokens), step("message", None, tokens)]);
    }
    let message = |content: Value, stop: Value, usage: Value| {
        json!({
            "id": id, "type": "message", "role": "assistant", "model": asked.model, "content": content,
            "stop_reason": stop, "stop_sequence": null, "usage": usage,
        })
    };
    if !asked.stream {
        return reply::json(200, &message(json!([block]), json!(stop), usage));
    }
    let before = vec![
        event("message_start", &json!({"message": message(json!([]), Value::Null, begun)})),
        event("content_block_start", &json!({"index": 0, "content_block": empty(&block)})),
    ];
    let delta = |delta: Value| event("content_block_delta", &json!({"index": 0, "delta": delta}));
    let pieces = match &block["input"] {
        Value::Null => in_pieces(block["text"].as_str().unwrap_or_default(), *way)
            .into_iter()
            .map(|text| delta(json!({"type": "text_delta", "text": text})))
            .collect(),
        input => in_pieces(&input.to_string(), *way)
            .into_iter()
            .map(|text| delta(json!({"type": "input_json_delta", "partial_json": text})))
            .collect(),
    };
    let after = vec![
        event("content_block_stop", &json!({"index": 0})),
        event("message_delta", &json!({"delta": {"stop_reason": stop, "stop_sequence": null}, "usage": usage})),
        event("message_stop", &json!({})),
    ];
    reply::events(*way, before, pieces, after)
}

/// The content that plays this part, with the tools that the agent offers; without them it is said only.
fn block(asked: &ModelRequest, id: &str, act: Act) -> Value {
    let offered = |name: &str| asked.list("tools").any(|tool| tool["name"] == name);
    let tool = |name: &str, input: Value| json!({"type": "tool_use", "id": format!("toolu_{id}"), "name": name, "input": input});
    match act {
        Act::Write { name, text } if offered("Write") => {
            let path = folder(&asked.body).map_or_else(|| name.to_owned(), |folder| format!("{folder}/{name}"));
            tool("Write", json!({"file_path": path, "content": text}))
        }
        Act::Run(command) | Act::AskToRun(command) | Act::RunBehind(command) if offered("Bash") => {
            let behind = matches!(act, Act::RunBehind(_));
            let mut input = json!({"command": command, "description": "run a step"});
            if behind {
                input["run_in_background"] = json!(true);
            }
            tool("Bash", input)
        }
        Act::Say(text) => json!({"type": "text", "text": text}),
        Act::Write { .. } | Act::Run(_) | Act::AskToRun(_) | Act::RunBehind(_) => {
            json!({"type": "text", "text": "I was given no tool for this."})
        }
    }
}

/// The folder that the agent says it works in.
fn folder(request: &Value) -> Option<String> {
    let text = request.to_string();
    let told = text.split_once("orking directory: ")?.1;
    let end = told.find(['\\', '"', '\n'])?;
    Some(told[..end].to_owned())
}

/// The same block before anything of it has come.
fn empty(block: &Value) -> Value {
    let mut empty = block.clone();
    if block["input"].is_null() {
        empty["text"] = json!("");
    } else {
        empty["input"] = json!({});
    }
    empty
}

fn event(kind: &str, fields: &Value) -> String {
    let mut data = json!({"type": kind});
    if let (Some(data), Some(fields)) = (data.as_object_mut(), fields.as_object()) {
        data.extend(fields.clone());
    }
    wire::event(Some(kind), &data)
}

pub(crate) fn error(status: u16, message: &str) -> Value {
    let kind = match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        402 => "billing_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    };
    json!({"type": "error", "error": {"type": kind, "message": message}})
}
