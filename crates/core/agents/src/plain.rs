//! Agents that print text for people: each line is a message.

use domain::Body;
use domain::event::AgentMessage;

use crate::short::short;

pub(crate) fn read(line: &[u8]) -> Vec<Body> {
    let text = short(&String::from_utf8_lossy(line));
    vec![AgentMessage { text }.into()]
}
