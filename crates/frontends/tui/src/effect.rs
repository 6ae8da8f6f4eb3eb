//! What the cockpit wants done outside, as comparable values.

use std::path::PathBuf;

use domain::RunId;
use domain::command::{Answer, Command};
use protocol::RunRequest;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Have this run's events sent, or none.
    Look(Option<RunId>),
    /// Have a piece of the run's output sent; from the end of the file when `from` is `None`.
    Output {
        run: RunId,
        from: Option<u64>,
    },
    Run(RunRequest),
    /// Something to be done with a run.
    Act {
        run: RunId,
        command: Command,
    },
    Answer {
        run: RunId,
        question: String,
        answer: Answer,
    },
    Leave,
}

/// The folder that new runs are asked for from.
pub(crate) fn run_request(folder: PathBuf, task: String, agent: String) -> Effect {
    let agent = Some(agent.trim().to_owned()).filter(|agent| !agent.is_empty());
    Effect::Run(RunRequest { folder, task, agent, model: None, name: None, base: None, count: 1, phases: Vec::new() })
}
