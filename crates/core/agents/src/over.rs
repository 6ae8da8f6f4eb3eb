//! How an agent's work ended when it says nothing of it itself: by its exit, and by what it wrote beside its output.

use domain::Body;
use domain::attempt::Exit;
use domain::event::{AgentFinished, UsageReported};
use domain::tokens::Tokens;
use serde_json::Value;

use crate::dialect::Dialect;
use crate::session::Session;
use crate::short::short;

/// The events that end the attempt of an agent whose dialect has no word for it. `side` is the text of its
/// [side file](Dialect::side_file).
pub fn over(session: &Session, exit: &Exit, side: &str) -> Vec<Body> {
    let ended_well = exit.code == Some(0) && exit.signal.is_none();
    match session.dialect {
        Dialect::Aider => aider(session, ended_well, exit, side),
        Dialect::ClaudeStream | Dialect::CodexApp | Dialect::Acp { .. } | Dialect::Plain => {
            let text = if ended_well { session.last_message.clone() } else { exit.describe_fully() };
            vec![AgentFinished { ok: ended_well, text: short(&text) }.into()]
        }
    }
}

/// aider ends with 0 whatever happened (0.86.2); its log has an entry for each request, and one for each answer.
fn aider(session: &Session, ended_well: bool, exit: &Exit, log: &str) -> Vec<Body> {
    let mut events = Vec::new();
    let (mut asked, mut answered) = (0, 0);
    for entry in log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        match entry["event"].as_str() {
            Some("message_send_starting") => asked += 1,
            Some("message_send") => {
                answered += 1;
                let count = |name: &str| entry["properties"][name].as_u64().unwrap_or(0);
                // It does not tell what was cached, so all of it is called input.
                let tokens =
                    Tokens { input: count("prompt_tokens"), output: count("completion_tokens"), ..Tokens::default() };
                events.push(UsageReported { tokens, ..UsageReported::default() }.into());
            }
            _ => {}
        }
    }
    let ok = ended_well && answered > 0 && answered >= asked;
    let text = match (ok, ended_well) {
        (true, _) => session.last_message.clone(),
        (false, true) if asked == 0 => "it asked no model; its output says why".to_owned(),
        (false, true) => session.trouble.clone().unwrap_or_else(|| "the model did not answer".to_owned()),
        (false, false) => exit.describe_fully(),
    };
    events.push(AgentFinished { ok, text: short(&text) }.into());
    events
}
