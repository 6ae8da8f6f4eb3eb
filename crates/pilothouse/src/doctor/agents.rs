//! Which agents are here, and whose account each of them would use, as far as files and variables tell. No secret is kept or said.

use std::path::{Path, PathBuf};

use agents::{Agent, GatewayHint, LoginFile, Program};
use client::Places;
use serde_json::Value;
use settings::{Key, Settings};

use super::finding::DoctorFinding;
use super::gateway::LARGEST_FILE;

/// A line for each agent that can be started here, and one for the others.
pub(super) fn agents(places: &Places) -> Vec<DoctorFinding> {
    let text = evidence::read_linked_text(&places.config, LARGEST_FILE).unwrap_or_default();
    // Mistakes in them are told by the settings' own line.
    let Ok(settings) = Settings::from_layers(&[(places.config.clone(), text)]) else { return Vec::new() };
    let serving = gateway::serving(&places.home).ok().flatten().filter(|_| gateway::is_serving(&places.home));
    let look = AgentLook { settings: &settings, gateway_has: serving.map(|serving| serving.keys).unwrap_or_default() };
    let (mut here, mut missing) = (Vec::new(), Vec::new());
    for agent in agents::all() {
        let Program::InPath { name, install } = agent.program else { continue };
        let own = look.own(agent.name);
        match supervisor::in_path(own.path.as_deref().unwrap_or(name), None) {
            Some(program) => here.push((agent, own, program)),
            None => missing.push(format!("{} (`{install}`)", agent.name)),
        }
    }
    // Each of them is a program that has to start.
    let mut findings: Vec<DoctorFinding> = std::thread::scope(|scope| {
        let look = &look;
        let asked: Vec<_> =
            here.iter().map(|(agent, own, program)| scope.spawn(move || look.at(agent, own, program))).collect();
        asked.into_iter().filter_map(|asked| asked.join().ok()).collect()
    });
    findings.extend(settings.agents.iter().filter_map(|(name, own)| of_a_person(name, &own.value)));
    let others = if missing.is_empty() { String::new() } else { format!("; not in PATH: {}", missing.join(", ")) };
    let says = format!("runs that name none get {}{others}", settings.default_agent.value);
    findings.push(DoctorFinding { name: "agents", ok: None, says });
    findings
}

/// A program that a person's settings make an agent of.
fn of_a_person(name: &str, own: &settings::AgentSettings) -> Option<DoctorFinding> {
    let wanted = own.command.as_ref()?.first()?;
    let (ok, says) = match supervisor::in_path(wanted, None) {
        Some(program) => (Some(true), format!("{name} at {}; whose account it uses is not known", program.display())),
        None => (None, format!("{name}: there is no program {wanted}")),
    };
    Some(DoctorFinding { name: "agent", ok, says })
}

struct AgentLook<'a> {
    settings: &'a Settings,
    /// Variables whose keys a gateway has already.
    gateway_has: Vec<String>,
}

/// Who pays for an agent's calls.
#[derive(Debug, PartialEq, Eq)]
enum Payer {
    Known(String),
    Nobody,
    Unknown,
}

impl AgentLook<'_> {
    fn own(&self, agent: &str) -> settings::AgentSettings {
        self.settings.agents.get(agent).map(|own| own.value.clone()).unwrap_or_default()
    }

    fn at(&self, agent: &Agent, own: &settings::AgentSettings, program: &Path) -> DoctorFinding {
        let env: Vec<(String, String)> = own.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let version = supervisor::Versions::default().of(program, &env);
        let minimum = own.minimum.as_deref().or(agent.minimum);
        let old = version.as_deref().zip(minimum).filter(|(version, minimum)| supervisor::is_older(version, minimum));
        let old = old.map_or_else(String::new, |(_, minimum)| format!(", older than {minimum}, which is needed"));
        let says_version = version.as_deref().unwrap_or("of a version that it does not say");
        let payer = self.payer(agent, own);
        let ok = (payer != Payer::Nobody && old.is_empty()).then_some(true);
        let pays = match payer {
            Payer::Known(pays) => pays,
            Payer::Unknown => "whose account it uses is not known here".to_owned(),
            Payer::Nobody => match agent.log_in() {
                Some(how) => format!("neither login nor key: {how}"),
                None => "neither login nor key".to_owned(),
            },
        };
        let says = format!("{} {says_version}{old} at {}; {pays}", agent.name, program.display());
        DoctorFinding { name: "agent", ok, says }
    }

    fn payer(&self, agent: &Agent, own: &settings::AgentSettings) -> Payer {
        let set = |name: &str| match own.env.get(name) {
            Some(value) => !value.is_empty(),
            None => std::env::var_os(name).is_some_and(|value| !value.is_empty()),
        };
        if let Some(pays) = self.by_gateway(agent, own) {
            return Payer::Known(pays);
        }
        let Some(account) = agents::account(agent.name) else { return Payer::Unknown };
        if let Some(name) = account.keys.iter().find(|name| set(name)) {
            return Payer::Known(format!("the key in {name} pays, also where it is logged in"));
        }
        if let Some(name) = account.tokens.iter().find(|name| set(name)) {
            return Payer::Known(format!("the login in {name} pays"));
        }
        match account.files.iter().find_map(|file| of_file(file, &set_to)) {
            Some(pays) => Payer::Known(pays),
            None if account.hides => Payer::Unknown,
            None => Payer::Nobody,
        }
    }

    /// The key that the gateway puts in place of whatever the agent has, as the daemon decides it.
    fn by_gateway(&self, agent: &Agent, own: &settings::AgentSettings) -> Option<String> {
        let stands_between = own.gateway.unwrap_or(agent.takes_keys) && agent.told != GatewayHint::Never;
        let keys: Vec<String> = agent
            .doors
            .iter()
            .filter(|_| stands_between)
            .filter(|door| {
                let named =
                    door.urls.iter().map(|(name, _)| *name).chain(door.keys.iter().chain(door.instead_of).copied());
                own.gateway == Some(true) || !named.into_iter().any(|name| own.env.contains_key(name))
            })
            .filter_map(|door| Some(format!("{} ({})", door.provider, self.key_of(door.provider)?)))
            .collect();
        (!keys.is_empty())
            .then(|| format!("through the gateway; the key of {} pays, also where it is logged in", keys.join(" or ")))
    }

    fn key_of(&self, provider: &str) -> Option<String> {
        match self.settings.providers.get(provider)?.value.key.as_ref()? {
            Key::Env(name) => {
                let here = std::env::var_os(name).is_some_and(|value| !value.is_empty());
                (here || self.gateway_has.contains(name)).then(|| name.clone())
            }
            Key::File(path) => Some(path.clone()),
            Key::Command(words) => Some(format!("`{}`", words.join(" "))),
        }
    }
}

fn set_to(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Words whose account a login file pays with; `None` where the file is not there or holds no login.
fn of_file(file: &LoginFile, set_to: &dyn Fn(&str) -> Option<PathBuf>) -> Option<String> {
    let path = match (file.path.strip_prefix("~/"), file.path.strip_prefix('$')) {
        (Some(rest), _) => set_to("HOME")?.join(rest),
        (_, Some(rest)) => {
            let (name, rest) = rest.split_once('/')?;
            set_to(name)?.join(rest)
        }
        _ => PathBuf::from(file.path),
    };
    if !path.is_file() {
        return None;
    }
    let shown = path.display();
    if file.login.is_empty() {
        return Some(format!("logged in ({shown}), so its login pays"));
    }
    let text = evidence::read_linked_text(&path, LARGEST_FILE).ok()?;
    let fields: Value = serde_json::from_str(&text).ok()?;
    let has = |names: &[&str]| names.iter().any(|name| fields.get(name).is_some_and(|value| !value.is_null()));
    if has(file.login) {
        return Some(format!("logged in ({shown}), so its login pays"));
    }
    has(file.key).then(|| format!("the key in {shown} pays"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_told_from_a_key() {
        let home = tempfile::tempdir().expect("a folder");
        let there = home.path().to_owned();
        let set_to = move |name: &str| (name == "HOME").then(|| there.clone());
        let account = agents::account("codex").expect("known");
        let told = || account.files.iter().find_map(|file| of_file(file, &set_to));
        assert_eq!(told(), None);
        std::fs::create_dir(home.path().join(".codex")).expect("a folder");
        for (text, expected) in [
            (r#"{"OPENAI_API_KEY": null, "tokens": {"id_token": "x"}}"#, "so its login pays"),
            (r#"{"OPENAI_API_KEY": "sk-x", "tokens": null}"#, "auth.json pays"),
        ] {
            std::fs::write(home.path().join(".codex/auth.json"), text).expect("written");
            let told = told().expect("something");
            assert!(told.ends_with(expected) && !told.contains("sk-x"), "{told}");
        }
        std::fs::write(home.path().join(".codex/auth.json"), "{}").expect("written");
        assert_eq!(told(), None);
    }
}
