//! The agents that runs can be started with: those that are built in, and those that a person's own settings make of
//! programs.

use std::path::Path;

use agents::{Agent, AgentStart, AttemptPlace, Dialect, Own, Task};
use protocol::{AgentChoice, Code, Refused};
use settings::Settings;

/// An agent that runs can be started with.
#[derive(Debug, Clone)]
pub(crate) enum KnownAgent {
    BuiltIn(&'static Agent),
    Own(Own),
}

/// Finds the agent of this name. A person's own one says what its output is written in; text where it does not.
pub(crate) fn known(settings: &Settings, name: &str) -> Option<KnownAgent> {
    if let Some(agent) = agents::find(name) {
        return Some(KnownAgent::BuiltIn(agent));
    }
    let own = &settings.agents.get(name)?.value;
    let args = own.command.as_deref()?.get(1..)?.to_vec();
    let dialect = own.reads.as_deref().map_or(Some(Dialect::Plain), Dialect::named)?;
    Some(KnownAgent::Own(Own { args, dialect }))
}

impl KnownAgent {
    /// Returns the files that the agent is started with, by name.
    pub(crate) fn files(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::BuiltIn(agent) => agent.files,
            _ => &[],
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::BuiltIn(agent) => agent.dialect,
            Self::Own(own) => own.dialect,
        }
    }

    /// Returns the dialect that the agent's output is read in: a terminal's is shown and not read, so it is plain.
    pub(crate) fn reads(&self, interactive: bool) -> Dialect {
        if interactive { Dialect::Plain } else { self.dialect() }
    }

    /// Whether the agent can be started in a terminal: what a person's own command shows there is the person's affair.
    pub(crate) fn has_terminal(&self) -> bool {
        match self {
            Self::BuiltIn(agent) => agent.has_terminal(),
            Self::Own(_) => true,
        }
    }

    pub(crate) fn start(&self, task: &Task<'_>, place: &AttemptPlace, interactive: bool) -> AgentStart {
        match self {
            Self::BuiltIn(agent) if interactive => agent.start_interactive(task, place),
            Self::BuiltIn(agent) => agent.start(task, place),
            Self::Own(own) if interactive => own.start_interactive(task, place),
            Self::Own(own) => own.start(task, place),
        }
    }
}

/// Returns the agents that a run can be started with, and what there is to show of each.
pub(crate) fn choices(settings: &Settings) -> Vec<AgentChoice> {
    let set = |name: &str| settings.agents.get(name).and_then(|agent| agent.value.path.clone());
    let built_in = agents::all().iter().map(|agent| AgentChoice {
        name: agent.name.to_owned(),
        doc: agent.doc.to_owned(),
        models: agent.models.iter().map(|model| (*model).to_owned()).collect(),
        program: match agent.program {
            agents::Program::Own => None,
            agents::Program::InPath { name, .. } => Some(set(agent.name).unwrap_or_else(|| name.to_owned())),
        },
        missing: false,
    });
    let own =
        settings.agents.iter().filter(|(name, agent)| agents::find(name).is_none() && agent.value.command.is_some());
    let own = own.map(|(name, agent)| AgentChoice {
        name: name.clone(),
        doc: agent.value.command.as_deref().unwrap_or_default().join(" "),
        models: Vec::new(),
        program: agent.value.command.as_ref().and_then(|command| command.first().cloned()),
        missing: false,
    });
    built_in.chain(own).collect()
}

/// Splits NAME:MODEL and checks both; returns the name and the model.
pub(crate) fn named(
    settings: &Settings,
    asked: &str,
    model: Option<&str>,
) -> Result<(String, Option<String>), Refused> {
    let (name, model) = match asked.split_once(':') {
        Some((name, model)) => (name, Some(model.to_owned())),
        None => (asked, model.map(str::to_owned)),
    };
    let Some(agent) = known(settings, name) else {
        let known: Vec<_> = choices(settings).into_iter().map(|choice| choice.name).collect();
        return Err(usage(format!("there is no agent called {name:?}; there is: {}", known.join(", "))));
    };
    match &agent {
        KnownAgent::BuiltIn(agent) => {
            let has = |model: &str| agent.models.is_empty() || agent.models.contains(&model);
            if let Some(model) = model.as_deref().filter(|model| !has(model)) {
                let known = agent.models.join(", ");
                return Err(usage(format!("{name} has no model {model:?}; it has: {known}")));
            }
        }
        KnownAgent::Own(own) if model.is_none() && own.fills_in("{model}") => {
            return Err(usage(format!("the command of {name} has {{model}} in it; name one: --agent {name}:MODEL")));
        }
        KnownAgent::Own(own) if model.is_some() && !own.says_model() => {
            return Err(usage(format!("the command of {name} has no {{model}} in it, so it can't be asked for one")));
        }
        KnownAgent::Own(_) => {}
    }
    Ok((name.to_owned(), model))
}

/// Checks what the person's file at `config` says of agents, and that nobody else says anything of them.
pub(crate) fn check(settings: &Settings, config: &Path) -> Result<(), Refused> {
    for (name, agent) in &settings.agents {
        let file = agent.origin.as_ref().map_or_else(String::new, |path| path.display().to_string());
        if agent.origin.as_deref() != Some(config) {
            let own = config.display();
            let reason = format!(
                "{file}: [agent.{name}] says what is started on your machine, so it counts in your own {own} only"
            );
            return Err(usage(reason));
        }
        let own = &agent.value;
        let at = format!("{file}: [agent.{name}]");
        let dialects: Vec<_> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
        match (agents::find(name).is_some(), &own.command, &own.reads) {
            (true, None, None) => {}
            (true, _, _) => {
                return Err(usage(format!(
                    "{at} is built in: `path` and `env` can be set; give your own another name"
                )));
            }
            (false, None, _) => {
                return Err(usage(format!("{at} is not built in: expected command = [\"PROGRAM\", \"ARGUMENT\", …]")));
            }
            (false, Some(command), _) if command.is_empty() => {
                return Err(usage(format!("{at} command is empty: expected a program and its arguments")));
            }
            (false, Some(_), Some(reads)) if Dialect::named(reads).is_none() => {
                return Err(usage(format!("{at} reads = {reads:?}: expected one of {}", dialects.join(", "))));
            }
            (false, Some(_), _) => {}
        }
    }
    let only_yours = |file: &std::path::Path, what: &str| {
        usage(format!("{}: {what}, so it counts in your own {} only", file.display(), config.display()))
    };
    for (name, provider) in &settings.providers {
        if let Some(file) = provider.origin.as_deref().filter(|file| *file != config) {
            return Err(only_yours(file, &format!("[provider.{name}] says where your keys go")));
        }
        if provider.value.upstream.is_empty() {
            return Err(usage(format!("{}: [provider.{name}] needs an upstream = \"https://…\"", config.display())));
        }
    }
    if let Some(file) = settings.day_budget.origin.as_deref().filter(|file| *file != config) {
        return Err(only_yours(file, "budget.day is about all your repositories"));
    }
    let policy = &settings.policy;
    if policy.value.allows_everything() && policy.origin.as_deref().is_some_and(|origin| origin != config) {
        let file = policy.origin.as_ref().map_or_else(String::new, |path| path.display().to_string());
        let reason = format!(
            "{file}: policy = {:?} lets agents do everything, which only you can say: in your own {} or with --policy",
            policy.value.word(),
            config.display()
        );
        return Err(usage(reason));
    }
    Ok(())
}

fn usage(reason: String) -> Refused {
    Refused { code: Code::Usage, reason }
}
