//! The ids of what an agent is told, by which it is told once.

use domain::effect::WORDS;

/// The id of the write that gives an agent its task.
pub(crate) const PROMPT: &str = "prompt";

/// The id of the write that refuses this request of the agent.
pub(crate) fn refusal(request: &str) -> String {
    format!("refusal:{request}")
}

/// The id of the write that tells the `n`th of a person's words.
pub(crate) fn words(n: usize) -> String {
    format!("{WORDS}{n}")
}
