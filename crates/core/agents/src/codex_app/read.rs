//! What each line of the app-server means.

use domain::event::{
    AgentFinished, AgentMessage, AgentRetrying, AgentSession, Limited, LimitedEnded, Note, ToolCalled, ToolReturned,
    TurnStarted, UsageReported, WordsGiven,
};
use domain::{Body, Timestamp};
use serde_json::Value;

use super::say::{INITIALIZE, STEER, THREAD, TURN};
use super::{ask, usage};
use crate::rpc::{self, Message, RpcRequest};
use crate::session::Session;
use crate::short::{short, told, whole};

/// Kinds of notifications that say nothing of how the run stands.
const SILENT: &[&str] = &[
    "account/",
    "app/",
    "command/",
    "configWarning",
    "deprecationNotice",
    "externalAgentConfig/",
    "fs/",
    "fuzzyFileSearch/",
    "guardianWarning",
    "hook/",
    "item/",
    "mcpServer/",
    "model/",
    "modelProvider/",
    "process/",
    "project/",
    "rawResponse",
    "remoteControl/",
    "skills/",
    "thread/",
    "turn/",
    "warning",
    "windows",
];

/// Returns the events of a line, or why the line can't be read.
pub(crate) fn read(session: &Session, line: &[u8]) -> Result<Vec<Body>, String> {
    Ok(match rpc::read(line)? {
        Message::Response { id: THREAD, result: Ok(opened) } => {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let thread = text(&opened["thread"]["id"]).ok_or("it opened a thread without an id")?;
            vec![AgentSession { session: thread, model: text(&opened["model"]), ..AgentSession::default() }.into()]
        }
        Message::Response { id: THREAD, result: Err(why) } => session.over(false, &session.not_opened(&why)),
        Message::Response { id: INITIALIZE | TURN, result: Err(why) } => session.over(false, &why),
        Message::Response { id: STEER, result: Err(why) } => not_heard(session, &why),
        Message::Response { .. } => Vec::new(),
        Message::Request { id, method, params } => {
            vec![ask::asked(session, &RpcRequest { id: &id, method: &method, params: &params })]
        }
        Message::Notification { method, params } => notified(session, &method, &params)?,
    })
}

fn notified(session: &Session, method: &str, params: &Value) -> Result<Vec<Body>, String> {
    // What another thread does, such as a helper's, ends nothing here.
    let thread = params["threadId"].as_str().unwrap_or_default();
    let own = thread.is_empty() || session.is_called(thread);
    Ok(match method {
        "item/started" => item_started(session, &params["item"]),
        "item/completed" => match ask::beside(params) {
            Some(asked) => vec![asked],
            None => item_completed(&params["item"]),
        },
        "thread/tokenUsage/updated" => used(session, params),
        "error" if params["willRetry"] == true => vec![retrying(&params["error"])],
        "error" => Vec::new(),
        "turn/started" if own && session.rest.is_some() => vec![TurnStarted {}.into()],
        // The thread of a helper, whose end the agent goes on with.
        "turn/started" if !own => session.goes_on_behind(thread, "a helper's thread").into_iter().collect(),
        "turn/completed" if own => turn_completed(session, &params["turn"]),
        "turn/completed" => session.done_behind(thread, "its turn is over").into_iter().collect(),
        "serverRequest/resolved" => session.withdrawn(&params["requestId"]),
        "account/rateLimits/updated" => rate_limits(session, &params["rateLimits"]),
        _ if SILENT.iter().any(|kind| method.starts_with(kind)) => Vec::new(),
        _ => return Err(format!("unknown notification {method:?}")),
    })
}

fn item_started(session: &Session, item: &Value) -> Vec<Body> {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    let called = |name: &str, about: &str| {
        // An approval of a patch names only the call.
        let full = (name == "edit").then(|| whole(&ask::changes(&item["changes"]))).filter(|text| !text.is_empty());
        vec![ToolCalled { id: text("id").to_owned(), name: name.to_owned(), about: short(about), full }.into()]
    };
    let mut events = if session.limited { vec![LimitedEnded {}.into()] } else { Vec::new() };
    events.extend::<Vec<Body>>(match text("type") {
        "commandExecution" => called("command", &command(item)),
        "fileChange" => called("edit", &paths(item)),
        "mcpToolCall" => called(text("tool"), &item["arguments"].to_string()),
        "dynamicToolCall" => called(text("tool"), &item["arguments"].to_string()),
        "webSearch" => called("search", text("query")),
        _ => return Vec::new(),
    });
    events
}

fn item_completed(item: &Value) -> Vec<Body> {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    let returned = |said: &str| {
        let exit = item["exitCode"].as_i64();
        let ok = matches!(text("status"), "completed" | "") && exit.unwrap_or(0) == 0;
        // What failed without a word is told by how it ended.
        let ended = exit.map_or_else(|| text("status").to_owned(), |exit| format!("{}, exit {exit}", text("status")));
        let said = if ok || !said.trim().is_empty() { said } else { &ended };
        vec![ToolReturned { id: text("id").to_owned(), ok, text: short(said) }.into()]
    };
    match text("type") {
        "agentMessage" if !text("text").trim().is_empty() => {
            vec![AgentMessage { text: text("text").to_owned() }.into()]
        }
        "commandExecution" => returned(text("aggregatedOutput")),
        "fileChange" => returned(&paths(item)),
        "mcpToolCall" | "dynamicToolCall" => returned(item["error"]["message"].as_str().unwrap_or_default()),
        "webSearch" => returned(""),
        _ => Vec::new(),
    }
}

/// Words that came too late for the turn that they were said into: they are told when it is over, or it is said that nobody
/// heard them.
fn not_heard(session: &Session, why: &str) -> Vec<Body> {
    match &session.steered {
        Some(text) => vec![WordsGiven { text: text.clone() }.into()],
        None => vec![Note { text: format!("what was said did not reach the agent: {why}") }.into()],
    }
}

/// The commands that are run, without the shell that they are wrapped in.
pub(super) fn command(item: &Value) -> String {
    let actions = item["commandActions"].as_array().into_iter().flatten();
    let commands: Vec<_> = actions.filter_map(|action| action["command"].as_str()).collect();
    match commands.as_slice() {
        [] => item["command"].as_str().unwrap_or_default().to_owned(),
        commands => commands.join("; "),
    }
}

/// The files of a change, one after the other.
fn paths(item: &Value) -> String {
    let changes = item["changes"].as_array().into_iter().flatten();
    changes.filter_map(|change| change["path"].as_str()).collect::<Vec<_>>().join(" ")
}

/// Each response is told of once, under the total that the thread has then. A thread that goes on tells of its last one
/// again, which counts when the attempt that made it was killed before it heard of it.
fn used(session: &Session, params: &Value) -> Vec<Body> {
    let usage = &params["tokenUsage"];
    let thread = params["threadId"].as_str().unwrap_or_default();
    let of = format!("{thread}@{}", usage["total"]["totalTokens"]);
    let tokens = usage::exclusive(&usage["last"], usage::NAMES);
    if session.counted.contains(&of) || tokens.total() == 0 {
        return Vec::new();
    }
    vec![UsageReported { tokens, of: Some(of), ..UsageReported::default() }.into()]
}

/// `Reconnecting... 2/5`, and why.
fn retrying(error: &Value) -> Body {
    let said = error["message"].as_str().unwrap_or_default();
    let attempt = said.rsplit(' ').next().and_then(|n| n.split('/').next()?.parse().ok());
    let reason = error["additionalDetails"].as_str().unwrap_or(said);
    AgentRetrying { attempt: attempt.unwrap_or(0), reason: short(&told(reason)) }.into()
}

fn turn_completed(session: &Session, turn: &Value) -> Vec<Body> {
    match turn["status"].as_str() {
        Some("completed") => session.turn_over(&session.last_message),
        Some("failed") => {
            let error = &turn["error"];
            let why = told(error["message"].as_str().unwrap_or("the turn failed"));
            let limited = error["codexErrorInfo"] == "usageLimitExceeded" && !session.limited;
            let limited = limited.then(|| Limited { resets_at: None, reason: short(&why) }.into());
            // The limit outlives the turn, so nothing ends it here.
            limited.into_iter().chain([AgentFinished { ok: false, text: short(&why) }.into()]).collect()
        }
        status => session.over(false, &format!("the turn was {}", status.unwrap_or("ended"))),
    }
}

fn rate_limits(session: &Session, limits: &Value) -> Vec<Body> {
    match limits["rateLimitReachedType"].as_str() {
        Some(kind) if !session.limited => {
            let windows = [&limits["primary"], &limits["secondary"]];
            let full = windows.into_iter().find(|window| window["usedPercent"].as_i64().is_some_and(|p| p >= 100));
            let resets_at = full.and_then(|window| window["resetsAt"].as_i64());
            let resets_at = resets_at.map(|s| Timestamp::from_millis(s.saturating_mul(1000)));
            vec![Limited { resets_at, reason: kind.replace('_', " ") }.into()]
        }
        None if session.limited => vec![LimitedEnded {}.into()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_failed_without_a_word_says_how() {
        let told = |item: Value| match item_completed(&item).as_slice() {
            [Body::ToolReturned(returned)] => (returned.ok, returned.text.clone()),
            other => panic!("{other:?}"),
        };
        let item = |status: &str, exit: Value, said: &str| json!({"type": "commandExecution", "id": "c", "status": status, "exitCode": exit, "aggregatedOutput": said});
        assert_eq!(told(item("failed", json!(1), "")), (false, "failed, exit 1".to_owned()));
        assert_eq!(told(item("declined", Value::Null, "")), (false, "declined".to_owned()));
        assert_eq!(told(item("failed", json!(1), "no such file")), (false, "no such file".to_owned()));
        assert_eq!(told(item("completed", json!(0), "")), (true, String::new()));
    }
}
