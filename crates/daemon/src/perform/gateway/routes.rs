//! The providers that an agent asks through the gateway: at which address, and with whose key.

use agents::{Door, GatewayHint};
use domain::command::NewRun;
use gateway::{KeySource, Route};
use settings::Settings;

use super::doors::{doors, told};
use super::keys_of_run::KeysOfRun;
use super::side::GatewaySide;
use crate::known::KnownAgent;
use crate::places::DaemonPlaces;

/// Returns the providers that an agent asks through the gateway, and with whose key.
pub(super) fn routes(
    places: &DaemonPlaces,
    side: &GatewaySide,
    spec: &NewRun,
    settings: &Settings,
    agent: &KnownAgent,
    own: &settings::AgentSettings,
) -> Vec<(String, Route)> {
    let takes_keys = matches!(agent, KnownAgent::BuiltIn(agent) if agent.takes_keys);
    if own.gateway == Some(false) || own.gateway.is_none() && !takes_keys || told(agent) == GatewayHint::Never {
        return Vec::new();
    }
    let asked = own.gateway == Some(true);
    let named = |names: Vec<&str>| names.into_iter().find_map(|name| set(own, name));
    let route = |door: &Door| {
        let provider = settings.providers.get(door.provider)?;
        let provider = &provider.value;
        let named_by_person = provider.key_named;
        // What a person set up for this agent is theirs, unless they ask for the gateway too.
        let url = named(door.urls.iter().map(|(name, _)| *name).collect());
        let key = named(door.keys.iter().chain(door.instead_of).copied().collect());
        if !asked && (url.is_some() || key.is_some()) {
            return None;
        }
        let source = match key {
            Some(_) => KeySource::Own,
            // What a person named themselves and is not there is said by the gateway, and not passed over.
            None => {
                let keys = KeysOfRun { places, side, spec };
                provider.key.as_ref().and_then(|key| keys.source(key, named_by_person)).unwrap_or(KeySource::Own)
            }
        };
        if source == KeySource::Own && !asked {
            return None;
        }
        Some((
            door.provider.to_owned(),
            Route { upstream: url.unwrap_or_else(|| provider.upstream.clone()), key: source },
        ))
    };
    doors(agent).iter().filter_map(route).collect()
}

/// Returns the value of a variable, as set for this agent or in the environment; an empty one counts as none.
pub(super) fn set(own: &settings::AgentSettings, name: &str) -> Option<String> {
    own.env.get(name).cloned().or_else(|| std::env::var(name).ok()).filter(|value| !value.is_empty())
}
