//! The rehearsal agent: does real work in a worktree by script, speaks a real agent's stream, needs no key.
//!
//! pilothouse knows it only by its standard input, standard output and exit, like any other agent.

mod files;
mod scenario;
mod stage;
mod stream;

use std::process::ExitCode;

pub use scenario::Scenario;
use stage::Stage;

/// The agent's whole life. `model` names its scenario.
pub fn main(model: Option<&str>) -> ExitCode {
    let name = model.unwrap_or("success");
    let Some(scenario) = Scenario::named(name) else {
        return stream::usage_error(&format!("rehearsal has no scenario {name:?}; it has {}", Scenario::names()));
    };
    match Stage::set().and_then(|stage| scenario.play(stage)) {
        Ok(code) => code,
        // Nobody reads any more, or the worktree is gone: there is no one to tell.
        Err(_) => ExitCode::from(70),
    }
}
