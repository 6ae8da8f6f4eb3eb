//! What Claude Code asks of whoever started it: leave for a tool, questions of its model, forms of its tools' servers.
//!
//! Source: platform.claude.com/docs/en/agent-sdk/user-input, and the streams in `tests/streams`.

use domain::Body;
use domain::event::{RequestRefused, WaitingStarted};
use domain::question::{AnswerOption, SingleQuestion};
use serde_json::Value;

use super::read::about;
use super::say;
use crate::short::short;
use crate::{form, rpc, written};

/// The event that a control request is. One that nobody can answer is refused at once: whoever asks goes no further.
pub(super) fn asked(value: &Value) -> Body {
    let request = &value["request"];
    let id = value["request_id"].as_str().unwrap_or_default().to_owned();
    let started = match request["subtype"].as_str().unwrap_or_default() {
        "can_use_tool" if request["tool_name"] == "AskUserQuestion" => questions(request),
        "can_use_tool" => permission(request),
        "elicitation" => {
            let server = request["mcp_server_name"].as_str().unwrap_or("a tool's server");
            WaitingStarted { input: Some(request.to_string()), ..form::asked(server, request) }
        }
        kind => {
            let reply = say::refusal(&id);
            return RequestRefused { id, what: short(kind), reply }.into();
        }
    };
    WaitingStarted { id, ..started }.into()
}

fn permission(request: &Value) -> WaitingStarted {
    let tool = request["tool_name"].as_str().unwrap_or("a tool").to_owned();
    let input = &request["input"];
    let about = input["plan"].as_str().map_or_else(|| about(input), short);
    WaitingStarted {
        text: if about.is_empty() { format!("use {tool}?") } else { format!("{tool}: {about}") },
        choices: rpc::permission(),
        full: written::beyond(input, &about),
        tool: Some(tool),
        input: Some(input.to_string()),
        ..WaitingStarted::default()
    }
}

/// Questions are no leave, so they have no tool that could be allowed.
fn questions(request: &Value) -> WaitingStarted {
    let input = &request["input"];
    let asks: Vec<SingleQuestion> = input["questions"].as_array().into_iter().flatten().map(question).collect();
    WaitingStarted { input: Some(input.to_string()), ..crate::questions::asked(asks) }
}

fn question(asked: &Value) -> SingleQuestion {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let options = asked["options"].as_array().into_iter().flatten();
    let option = |option: &Value| AnswerOption {
        label: text(&option["label"]),
        about: text(&option["description"]),
        value: String::new(),
    };
    SingleQuestion {
        id: text(&asked["question"]),
        header: text(&asked["header"]),
        text: text(&asked["question"]),
        options: options.map(option).collect(),
        many: asked["multiSelect"] == true,
        ..SingleQuestion::default()
    }
}
