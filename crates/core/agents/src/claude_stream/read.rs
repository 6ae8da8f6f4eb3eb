//! What each line of the agent means.

use domain::event::{
    AgentMessage, AgentRetrying, AgentSession, Limited, LimitedEnded, ToolCalled, ToolReturned, UsageReported,
    WaitingEnded,
};
use domain::tokens::{Amount, ModelUse};
use domain::{Body, Timestamp};
use serde_json::Value;

use super::{ask, background, failed, usage};
use crate::session::Session;
use crate::short::short;

/// Returns the events of a line, or why the line can't be read.
pub(crate) fn read(session: &Session, line: &[u8]) -> Result<Vec<Body>, String> {
    let value: Value = serde_json::from_slice(line).map_err(|e| format!("not JSON: {e}"))?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let events = match (text("type"), text("subtype")) {
        ("system", "init") => background::woken(session).into_iter().chain([session_named(&value)]).collect(),
        ("system", "api_retry") => vec![retrying(&value)],
        ("system", kind) if background::tells(kind) => background::told(session, kind, &value),
        ("command_lifecycle", _) => background::woken_by_command(session, &value),
        ("system" | "stream_event" | "control_response" | "keep_alive", _) => Vec::new(),
        ("assistant", _) => assistant(session, &value),
        ("user", _) => {
            background::scheduled(session, &value["tool_use_result"]).into_iter().chain(tool_results(&value)).collect()
        }
        ("rate_limit_event", _) => rate_limit(session, &value["rate_limit_info"]),
        ("control_request", _) => vec![ask::asked(&value)],
        ("control_cancel_request", _) => {
            let how = "withdrawn by the agent".to_owned();
            vec![WaitingEnded { id: text("request_id").to_owned(), how }.into()]
        }
        ("result", _) => ended(session, &value),
        (kind, _) => return Err(format!("unknown line of type {kind:?}")),
    };
    Ok(events)
}

fn session_named(value: &Value) -> Body {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    AgentSession { session: text("session_id").unwrap_or_default(), model: text("model"), ..AgentSession::default() }
        .into()
}

fn retrying(value: &Value) -> Body {
    let attempt = value["attempt"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    let status = value["error_status"].as_u64().map_or_else(String::new, |s| format!(" ({s})"));
    let error = value["error"].as_str().unwrap_or("unknown");
    AgentRetrying { attempt, reason: format!("{error}{status}") }.into()
}

fn assistant(session: &Session, value: &Value) -> Vec<Body> {
    let message = &value["message"];
    let mut events = Vec::new();
    // A failed request is told of as a message too, which is no sign that a limit was lifted.
    let is_real = value["error"].is_null() && message["model"] != "<synthetic>";
    if session.limited && is_real {
        events.push(LimitedEnded {}.into());
    }
    for block in message["content"].as_array().into_iter().flatten() {
        match block["type"].as_str() {
            Some("text") => {
                let text = block["text"].as_str().unwrap_or_default();
                if !text.trim().is_empty() {
                    events.push(AgentMessage { text: text.to_owned() }.into());
                }
            }
            Some("tool_use") => events.push(tool_called(block)),
            _ => {}
        }
    }
    let id = message["id"].as_str().unwrap_or_default();
    if !session.counted.contains(id) {
        events.extend(reported(message, id));
    }
    events
}

fn reported(message: &Value, id: &str) -> Vec<Body> {
    let used = usage::of_message(message).into_iter().filter(|used| used.amount.tokens.total() > 0);
    used.map(|ModelUse { model, amount: Amount { tokens, cache_write_1h } }| {
        UsageReported { tokens, model, cache_write_1h, of: Some(id.to_owned()), cost_usd: None }.into()
    })
    .collect()
}

fn tool_called(block: &Value) -> Body {
    let text = |name: &str| block[name].as_str().unwrap_or_default().to_owned();
    ToolCalled { id: text("id"), name: text("name"), about: about(&block["input"]), full: None }.into()
}

/// The part of a tool's input that says what it is about.
pub(crate) fn about(input: &Value) -> String {
    let telling = ["command", "file_path", "path", "pattern", "url", "query", "description"];
    let found = telling.iter().find_map(|name| input[name].as_str());
    match found {
        Some(text) => short(text),
        None if input.as_object().is_some_and(|o| !o.is_empty()) => short(&input.to_string()),
        None => String::new(),
    }
}

fn tool_results(value: &Value) -> Vec<Body> {
    let blocks = value["message"]["content"].as_array().into_iter().flatten();
    let results = blocks.filter(|block| block["type"] == "tool_result");
    results
        .map(|block| {
            let id = block["tool_use_id"].as_str().unwrap_or_default().to_owned();
            let ok = !block["is_error"].as_bool().unwrap_or(false);
            ToolReturned { id, ok, text: short(&content(&block["content"])) }.into()
        })
        .collect()
}

/// A result's content is a string, or blocks of text.
#[expect(clippy::wildcard_enum_match_arm, reason = "content is a text or blocks")]
fn content(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|b| b["text"].as_str()).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

fn rate_limit(session: &Session, info: &Value) -> Vec<Body> {
    match info["status"].as_str() {
        Some("rejected") => {
            let seconds = info["resetsAt"].as_i64();
            let resets_at = seconds.map(|s| Timestamp::from_millis(s.saturating_mul(1000)));
            let kind = info["rateLimitType"].as_str().unwrap_or("usage");
            vec![Limited { resets_at, reason: format!("{kind} limit of the provider") }.into()]
        }
        _ if session.limited => vec![LimitedEnded {}.into()],
        _ => Vec::new(),
    }
}

fn ended(session: &Session, value: &Value) -> Vec<Body> {
    // A failed request ends as subtype "success" with is_error set, so both must be right.
    let subtype = value["subtype"].as_str().unwrap_or_default();
    let ok = subtype == "success" && value["is_error"] == false && !failed::is_refusal(value);
    let mut events = usage::of_result(session, value);
    let text =
        if ok { value["result"].as_str().unwrap_or_default().to_owned() } else { failed::reason(session, value) };
    let text = short(&text);
    // The background work of a turn that failed has nobody who goes on with it.
    events.extend(if ok { session.turn_over(&text) } else { session.over(false, &text) });
    events
}
