//! What each line of an agent that speaks the protocol means.

use domain::Body;
use domain::event::{AgentMessage, AgentSession, ToolCalled, ToolReturned, UsageReported, WaitingStarted};
use serde_json::Value;

use super::say::{AGAIN, INITIALIZE, MODE, MODEL, PROMPT, SESSION};
use super::usage;
use crate::dialect::Dialect;
use crate::rpc::{self, Message, RpcRequest};
use crate::session::{HeldMessage, Session};
use crate::short::{short, whole as whole_text};
use crate::written;

/// A message longer than this is told of in parts, in bytes.
const LONGEST_PART: usize = 16 << 10;

/// Returns the events of a line, or why the line can't be read. Pieces of a message are held back until it is whole.
pub(crate) fn read(session: &mut Session, line: &[u8], offset: u64) -> Result<Vec<Body>, String> {
    let message = rpc::read(line)?;
    if let Message::Notification { method, params } = &message
        && method == "session/update"
        && params["update"]["sessionUpdate"] == "agent_message_chunk"
    {
        let piece = params["update"]["content"]["text"].as_str().unwrap_or_default();
        return Ok(held_back(session, piece, offset));
    }
    if matches!(&message, Message::Notification { params, .. } if is_silent(&params["update"])) {
        return Ok(Vec::new());
    }
    let meant = meaning(session, message)?;
    let before = whole(session);
    Ok(before.into_iter().chain(meant).collect())
}

/// Returns the events of a message that ends the streamed message before it.
fn meaning(session: &Session, message: Message) -> Result<Vec<Body>, String> {
    Ok(match message {
        Message::Response { id: SESSION, result: Ok(opened) } => {
            let named = opened["sessionId"].as_str().map(str::to_owned).or_else(|| session.resumes.clone());
            let option = model_option(&opened);
            let model = opened["models"]["currentModelId"].as_str().or(option["currentValue"].as_str());
            // Where there are both, the older way was tried.
            let id = option["id"].as_str().filter(|_| opened["models"].is_null());
            let (model, model_option) = (model.map(str::to_owned), id.map(str::to_owned));
            let session = named.ok_or("it opened a session without an id")?;
            vec![AgentSession { session, model, model_option, only_here: false }.into()]
        }
        Message::Response { id: MODEL, result: Ok(set) } => {
            let value = model_option(&set)["currentValue"].as_str().map(str::to_owned);
            let named = value.zip(session.named.clone());
            let told = |(model, named)| {
                let model_option = session.model_option.clone();
                AgentSession { session: named, model: Some(model), model_option, only_here: false }.into()
            };
            named.map(told).into_iter().collect()
        }
        Message::Response { id: PROMPT | AGAIN.., result: Ok(result) } => prompt_answered(session, &result),
        Message::Response { id: SESSION, result: Err(why) } => session.over(false, &session.not_opened(&why)),
        Message::Response { id: INITIALIZE | PROMPT | AGAIN.., result: Err(why) } => session.over(false, &why),
        // What it would do with another model or in another mode is not what was asked for.
        Message::Response { id: MODEL, result: Err(why) } => {
            session.over(false, &format!("its model can't be set: {why}"))
        }
        Message::Response { id: MODE, result: Err(why) } => {
            session.over(false, &format!("its mode can't be set: {why}"))
        }
        Message::Response { .. } => Vec::new(),
        Message::Request { id, method, params } => {
            vec![asked(&RpcRequest { id: &id, method: &method, params: &params })]
        }
        Message::Notification { method, params } => match method.as_str() {
            // Until the task was given an agent only repeats what an earlier process did.
            "session/update" if !session.has_said(crate::write_id::PROMPT) => Vec::new(),
            "session/update" => updated(session, &params["update"])?,
            "$/cancel_request" => session.withdrawn(&params["requestId"]),
            _ if method.starts_with('_') => Vec::new(),
            _ => return Err(format!("unknown notification {method:?}")),
        },
    })
}

/// The option of a session that is its model, null where it has none.
fn model_option(opened: &Value) -> &Value {
    let options = || opened["configOptions"].as_array().into_iter().flatten();
    let is_model = |option: &&Value| option["category"] == "model";
    options().find(is_model).or_else(|| options().find(|option| option["id"] == "model")).unwrap_or(&Value::Null)
}

/// Updates that say nothing of how the run stands, and end no message.
fn is_silent(update: &Value) -> bool {
    let kind = update["sessionUpdate"].as_str().unwrap_or_default();
    matches!(
        kind,
        "available_commands_update"
            | "usage_update"
            | "plan"
            | "current_mode_update"
            | "config_option_update"
            | "session_info_update"
            | "user_message_chunk"
            | "agent_thought_chunk"
    )
}

fn held_back(session: &mut Session, piece: &str, offset: u64) -> Vec<Body> {
    // Gemini CLI says in this way that its mode was set.
    if piece.is_empty() || piece.starts_with("[MODE_UPDATE]") || !session.has_said(crate::write_id::PROMPT) {
        return Vec::new();
    }
    let held = session.held.get_or_insert_with(|| HeldMessage { from: offset, text: String::new() });
    held.text.push_str(piece);
    let full = held.text.len() >= LONGEST_PART;
    if full { whole(session).into_iter().collect() } else { Vec::new() }
}

/// The message that was held back.
pub(crate) fn whole(session: &mut Session) -> Option<Body> {
    let text = session.held.take()?.text;
    (!text.trim().is_empty()).then(|| AgentMessage { text }.into())
}

/// Returns the events of an update of a tool call. Some agents tell of a call before they know what it is about, some
/// only when it is over.
fn updated(session: &Session, update: &Value) -> Result<Vec<Body>, String> {
    let text = |name: &str| update[name].as_str().unwrap_or_default();
    let kind = text("sessionUpdate");
    if !matches!(kind, "tool_call" | "tool_call_update") {
        return Err(format!("unknown update {kind:?}"));
    }
    let id = text("toolCallId").to_owned();
    let knows = update["rawInput"].as_object().is_some_and(|input| input.keys().any(|key| key != "cwd"));
    let under_way = matches!(text("status"), "in_progress" | "completed" | "failed");
    let mut events = Vec::new();
    if !session.called.contains(&id) && (knows || under_way) {
        events.push(
            ToolCalled { id: id.clone(), name: tool(update).to_owned(), about: about(update), full: None }.into(),
        );
    }
    events.extend(returned(update, id));
    Ok(events)
}

/// The name of the tool that is called: the kind of the call where it has one.
fn tool(call: &Value) -> &str {
    match call["kind"].as_str() {
        Some("execute") => "command",
        Some(kind) => kind,
        None => call["_meta"]["claudeCode"]["toolName"].as_str().unwrap_or("tool"),
    }
}

fn about(call: &Value) -> String {
    let input = &call["rawInput"];
    let telling = ["command", "file_path", "filePath", "path", "pattern", "url", "query"];
    let found = telling.iter().find_map(|name| input[name].as_str());
    short(found.unwrap_or_else(|| call["title"].as_str().unwrap_or_default()))
}

fn returned(update: &Value, id: String) -> Option<Body> {
    let ok = match update["status"].as_str() {
        Some("completed") => true,
        Some("failed") => false,
        _ => return None,
    };
    let blocks = update["content"].as_array().into_iter().flatten();
    let said: Vec<_> = blocks.filter_map(|block| block["content"]["text"].as_str()).collect();
    Some(ToolReturned { id, ok, text: short(&said.join("\n")) }.into())
}

fn prompt_answered(session: &Session, result: &Value) -> Vec<Body> {
    let mut events = Vec::new();
    let counts = session.dialect == Dialect::Acp { counts: true };
    if let Some(tokens) = usage::of_turn(result).filter(|tokens| counts && tokens.total() > 0) {
        events.push(UsageReported { tokens, ..UsageReported::default() }.into());
    }
    let held = session.held.as_ref().map(|held| held.text.as_str()).filter(|text| !text.trim().is_empty());
    let last = held.unwrap_or(&session.last_message);
    let reason = result["stopReason"].as_str().unwrap_or("nothing said why");
    events.extend(match reason {
        // A turn that was refused something may end as cancelled; what was said instead is told next.
        "end_turn" | "cancelled" if !session.words.is_empty() => session.turn_over(last),
        "end_turn" => session.over(true, last),
        _ => session.over(false, &format!("it stopped before it was done ({})", reason.replace('_', " "))),
    });
    events
}

/// A request of the agent: a question, or something that nobody here can do.
fn asked(request: &RpcRequest<'_>) -> Body {
    if request.method != "session/request_permission" {
        return request.refused();
    }
    let call = &request.params["toolCall"];
    let (tool, about) = (tool(call), about(call));
    let asked = WaitingStarted {
        text: if about.is_empty() { format!("use {tool}?") } else { format!("{tool}: {about}") },
        choices: rpc::permission(),
        full: full(call, &about),
        tool: Some(tool.to_owned()),
        ..WaitingStarted::default()
    };
    request.question(call["toolCallId"].as_str().unwrap_or("request"), asked)
}

/// All of what a call is to be given, and every change of a file in it.
fn full(call: &Value, about: &str) -> Option<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let blocks = call["content"].as_array().into_iter().flatten();
    let diffs = blocks.filter(|block| block["type"] == "diff").map(|block| {
        let (old, new) = (text(&block["oldText"]), text(&block["newText"]));
        let removed = old.lines().filter(|_| !old.is_empty()).map(|line| format!("- {line}"));
        let added = new.lines().map(|line| format!("+ {line}"));
        let lines: Vec<String> = removed.chain(added).collect();
        written::change(&text(&block["path"]), "changes", &lines.join("\n"))
    });
    let parts: Vec<String> = written::beyond(&call["rawInput"], about).into_iter().chain(diffs).collect();
    (!parts.is_empty()).then(|| whole_text(&parts.join("\n")))
}

#[cfg(test)]
mod tests {
    use domain::policy::Policy;

    use super::*;
    use crate::due::due;
    use crate::start::Task;
    use crate::step::step;

    fn opened(result: &Value) -> (Session, Option<String>) {
        let mut session = Session::new(Dialect::Acp { counts: true }, None);
        let line = serde_json::json!({"jsonrpc": "2.0", "id": SESSION, "result": result}).to_string();
        let events = step(&mut session, line.as_bytes(), 0);
        let [Body::AgentSession(named)] = events.as_slice() else { panic!("{events:?}") };
        (session, named.model.clone())
    }

    fn told(session: &Session) -> String {
        let task = Task { prompt: "do it", model: Some("sonnet"), resume: None, policy: Policy::Ask, modes: None };
        due(session, &task).expect("its task").data
    }

    /// As claude-agent-acp 0.101.0 and OpenCode 1.18.33 answer; 0.23.1 answers with both.
    #[test]
    fn a_model_is_set_by_its_option() {
        let options = serde_json::json!([{"id": "mode", "category": "mode", "currentValue": "auto"},
            {"id": "model", "category": "model", "currentValue": "default"}]);
        let (mut session, model) = opened(&serde_json::json!({"sessionId": "s", "configOptions": options}));
        assert_eq!(model.as_deref(), Some("default"));
        let said = told(&session);
        assert!(said.contains("session/set_config_option") && said.contains(r#""value":"sonnet""#), "{said}");
        assert!(!said.contains("session/set_model"), "{said}");
        let set = r#"{"jsonrpc":"2.0","id":4,"result":{"configOptions":[{"id":"model","currentValue":"sonnet"}]}}"#;
        let events = step(&mut session, set.as_bytes(), 0);
        assert!(matches!(&events[..], [Body::AgentSession(s)] if s.model.as_deref() == Some("sonnet")), "{events:?}");
        let models = serde_json::json!({"currentModelId": "opus"});
        let (session, model) =
            opened(&serde_json::json!({"sessionId": "s", "models": models, "configOptions": options}));
        assert_eq!(model.as_deref(), Some("opus"));
        assert!(told(&session).contains("session/set_model"));
    }
}
