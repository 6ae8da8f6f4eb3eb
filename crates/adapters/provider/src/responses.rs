//! OpenAI's Responses API, with classic tools and with code mode.
//!
//! Source: the published API, and what Codex 0.169.0 accepts: its known models get their tools in an input item and call
//! one of them, `exec`, with JavaScript.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use crate::reply;
use crate::scenario::Act;
use crate::wire::{self, ModelAnswer, ModelRequest, in_pieces};

/// Answers of the model that the conversation has already.
pub(crate) fn step(asked: &ModelRequest) -> usize {
    let is_answer = |item: &&Value| match item["type"].as_str() {
        Some("function_call" | "custom_tool_call") => true,
        Some("message") | None => item["role"] == "assistant",
        _ => false,
    };
    asked.list("input").filter(is_answer).count()
}

pub(crate) fn answer(asked: &ModelRequest, answer: &ModelAnswer) -> Response<Body> {
    let ModelAnswer { number, act, way, tokens, .. } = answer;
    let id = format!("resp_scripted{number:06}");
    let item = item(asked, *number, *act);
    let reasoning = if tokens.cache_read == 0 { 64 } else { 0 };
    let input = tokens.input + tokens.cache_read + tokens.cache_write;
    let usage = json!({
        "input_tokens": input,
        "input_tokens_details": {"cached_tokens": tokens.cache_read, "cache_write_tokens": tokens.cache_write},
        "output_tokens": tokens.output, "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": input + tokens.output,
    });
    let response = |status: &str, output: Value, usage: Value| {
        json!({
            "id": id, "object": "response", "created_at": 0, "status": status, "model": asked.model, "output": output,
            "usage": usage, "error": null, "incomplete_details": null, "parallel_tool_calls": false, "tools": [],
        })
    };
    if !asked.stream {
        return reply::json(200, &response("completed", json!([item]), usage));
    }
    let mut begun = item.clone();
    begun["status"] = json!("in_progress");
    if item["type"] == "message" {
        begun["content"] = json!([]);
    }
    let before = vec![
        event("response.created", json!({"response": response("in_progress", json!([]), Value::Null)})),
        event("response.output_item.added", json!({"output_index": 0, "item": begun})),
    ];
    let said = item["content"][0]["text"].as_str().unwrap_or_default();
    let delta = |text: String| {
        let fields = json!({"item_id": item["id"], "output_index": 0, "content_index": 0, "delta": text});
        event("response.output_text.delta", fields)
    };
    let pieces = in_pieces(said, *way).into_iter().map(delta).collect();
    let after = vec![
        event("response.output_item.done", json!({"output_index": 0, "item": item})),
        event("response.completed", json!({"response": response("completed", json!([item]), usage)})),
    ];
    reply::events(*way, before, pieces, after)
}

fn event(kind: &str, mut data: Value) -> String {
    data["type"] = json!(kind);
    wire::event(Some(kind), &data)
}

/// The item that plays this part, with the tools that the agent offers; without them it is said only.
fn item(asked: &ModelRequest, number: u64, act: Act) -> Value {
    let say = |text: &str| {
        json!({
            "type": "message", "id": format!("msg_scripted{number:06}"), "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        })
    };
    let (command, leave) = match act {
        Act::Say(text) => return say(text),
        Act::Write { name, text } => (format!("printf '{}' > {name}", text.replace('\n', "\\n")), false),
        Act::Run(command) | Act::RunBehind(command) => (command.to_owned(), false),
        Act::AskToRun(command) => (command.to_owned(), true),
    };
    let id = format!("call_scripted{number:06}");
    let mut arguments = json!({"cmd": command});
    if leave {
        arguments["sandbox_permissions"] = json!("require_escalated");
        arguments["justification"] = json!("May I do this?");
    }
    let offers = |name: &str| asked.list("tools").any(|tool| tool["name"] == name);
    if offers("exec_command") {
        return json!({
            "type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": "exec_command",
            "arguments": arguments.to_string(), "status": "completed",
        });
    }
    if offers("bash") || offers("write") {
        return opencode(act, &id);
    }
    let code_mode = asked.list("input").any(|item| item["type"] == "additional_tools") || offers("exec");
    if !code_mode {
        return say("I was given no tool for this.");
    }
    let script = match act {
        Act::Write { name, text } => {
            let added: String = text.lines().map(|line| format!("+{line}\n")).collect();
            let patch = format!("*** Begin Patch\n*** Add File: {name}\n{added}*** End Patch");
            format!("const r = await tools.apply_patch({}); text(r);", json!(patch))
        }
        _ => format!("const r = await tools.exec_command({arguments}); text(r.output);"),
    };
    json!({"type": "custom_tool_call", "id": format!("ctc_{id}"), "call_id": id, "name": "exec", "input": script, "status": "completed"})
}

/// OpenCode's tools, when it speaks this format.
fn opencode(act: Act, id: &str) -> Value {
    let (name, arguments) = crate::chat::opencode_call(act);
    json!({
        "type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": name,
        "arguments": arguments.to_string(), "status": "completed",
    })
}

pub(crate) fn error(status: u16, message: &str) -> Value {
    let kind = match status {
        401 => "invalid_api_key",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    };
    json!({"error": {"message": message, "type": kind, "param": null, "code": kind}})
}
