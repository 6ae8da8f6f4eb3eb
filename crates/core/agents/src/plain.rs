//! Agents that print text for people: each line is a message.

use domain::Body;
use domain::event::{AgentFinished, AgentMessage};

use crate::short::short;

pub(crate) fn read(line: &[u8]) -> Vec<Body> {
    let text = short(&String::from_utf8_lossy(line));
    vec![AgentMessage { text }.into()]
}

/// aider without a key would wait for someone at a browser, and nobody sits there.
pub(crate) fn read_aider(line: &[u8]) -> Vec<Body> {
    let mut events = read(line);
    if line.starts_with(b"Waiting up to 5 minutes for you to finish in the browser") {
        events.push(AgentFinished { ok: false, text: "it has no API key".to_owned() }.into());
    }
    events
}
