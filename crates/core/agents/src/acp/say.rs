//! What is written to an agent that speaks the protocol.

use domain::decide::{FittingAnswer, Refusal};
use domain::run::Question;
use serde_json::{Value, json};

use crate::registry::by_policy;
use crate::rpc;
use crate::start::{AttemptPlace, Task};

/// Our requests, by number.
pub(super) const INITIALIZE: u64 = 1;
pub(super) const SESSION: u64 = 2;
pub(super) const PROMPT: u64 = 3;
pub(super) const MODEL: u64 = 4;
pub(super) const MODE: u64 = 5;
/// Further prompts of the same session are numbered from here on.
pub(super) const AGAIN: u64 = 100;

/// The lines that open the session: a new one, or the one to go on in. No file access is offered: Gemini 0.61.0 can't
/// write a new file through it, and an agent's own access is what its sandbox is about.
pub(crate) fn begin(task: &Task<'_>, place: &AttemptPlace) -> String {
    let capabilities = json!({
        "protocolVersion": 1,
        "clientCapabilities": {"fs": {"readTextFile": false, "writeTextFile": false}, "terminal": false},
        "clientInfo": {"name": "pilothouse", "version": env!("CARGO_PKG_VERSION")},
    });
    let session = match task.resume {
        Some(session) => {
            let params = json!({"sessionId": session, "cwd": place.cwd, "mcpServers": []});
            rpc::request(SESSION, "session/load", &params)
        }
        None => rpc::request(SESSION, "session/new", &json!({"cwd": place.cwd, "mcpServers": []})),
    };
    rpc::request(INITIALIZE, "initialize", &capabilities) + &session
}

/// The lines that give the session its model, its mode and its task.
pub(crate) fn prompt(session: &str, model_option: Option<&str>, task: &Task<'_>) -> String {
    let mut said = String::new();
    if let Some(model) = task.model {
        said += &match model_option {
            Some(option) => {
                let params = json!({"sessionId": session, "configId": option, "value": model});
                rpc::request(MODEL, "session/set_config_option", &params)
            }
            None => rpc::request(MODEL, "session/set_model", &json!({"sessionId": session, "modelId": model})),
        };
    }
    if let Some(mode) = task.modes.and_then(|modes| by_policy(modes, task.policy)) {
        said += &rpc::request(MODE, "session/set_mode", &json!({"sessionId": session, "modeId": mode}));
    }
    let text = json!({"sessionId": session, "prompt": [{"type": "text", "text": task.prompt}]});
    said + &rpc::request(PROMPT, "session/prompt", &text)
}

/// The line that goes on with what a person said, when a turn is over in which it could not be said.
pub(crate) fn goes_on(session: &str, n: usize, text: &str) -> String {
    let id = AGAIN.saturating_add(u64::try_from(n).unwrap_or(0));
    rpc::request(id, "session/prompt", &json!({"sessionId": session, "prompt": [{"type": "text", "text": text}]}))
}

/// The answer to a request, and the words that it has no place for; what it was stands in the question's input.
pub(crate) fn answer(question: &Question, given: &FittingAnswer) -> Result<(String, Option<String>), Refusal> {
    let request = rpc::asked(question.input.as_deref());
    let (id, params) = (&request["id"], &request["params"]);
    if request["method"] != "session/request_permission" {
        return Ok((rpc::refusal(id, rpc::CANNOT), None));
    }
    let option = |kinds: &[&str]| {
        let options = || params["options"].as_array().into_iter().flatten();
        kinds.iter().find_map(|kind| options().find(|option| option["kind"] == *kind))
    };
    let mut words = None;
    let rejected = || option(&["reject_once", "reject_always"]);
    let chosen = match given {
        FittingAnswer::Allow => Some(option(&["allow_once"]).ok_or_else(|| {
            let next = "allow it for the run with --allow-run, say no with --deny, or name one of its options";
            Refusal::new("it offers no leave that is for once", format!("{next}: {}", names(params)))
        })?),
        // What is allowed for the run is remembered here, and not by the agent where it can be helped.
        FittingAnswer::AllowRun => option(&["allow_once", "allow_always"]),
        FittingAnswer::Deny | FittingAnswer::Cancel => rejected(),
        FittingAnswer::Words(text) => {
            let options = params["options"].as_array().into_iter().flatten();
            let named = |o: &&Value| ["optionId", "name"].iter().any(|name| o[*name].as_str() == Some(text.trim()));
            options.into_iter().find(named).or_else(|| {
                words = Some(text.clone());
                rejected()
            })
        }
        FittingAnswer::Answers(answers) => {
            words = Some(crate::step::spelled(answers));
            rejected()
        }
    };
    let outcome = match chosen {
        Some(option) => json!({"outcome": "selected", "optionId": option["optionId"]}),
        None => json!({"outcome": "cancelled"}),
    };
    Ok((rpc::response(id, &json!({"outcome": outcome})), words))
}

fn names(params: &Value) -> String {
    let options = params["options"].as_array().into_iter().flatten();
    options.filter_map(|option| option["name"].as_str()).collect::<Vec<_>>().join(", ")
}
