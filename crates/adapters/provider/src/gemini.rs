//! Google's generateContent API.
//!
//! Source: the published API, and what Gemini CLI 0.61.0 accepts.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use crate::reply;
use crate::scenario::Act;
use crate::wire::{self, ModelAnswer, ModelRequest, in_pieces};

pub(crate) fn answer(asked: &ModelRequest, answer: &ModelAnswer) -> Response<Body> {
    let ModelAnswer { number, act, way, tokens, .. } = answer;
    let part = part(asked, *act);
    // What it thought is billed as output and stands beside what it said.
    let thoughts = if tokens.cache_read == 0 { 64 } else { 0 };
    let input = tokens.input + tokens.cache_read + tokens.cache_write;
    let usage = json!({
        "promptTokenCount": input, "cachedContentTokenCount": tokens.cache_read,
        "candidatesTokenCount": tokens.output - thoughts, "thoughtsTokenCount": thoughts,
        "totalTokenCount": input + tokens.output,
    });
    let chunk = |parts: Value, finish: Value, usage: Value| {
        let mut candidate = json!({"index": 0, "content": {"role": "model", "parts": parts}});
        if !finish.is_null() {
            candidate["finishReason"] = finish;
        }
        json!({
            "candidates": [candidate], "modelVersion": asked.model, "responseId": format!("scripted{number:06}"),
            "usageMetadata": usage,
        })
    };
    if !asked.stream {
        return reply::json(200, &chunk(json!([part]), json!("STOP"), usage));
    }
    let event = |data: Value| wire::event(None, &data);
    let (pieces, last) = match part["text"].as_str() {
        Some(text) => {
            let pieces = in_pieces(text, *way).into_iter();
            let pieces = pieces.map(|text| event(chunk(json!([{"text": text}]), Value::Null, Value::Null))).collect();
            (pieces, json!([{"text": ""}]))
        }
        None => (Vec::new(), json!([part])),
    };
    let after = vec![event(chunk(last, json!("STOP"), usage))];
    reply::events(*way, Vec::new(), pieces, after)
}

/// The part that plays this, with the tools that the agent offers; without them it is said only.
fn part(asked: &ModelRequest, act: Act) -> Value {
    let offers = |name: &str| {
        let declared =
            asked.list("tools").flat_map(|tool| tool["functionDeclarations"].as_array().into_iter().flatten());
        declared.into_iter().any(|function| function["name"] == name)
    };
    let call = |name: &str, args: Value| json!({"functionCall": {"name": name, "args": args}});
    match act {
        Act::Say(text) => json!({"text": text}),
        Act::Write { name, text } if offers("write_file") => {
            call("write_file", json!({"file_path": name, "content": text}))
        }
        Act::Run(command) | Act::AskToRun(command) | Act::RunBehind(command) if offers("run_shell_command") => {
            call("run_shell_command", json!({"command": command, "description": "run a step"}))
        }
        Act::Write { .. } | Act::Run(_) | Act::AskToRun(_) | Act::RunBehind(_) => {
            json!({"text": "I was given no tool for this."})
        }
    }
}

pub(crate) fn error(status: u16, message: &str) -> Value {
    let kind = match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        _ => "INTERNAL",
    };
    json!({"error": {"code": status, "message": message, "status": kind}})
}
