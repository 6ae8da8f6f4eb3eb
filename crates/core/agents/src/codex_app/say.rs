//! What is written to the app-server.

use domain::command::Answer;
use domain::policy::Policy;
use domain::run::Question;
use serde_json::json;

use crate::redirect::Gateway;
use crate::rpc;
use crate::start::{Place, Task};

/// Our requests, by number.
pub(super) const INITIALIZE: u64 = 1;
pub(super) const THREAD: u64 = 2;
pub(super) const TURN: u64 = 3;
const STEER: u64 = 4;

/// The lines that open the thread: a new one, or the one to go on in.
pub(crate) fn begin(task: &Task<'_>, place: &Place) -> String {
    let client =
        json!({"clientInfo": {"name": "pilothouse", "title": "pilothouse", "version": env!("CARGO_PKG_VERSION")}});
    let (approval, sandbox) = match task.policy {
        Policy::Ask => ("untrusted", "read-only"),
        Policy::Edits => ("on-request", "workspace-write"),
        Policy::All => ("never", "danger-full-access"),
        // The keeper holds it inside already, and a sandbox inside a sandbox can't be made everywhere.
        Policy::Sandboxed => ("never", "danger-full-access"),
    };
    let mut params = json!({
        "cwd": place.cwd, "approvalPolicy": approval, "sandbox": sandbox,
        // Without these it can't commit in a linked worktree; measured with 0.169.0.
        "config": {"sandbox_workspace_write.writable_roots": place.git_paths()},
    });
    for (key, value) in place.gateway.as_ref().and_then(Gateway::codex).into_iter().flatten() {
        if key == "model_provider" {
            params["modelProvider"] = value.clone();
        }
        params["config"][key] = value;
    }
    if let Some(model) = task.model {
        params["model"] = json!(model);
    }
    let thread = match task.resume {
        Some(session) => {
            params["threadId"] = json!(session);
            params["excludeTurns"] = json!(true);
            rpc::request(THREAD, "thread/resume", &params)
        }
        None => rpc::request(THREAD, "thread/start", &params),
    };
    let initialized = rpc::line(&json!({"method": "initialized"}));
    format!("{}{initialized}{thread}", rpc::request(INITIALIZE, "initialize", &client))
}

/// The line that gives the thread its task.
pub(crate) fn prompt(thread: &str, text: &str) -> String {
    rpc::request(TURN, "turn/start", &json!({"threadId": thread, "input": [{"type": "text", "text": text}]}))
}

/// The answer to a request; what it was stands in the question's input.
pub(crate) fn answer(question: &Question, answer: &Answer) -> String {
    let request = rpc::asked(question.input.as_deref());
    let (id, params) = (&request["id"], &request["params"]);
    let allowed = matches!(answer, Answer::Allow | Answer::AllowRun);
    let decision = |yes: &str, no: &str| json!({"decision": if allowed { yes } else { no }});
    let answered = match request["method"].as_str().unwrap_or_default() {
        "item/commandExecution/requestApproval" | "item/fileChange/requestApproval" => decision("accept", "decline"),
        "execCommandApproval" | "applyPatchApproval" => decision("approved", "denied"),
        "item/permissions/requestApproval" => {
            let granted = if allowed { params["permissions"].clone() } else { json!({}) };
            json!({"permissions": granted, "scope": "turn"})
        }
        "mcpServer/elicitation/request" => json!({"action": if allowed { "accept" } else { "decline" }}),
        "item/tool/requestUserInput" => {
            let text = match answer {
                Answer::Text(text) => text.as_str(),
                Answer::Allow | Answer::AllowRun => "yes",
                Answer::Deny => "no",
            };
            let asked = params["questions"].as_array().into_iter().flatten();
            let answers = asked.filter_map(|q| Some((q["id"].as_str()?.to_owned(), json!({"answers": [text]}))));
            return rpc::response(id, &json!({"answers": answers.collect::<serde_json::Map<_, _>>()}));
        }
        _ => return rpc::refusal(id, rpc::CANNOT),
    };
    let answered = rpc::response(id, &answered);
    match answer {
        // Words go to the turn that is under way, which goes on without what it asked for.
        Answer::Text(text) => {
            let steer = json!({
                "threadId": params["threadId"], "expectedTurnId": params["turnId"],
                "input": [{"type": "text", "text": text}],
            });
            answered + &rpc::request(STEER, "turn/steer", &steer)
        }
        _ => answered,
    }
}
