//! The rehearsal agent: does real work in a worktree by script, speaks a real agent's stream, needs no key.
//!
//! pilothouse knows it only by its standard input, standard output and exit, like any other agent.

mod files;
mod model;
mod scenario;
mod screen;
mod stage;
mod stream;

use std::process::ExitCode;

pub use scenario::Scenario;
use stage::AgentStage;

/// The agent's whole life. It is told `--model SCENARIO`, and `--resume SESSION` to go on in an earlier session,
/// and `--interactive -- TASK` to show a screen of its own.
pub fn main(words: &[String]) -> ExitCode {
    let option = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).map(String::as_str)
    };
    let name = option("--model").unwrap_or("success");
    let Some(scenario) = Scenario::named(name) else {
        return stream::usage_error(&format!("rehearsal has no scenario {name:?}; it has {}", Scenario::names()));
    };
    if words.iter().any(|word| word == "--interactive") {
        let task = words.iter().position(|word| word == "--").and_then(|at| words.get(at + 1));
        return screen::play(task.map_or("", String::as_str)).unwrap_or_else(|error| stream::broken(&error));
    }
    match AgentStage::set(option("--resume")).and_then(|stage| scenario.play(stage)) {
        Ok(code) => code,
        // Nobody may be reading any more, so this is told on standard error alone.
        Err(error) => stream::broken(&error),
    }
}
