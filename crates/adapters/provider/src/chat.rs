//! OpenAI's Chat Completions API.
//!
//! Source: the published API, and what OpenCode 1.18.33 and aider 0.86.2 accept.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use crate::reply;
use crate::scenario::Act;
use crate::wire::{self, ModelAnswer, ModelRequest, in_pieces};

pub(crate) fn answer(asked: &ModelRequest, answer: &ModelAnswer) -> Response<Body> {
    let ModelAnswer { number, act, way, tokens, .. } = answer;
    let id = format!("chatcmpl-scripted{number:06}");
    let message = message(asked, *number, *act);
    let finish = if message["tool_calls"].is_null() { "stop" } else { "tool_calls" };
    let input = tokens.input + tokens.cache_read + tokens.cache_write;
    let usage = json!({
        "prompt_tokens": input, "completion_tokens": tokens.output, "total_tokens": input + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cache_read},
    });
    if !asked.stream {
        let choice = json!({"index": 0, "message": message, "finish_reason": finish});
        let whole = json!({
            "id": id, "object": "chat.completion", "created": 0, "model": asked.model, "choices": [choice], "usage": usage,
        });
        return reply::json(200, &whole);
    }
    let chunk = |choices: Value, usage: Value| {
        let chunk = json!({
            "id": id, "object": "chat.completion.chunk", "created": 0, "model": asked.model, "choices": choices,
            "usage": usage,
        });
        wire::event(None, &chunk)
    };
    let delta = |delta: Value, finish: Value| {
        chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), Value::Null)
    };
    let before = vec![delta(json!({"role": "assistant", "content": ""}), Value::Null)];
    let pieces = match &message["tool_calls"] {
        Value::Null => in_pieces(message["content"].as_str().unwrap_or_default(), *way)
            .into_iter()
            .map(|text| delta(json!({"content": text}), Value::Null))
            .collect(),
        calls => {
            let mut call = calls[0].clone();
            call["index"] = json!(0);
            vec![delta(json!({"tool_calls": [call]}), Value::Null)]
        }
    };
    let mut after = vec![delta(json!({}), json!(finish))];
    // As the real one, it counts only for who asks for it.
    if asked.body["stream_options"]["include_usage"] == true {
        after.push(chunk(json!([]), usage));
    }
    after.push("data: [DONE]\n\n".to_owned());
    reply::events(*way, before, pieces, after)
}

/// The message that plays this part, with the tools that the agent offers; without them it is said only.
fn message(asked: &ModelRequest, number: u64, act: Act) -> Value {
    let offers = |name: &str| asked.list("tools").any(|tool| tool["function"]["name"] == name);
    if matches!(act, Act::Say(_)) || !(offers("bash") && offers("write")) {
        return json!({"role": "assistant", "content": said(asked, act)});
    }
    let (name, arguments) = opencode_call(act);
    let call = json!({
        "id": format!("call_scripted{number:06}"), "type": "function",
        "function": {"name": name, "arguments": arguments.to_string()},
    });
    json!({"role": "assistant", "content": null, "tool_calls": [call]})
}

/// An agent without tools reads edits from the text: aider wants the whole file, or a search and its replacement.
fn said(asked: &ModelRequest, act: Act) -> String {
    match act {
        Act::Say(text) => text.to_owned(),
        Act::Write { name, text } if asked.body.to_string().contains("SEARCH/REPLACE") => {
            format!("{name}\n```\n<<<<<<< SEARCH\n=======\n{text}>>>>>>> REPLACE\n```\n")
        }
        Act::Write { name, text } => format!("{name}\n```\n{text}```\n"),
        Act::Run(_) | Act::AskToRun(_) | Act::RunBehind(_) => "I was given no tool for this.".to_owned(),
    }
}

/// A call of OpenCode's tools.
pub(crate) fn opencode_call(act: Act) -> (&'static str, Value) {
    match act {
        Act::Write { name, text } => ("write", json!({"filePath": name, "content": text})),
        Act::Run(command) | Act::AskToRun(command) | Act::RunBehind(command) | Act::Say(command) => {
            ("bash", json!({"command": command, "description": "run a step"}))
        }
    }
}
