//! The program of an agent, in the PATH of whoever asks for a run.

use std::path::Path;

use agents::{Agent, Program};

use crate::known::KnownAgent;
use crate::places::DaemonPlaces;

/// Returns where the agent's program is; one that is missing is told of with what helps.
pub(crate) fn find_program(
    places: &DaemonPlaces,
    agent: &KnownAgent,
    own: &settings::AgentSettings,
    path: Option<&str>,
) -> Result<String, String> {
    let wanted = match (&own.path, agent) {
        (Some(path), _) => path.as_str(),
        (None, KnownAgent::Own(_)) => own.command.iter().flatten().next().map_or("", String::as_str),
        (None, KnownAgent::BuiltIn(agent)) => match agent.program {
            Program::Own => return Ok(places.binary.to_string_lossy().into_owned()),
            Program::InPath { name, .. } => name,
        },
    };
    if wanted.contains('/') {
        let named = || format!("there is no program {wanted}; {} names it", places.config.display());
        return Path::new(wanted).is_file().then(|| wanted.to_owned()).ok_or_else(named);
    }
    let missing = || {
        let next = match agent {
            KnownAgent::BuiltIn(Agent { program: Program::InPath { install, .. }, .. }) => {
                format!("get it with `{install}`, then try again")
            }
            _ => format!("{} names it", places.config.display()),
        };
        let whose = if path.is_some() { "of whoever asked for the run" } else { "that the daemon was started with" };
        format!("there is no program {wanted} in the PATH {whose}; {next}")
    };
    supervisor::in_path(wanted, path).map(|file| file.to_string_lossy().into_owned()).ok_or_else(missing)
}
