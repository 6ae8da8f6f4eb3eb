//! Where keys may go. A key of the environment is bound to the addresses that the settings named when the daemon took it up:
//! who changes the settings file afterwards, as an agent without a sandbox could, moves no key.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use gateway::{KeySource, Route};
use settings::{Key, Settings};

use crate::known::known;
use crate::settings_of;

/// The addresses that each key may go to.
#[derive(Debug)]
pub(super) struct Bindings {
    /// Addresses of keys of the environment, for as long as this daemon lives.
    fixed: BTreeSet<Route>,
    /// Addresses of other keys, as attempts were started with them; what the settings say by now counts too.
    opened: Mutex<BTreeSet<Route>>,
}

impl Bindings {
    pub(super) fn new(settings: &Settings) -> Self {
        let of_environment = |route: &Route| matches!(route.key, KeySource::Env(_));
        Self { fixed: named(settings).into_iter().filter(of_environment).collect(), opened: Mutex::default() }
    }

    /// Returns the variables that keys come from.
    pub(super) fn variables(&self) -> Vec<String> {
        let variable = |route: &Route| match &route.key {
            KeySource::Env(name) => Some(name.clone()),
            _ => None,
        };
        self.fixed.iter().filter_map(variable).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Takes up the routes that an attempt needs.
    ///
    /// # Errors
    /// Names the variable whose value would go elsewhere than when the daemon was started.
    pub(super) fn open(&self, needs: &[Route]) -> Result<(), String> {
        for route in needs {
            match &route.key {
                KeySource::Env(name) | KeySource::OfRun { variable: name, .. }
                    if !self.fixed.contains(&route.bound()) =>
                {
                    return Err(format!(
                        "the settings send {name} to {} by now, which they did not when pilothouse's daemon was started; \
                         if you want that, `pilothouse daemon stop` and try again",
                        route.upstream
                    ));
                }
                KeySource::Env(_) | KeySource::OfRun { .. } | KeySource::Own => {}
                KeySource::File(_) | KeySource::Command(_) => {
                    self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(route.clone());
                }
            }
        }
        Ok(())
    }

    /// Returns all bindings, with what the settings say by now.
    pub(super) fn all(&self, config: &Path) -> Vec<Route> {
        let now = settings_of::user_settings(config).map(|settings| named(&settings)).unwrap_or_default();
        let now = now.into_iter().filter(|route| !matches!(route.key, KeySource::Env(_)));
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let all: BTreeSet<Route> = self.fixed.iter().cloned().chain(opened.iter().cloned()).chain(now).collect();
        all.into_iter().collect()
    }
}

/// Returns each key of the settings with each address that they send it to: its provider's, and that of an agent which
/// asks its provider elsewhere, through the gateway all the same.
fn named(settings: &Settings) -> Vec<Route> {
    let mut addresses: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (name, provider) in &settings.providers {
        addresses.entry(name).or_default().insert(provider.value.upstream.clone());
    }
    for (name, own) in settings.agents.iter().filter(|(_, own)| own.value.gateway == Some(true)) {
        let Some(agent) = known(settings, name) else { continue };
        for door in super::doors::doors(&agent) {
            let set = door.urls.iter().filter_map(|(url, _)| super::routes::set(&own.value, url));
            addresses.entry(door.provider).or_default().extend(set);
        }
    }
    let routes = addresses.into_iter().filter_map(|(name, addresses)| {
        let key = source(settings.providers.get(name)?.value.key.as_ref()?);
        Some(addresses.into_iter().map(move |upstream| Route { upstream, key: key.clone() }))
    });
    routes.flatten().collect()
}

fn source(key: &Key) -> KeySource {
    match key {
        Key::Env(name) => KeySource::Env(name.clone()),
        Key::File(path) => KeySource::File(path.into()),
        Key::Command(words) => KeySource::Command(words.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        Settings::from_layers(&[("config.toml".into(), text.to_owned())]).expect("settings")
    }

    #[test]
    fn environment_keys_stay_with_their_upstream() {
        let before = settings("[provider.anthropic]\nupstream = \"https://here.example\"\nkey_env = \"A_KEY\"\n");
        let bindings = Bindings::new(&before);
        let route = |upstream: &str, key| Route { upstream: upstream.to_owned(), key };
        let key = || KeySource::Env("A_KEY".to_owned());
        assert_eq!(bindings.open(&[route("https://here.example", key())]), Ok(()));
        let refused = bindings.open(&[route("https://evil.example", key())]).expect_err("it would move the key");
        assert!(refused.contains("A_KEY to https://evil.example"), "{refused}");
        assert_eq!(bindings.open(&[route("https://evil.example", KeySource::Own)]), Ok(()), "it has no key of ours");
    }

    #[test]
    fn an_agents_own_address_needs_the_gateway() {
        let of = |gateway: bool| {
            let text = format!(
                "[agent.rehearsal]\ngateway = {gateway}\n[agent.rehearsal.env]\nANTHROPIC_BASE_URL = \"https://own.example\"\n"
            );
            named(&settings(&text)).into_iter().any(|route| route.upstream == "https://own.example")
        };
        assert!(of(true) && !of(false));
    }
}
