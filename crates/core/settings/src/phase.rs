//! Phases as settings and the command line name them.

use serde::Deserialize;
use toml::Spanned;

/// A table `[[phase]]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Phase {
    pub name: String,
    /// NAME or NAME:MODEL; the run's agent if not given.
    pub agent: Option<String>,
    /// `{task}` stands for what was asked; the task itself if not given.
    pub prompt: Option<String>,
    /// `new` (the default) or `continue`.
    pub session: Option<String>,
    /// `leftovers` (the default) or `never`.
    pub commit: Option<String>,
    /// The checks that are run at its end. A later phase that has them and neither agent nor prompt is nothing else.
    pub checks: Option<Vec<String>>,
    /// How often an agent is asked to mend what a required check found; 2 if not given.
    pub repair: Option<u32>,
}

/// How often an agent is asked to mend what a check found, where nothing else is said.
pub const REPAIRS: u32 = 2;

impl Phase {
    /// The phase of a run whose settings name none.
    pub fn only() -> Self {
        Self { name: "build".to_owned(), ..Self::default() }
    }

    /// Whether it is nothing but its checks, as the `n`th phase of a run (from 0).
    pub fn only_checks(&self, n: usize) -> bool {
        n > 0 && self.checks.is_some() && self.agent.is_none() && self.prompt.is_none()
    }

    /// The task that the phase's agent is asked to do.
    pub fn prompt(&self, task: &str) -> String {
        self.prompt.as_deref().unwrap_or("{task}").replace("{task}", task)
    }
}

/// Why these phases can't be the phases of one run; `None` when they can.
pub fn problem(phases: &[Phase]) -> Option<(usize, String, &'static str)> {
    phases.iter().enumerate().find_map(|(n, phase)| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let wrong = |found: &str, expected| Some((n, format!("{found:?}"), expected));
        if phase.name.is_empty() || phase.name.len() > 20 || !phase.name.bytes().all(plain) {
            return wrong(&phase.name, "a name of at most 20 letters a-z, digits, - and _");
        }
        if phase.name == domain::environment::SETUP {
            return wrong(&phase.name, "another name, since the output of set-up commands is kept under this one");
        }
        if phases[..n].iter().any(|earlier| earlier.name == phase.name) {
            return wrong(&phase.name, "a name that no other phase has");
        }
        if !matches!(phase.session.as_deref(), None | Some("new" | "continue")) {
            return wrong(phase.session.as_deref().unwrap_or(""), "session = \"new\" or \"continue\"");
        }
        if !matches!(phase.commit.as_deref(), None | Some("leftovers" | "never")) {
            return wrong(phase.commit.as_deref().unwrap_or(""), "commit = \"leftovers\" or \"never\"");
        }
        None
    })
}

pub(crate) fn mistake(phases: &[Spanned<Phase>]) -> Option<(usize, String, String, &'static str)> {
    let plain: Vec<Phase> = phases.iter().map(|phase| phase.get_ref().clone()).collect();
    if plain.is_empty() {
        return Some((0, "phase".to_owned(), "none".to_owned(), "at least one [[phase]]"));
    }
    let (n, found, expected) = problem(&plain)?;
    Some((phases[n].span().start, "phase".to_owned(), found, expected))
}
