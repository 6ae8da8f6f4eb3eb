//! The scenarios, each a short script.

mod calls;
mod edits;
mod play;
mod repairs;

use std::io;
use std::process::ExitCode;

use crate::stage::AgentStage;

/// The script that the agent plays, chosen by the name of its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    Success,
    Slow,
    Chatty,
    Fails,
    FailsOnce,
    Asks,
    Limited,
    LimitEnds,
    Forks,
    NoChange,
    BigOutput,
    Escape,
    Hostile,
    Calls,
    Repairs,
    Edits,
}

const NAMES: [(&str, Scenario); 16] = [
    ("success", Scenario::Success),
    ("slow", Scenario::Slow),
    ("chatty", Scenario::Chatty),
    ("fails", Scenario::Fails),
    ("fails-once", Scenario::FailsOnce),
    ("asks", Scenario::Asks),
    ("limited", Scenario::Limited),
    ("limit-ends", Scenario::LimitEnds),
    ("forks", Scenario::Forks),
    ("no-change", Scenario::NoChange),
    ("big-output", Scenario::BigOutput),
    ("escape", Scenario::Escape),
    ("hostile", Scenario::Hostile),
    ("calls", Scenario::Calls),
    ("repairs", Scenario::Repairs),
    ("edits", Scenario::Edits),
];

impl Scenario {
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, scenario)| *scenario)
    }

    /// All names, for a person.
    pub fn names() -> String {
        NAMES.map(|(name, _)| name).join(", ")
    }

    pub(crate) fn play(self, mut stage: AgentStage) -> io::Result<ExitCode> {
        let ended = match self {
            Self::Success => play::success(&mut stage)?,
            Self::Slow => play::slow(&mut stage)?,
            Self::Chatty => play::chatty(&mut stage)?,
            Self::Fails => play::fails(&mut stage)?,
            Self::FailsOnce => play::fails_once(&mut stage)?,
            Self::Asks => play::asks(&mut stage)?,
            Self::Limited => play::limited(&mut stage)?,
            Self::LimitEnds => play::limit_ends(&mut stage)?,
            Self::Forks => play::forks(&mut stage)?,
            Self::NoChange => play::no_change(&mut stage)?,
            Self::BigOutput => play::big_output(&mut stage)?,
            Self::Escape => play::escape(&mut stage)?,
            Self::Hostile => play::hostile(&mut stage)?,
            Self::Calls => calls::calls(&mut stage)?,
            Self::Repairs => repairs::repairs(&mut stage)?,
            Self::Edits => edits::edits(&mut stage)?,
        };
        stage.result(ended.ok, &ended.text)?;
        stage.waits_for_goodbye()?;
        Ok(ExitCode::from(u8::from(!ended.ok)))
    }
}
