//! Who pays for what an agent asks its models: a key, by the place that it comes from, or the agent's own login.

use gateway::{KeySource, Route};
use settings::{Key, Settings};

use super::doors::{asks_models, doors};
use super::keys_of_run::KeysOfRun;
use super::routes::set;
use crate::known::KnownAgent;
use crate::perform::job::StartWith;

const LOGIN: &str = "its own login";

/// Words who pays for an agent that asks its providers through the gateway.
pub(super) fn of_routes(agent: &KnownAgent, own: &settings::AgentSettings, routes: &[(String, Route)]) -> String {
    let paid: Vec<(&str, String)> = routes
        .iter()
        .map(|(provider, route)| {
            let by = match &route.key {
                KeySource::Env(name) | KeySource::OfRun { variable: name, .. } => format!("the key in {name}"),
                KeySource::File(path) => format!("the key in {}", path.display()),
                KeySource::Command(words) => format!("the key that {} gives", words.first().map_or("", String::as_str)),
                KeySource::Own => own_key(agent, own, provider).unwrap_or_else(|| LOGIN.to_owned()),
            };
            (provider.as_str(), by)
        })
        .collect();
    match paid.as_slice() {
        [(_, by)] => by.clone(),
        many => many.iter().map(|(provider, by)| format!("{provider}: {by}")).collect::<Vec<_>>().join(", "),
    }
}

/// Words who pays for an agent that asks its providers itself. Which of a key and a login an agent prefers is known
/// only of those that take keys that they find; `None` is not known, or nothing is asked.
pub(super) fn beside(
    keys: &KeysOfRun<'_>,
    settings: &Settings,
    agent: &KnownAgent,
    own: &settings::AgentSettings,
    with: &StartWith,
) -> Option<String> {
    let KnownAgent::BuiltIn(known) = agent else { return None };
    if !known.takes_keys || !asks_models(agent, with, own) {
        return None;
    }
    let found = |provider: &str| match &settings.providers.get(provider)?.value.key {
        Some(Key::Env(name)) => keys.value(name).map(|_| format!("the key in {name}")),
        _ => None,
    };
    let providers: Vec<&str> = match with.model.as_deref().and_then(agents::provider_of) {
        Some(of) => vec![of],
        None => doors(agent).iter().map(|door| door.provider).collect(),
    };
    let [provider] = providers.as_slice() else { return None };
    Some(own_key(agent, own, provider).or_else(|| found(provider)).unwrap_or_else(|| LOGIN.to_owned()))
}

/// Words a key that is set for the agent itself, or in the environment under a name that it reads.
fn own_key(agent: &KnownAgent, own: &settings::AgentSettings, provider: &str) -> Option<String> {
    let door = doors(agent).iter().find(|door| door.provider == provider)?;
    let name = door.keys.iter().chain(door.instead_of).find(|name| set(own, name).is_some())?;
    Some(format!("the key in {name}"))
}
