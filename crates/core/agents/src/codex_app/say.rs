//! What is written to the app-server.

use domain::decide::FittingAnswer;
use domain::policy::Policy;
use domain::question::SingleAnswer;
use domain::run::Question;
use serde_json::{Value, json};

use crate::form;
use crate::redirect::GatewayAccess;
use crate::rpc;
use crate::start::{AttemptPlace, Task};

/// Our requests, by number.
pub(super) const INITIALIZE: u64 = 1;
pub(super) const THREAD: u64 = 2;
pub(super) const TURN: u64 = 3;
pub(super) const STEER: u64 = 4;

/// The lines that open the thread: a new one, or the one to go on in.
pub(crate) fn begin(task: &Task<'_>, place: &AttemptPlace) -> String {
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
    for (key, value) in place.gateway.as_ref().and_then(GatewayAccess::codex).into_iter().flatten() {
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

/// The answer to a request; what it was stands in the question's input. `resting`: its turn is over.
pub(crate) fn answer(question: &Question, given: &FittingAnswer, resting: bool) -> String {
    let request = rpc::asked(question.input.as_deref());
    let (id, params) = (&request["id"], &request["params"]);
    let allowed = matches!(given, FittingAnswer::Allow | FittingAnswer::AllowRun);
    let decision = |yes: &str, no: &str| json!({"decision": if allowed { yes } else { no }});
    let answered = match request["method"].as_str() {
        // It asked in a message, and is told in a prompt.
        None => return told(&request, &in_words(question, given), resting),
        Some("item/commandExecution/requestApproval" | "item/fileChange/requestApproval") => {
            decision("accept", "decline")
        }
        Some("execCommandApproval" | "applyPatchApproval") => decision("approved", "denied"),
        Some("item/permissions/requestApproval") => {
            let granted = if allowed { params["permissions"].clone() } else { json!({}) };
            json!({"permissions": granted, "scope": "turn"})
        }
        Some("mcpServer/elicitation/request") => match given {
            FittingAnswer::Answers(answers) => form::accepted(params, answers),
            FittingAnswer::Cancel => json!({"action": "cancel"}),
            FittingAnswer::Allow | FittingAnswer::AllowRun | FittingAnswer::Deny | FittingAnswer::Words(_) => {
                json!({"action": "decline"})
            }
        },
        Some("item/tool/requestUserInput") => {
            let said = |answer: &SingleAnswer| (answer.id.clone(), json!({"answers": answer.values}));
            let answers: serde_json::Map<_, _> = match given {
                FittingAnswer::Answers(answers) => answers.iter().map(said).collect(),
                FittingAnswer::Allow
                | FittingAnswer::AllowRun
                | FittingAnswer::Deny
                | FittingAnswer::Cancel
                | FittingAnswer::Words(_) => serde_json::Map::new(),
            };
            return rpc::response(id, &json!({"answers": answers}));
        }
        Some(_) => return rpc::refusal(id, rpc::CANNOT),
    };
    let answered = rpc::response(id, &answered);
    match given {
        // Words go to the turn that is under way, which goes on without what it asked for.
        FittingAnswer::Words(text) => answered + &told(params, text, false),
        FittingAnswer::Allow
        | FittingAnswer::AllowRun
        | FittingAnswer::Deny
        | FittingAnswer::Cancel
        | FittingAnswer::Answers(_) => answered,
    }
}

/// An answer as a person would write it.
fn in_words(question: &Question, given: &FittingAnswer) -> String {
    let FittingAnswer::Answers(answers) = given else { return "The person does not want to answer this.".to_owned() };
    let asked = |id: &str| question.asks.iter().find(|ask| ask.id == id).map_or("", |ask| ask.text.as_str());
    let lines = answers.iter().map(|answer| format!("{} {}", asked(&answer.id), answer.values.join(", ")));
    lines.collect::<Vec<_>>().join("\n")
}

/// Something that a person says: into the turn under way, or as the beginning of another one.
fn told(place: &Value, text: &str, resting: bool) -> String {
    let thread = place["threadId"].as_str().unwrap_or_default();
    if resting {
        return prompt(thread, text);
    }
    let steer = json!({
        "threadId": thread, "expectedTurnId": place["turnId"], "input": [{"type": "text", "text": text}],
    });
    rpc::request(STEER, "turn/steer", &steer)
}

/// Returns the words that lines for the agent say into a turn under way; `None` when they say none.
pub(crate) fn steered(lines: &str) -> Option<String> {
    let read = |line: &str| serde_json::from_str::<Value>(line).ok();
    let steer = lines.lines().filter_map(read).find(|line| line["method"] == "turn/steer")?;
    steer["params"]["input"][0]["text"].as_str().map(str::to_owned)
}
