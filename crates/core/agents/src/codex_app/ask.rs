//! What Codex asks of its client: leave for a command or a patch, questions of its model, forms of its tools' servers.

use domain::Body;
use domain::event::WaitingStarted;
use domain::question::{AnswerOption, SingleQuestion, in_a_line, written_out};
use serde_json::{Value, json};

use super::read::command;
use crate::rpc::{self, RpcRequest};
use crate::session::Session;
use crate::short::{short, whole};
use crate::{form, written};

/// The event that a request of the agent is: a question, or something that nobody here can do.
pub(super) fn asked(session: &Session, request: &RpcRequest<'_>) -> Body {
    let RpcRequest { method, params, .. } = request;
    let text = |name: &str| params[name].as_str().unwrap_or_default();
    let item = params["itemId"].as_str().or(params["callId"].as_str()).unwrap_or("request");
    let asked = match *method {
        "item/commandExecution/requestApproval" => leave("command", &command(params), params),
        "execCommandApproval" => leave("command", &params["command"].to_string(), params),
        "item/fileChange/requestApproval" => patch(session.changes.get(item).map(String::as_str), text("grantRoot")),
        "applyPatchApproval" => {
            let changes = by_path(&params["fileChanges"]);
            patch(Some(&changes).filter(|text| !text.is_empty()).map(String::as_str), text("grantRoot"))
        }
        "item/permissions/requestApproval" => leave("permissions", &params["permissions"].to_string(), params),
        "mcpServer/elicitation/request" => {
            let server = Some(text("serverName")).filter(|name| !name.is_empty()).unwrap_or("a tool's server");
            form::asked(server, params)
        }
        "item/tool/requestUserInput" => questions(&params["questions"]),
        _ => return request.refused(),
    };
    let reason = text("reason");
    let said = if reason.is_empty() { asked.text.clone() } else { format!("{} — {}", asked.text, short(reason)) };
    request.question(item, WaitingStarted { text: said, ..asked })
}

fn leave(tool: &str, about: &str, params: &Value) -> WaitingStarted {
    let cut = short(about) != about || about.contains('\n');
    let mut full = vec![about.to_owned()];
    // What would be allowed beyond this once is what it must be read for.
    for more in ["reason", "cwd", "proposedExecpolicyAmendment", "additionalPermissions"] {
        if !params[more].is_null() {
            full.push(written::by_name(&json!({more: params[more]})));
        }
    }
    WaitingStarted {
        text: if about.is_empty() { format!("{tool}?") } else { format!("{tool}: {}", short(about)) },
        choices: rpc::permission(),
        tool: Some(tool.to_owned()),
        full: (cut || full.len() > 1).then(|| whole(&full.join("\n"))),
        ..WaitingStarted::default()
    }
}

/// Leave for a patch, which says itself what is changed or was told of when the call began.
fn patch(changes: Option<&str>, root: &str) -> WaitingStarted {
    let paths: Vec<&str> = changes.into_iter().flat_map(str::lines).filter(|line| !line.starts_with(' ')).collect();
    let mut about = paths.join(", ");
    if !root.is_empty() {
        about = format!("{about}{}all below {root}", if about.is_empty() { "" } else { "; " });
    }
    WaitingStarted {
        text: if about.is_empty() {
            "edit? (it does not say what)".to_owned()
        } else {
            format!("edit: {}", short(&about))
        },
        choices: rpc::permission(),
        tool: Some("edit".to_owned()),
        full: changes.map(whole),
        ..WaitingStarted::default()
    }
}

/// The changes of a patch: each file, and below it what is changed there.
pub(super) fn changes(changes: &Value) -> String {
    let all = changes.as_array().into_iter().flatten();
    let one = |change: &Value| {
        let kind = change["kind"]["type"].as_str().or(change["kind"].as_str()).unwrap_or("update");
        let path = change["path"].as_str().unwrap_or_default();
        written::change(path, kind, change["diff"].as_str().unwrap_or_default())
    };
    all.map(one).collect::<Vec<_>>().join("\n")
}

/// The same in the older form, by path.
fn by_path(changes: &Value) -> String {
    let all = changes.as_object().into_iter().flatten();
    let one = |(path, change): (&String, &Value)| {
        let text = change["unified_diff"].as_str().or(change["content"].as_str()).unwrap_or_default();
        written::change(path, change["type"].as_str().unwrap_or("update"), text)
    };
    all.map(one).collect::<Vec<_>>().join("\n")
}

fn questions(asked: &Value) -> WaitingStarted {
    let asks: Vec<SingleQuestion> = asked.as_array().into_iter().flatten().enumerate().map(question).collect();
    crate::questions::asked(asks)
}

fn question((n, asked): (usize, &Value)) -> SingleQuestion {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let options = asked["options"].as_array().into_iter().flatten();
    let option = |option: &Value| AnswerOption {
        label: option["label"].as_str().or(option.as_str()).unwrap_or_default().to_owned(),
        about: text(&option["description"]),
        value: String::new(),
    };
    let said = asked["question"].as_str().or(asked["title"].as_str()).unwrap_or_default();
    SingleQuestion {
        id: asked["id"].as_str().map_or_else(|| format!("{}", n + 1), str::to_owned),
        header: text(&asked["header"]),
        text: said.to_owned(),
        options: options.map(option).collect(),
        secret: asked["isSecret"] == true,
        ..SingleQuestion::default()
    }
}

/// A question that the model asks in a message and goes on without an answer; that is told it as a prompt.
pub(super) fn beside(params: &Value) -> Option<Body> {
    let item = &params["item"];
    let asks = item["type"] == "agentMessage" && item["questions"].as_array().is_some_and(|asked| !asked.is_empty());
    asks.then(|| {
        let asked = questions(&item["questions"]);
        // Its text says the questions once more, where it says nothing beside.
        let says = |text: &&str| !asked.asks.iter().any(|ask| text.contains(&ask.text));
        let lead = item["text"].as_str().filter(says).unwrap_or_default();
        let started = WaitingStarted {
            id: item["id"].as_str().unwrap_or("message").to_owned(),
            text: short(&in_a_line(lead, &asked.asks)),
            full: Some(whole(&written_out(lead, &asked.asks))),
            input: Some(json!({"threadId": params["threadId"], "turnId": params["turnId"]}).to_string()),
            ..asked
        };
        started.into()
    })
}
