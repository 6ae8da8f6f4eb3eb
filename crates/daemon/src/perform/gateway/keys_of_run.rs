//! Whose keys a run's agents get: those of whoever asked for the run, and no others.

use domain::command::NewRun;
use gateway::KeySource;
use settings::Key;

use super::side::GatewaySide;
use crate::places::DaemonPlaces;

/// The keys that one run may use.
pub(super) struct KeysOfRun<'a> {
    pub(super) places: &'a DaemonPlaces,
    pub(super) side: &'a GatewaySide,
    pub(super) spec: &'a NewRun,
}

impl KeysOfRun<'_> {
    /// Returns where a provider's key comes from; `None` for a variable that was not set, unless a person's settings name it.
    pub(super) fn source(&self, key: &Key, named: bool) -> Option<KeySource> {
        Some(match key {
            Key::Env(variable) => return self.variable(variable, named),
            Key::File(path) => KeySource::File(path.into()),
            Key::Command(words) => KeySource::Command(words.clone()),
        })
    }

    /// Returns a variable's value as an agent that asks its provider itself would find it.
    pub(super) fn value(&self, variable: &str) -> Option<String> {
        let source = self.variable(variable, false)?;
        self.side.passes.given().value(&source).map(str::to_owned)
    }

    fn variable(&self, variable: &str, named: bool) -> Option<KeySource> {
        let of_run = KeySource::OfRun { run: self.spec.id.to_string(), variable: variable.to_owned() };
        let of_daemon = || KeySource::Env(variable.to_owned());
        let Some(asked_with) = &self.spec.keys else {
            // A run of an earlier version takes what the daemon has.
            return (named || self.daemon_has(variable)).then(of_daemon);
        };
        if self.is_known(&of_run) {
            return Some(of_run);
        }
        match asked_with.iter().any(|name| name == variable) {
            // Whoever had it in memory is gone. A daemon that was started where it is set goes on with that.
            true if self.daemon_has(variable) => Some(of_daemon()),
            true => Some(of_run),
            // A person who names a variable in their settings means it also where only the daemon has it.
            false if named && self.daemon_has(variable) => Some(of_daemon()),
            false => named.then_some(of_run),
        }
    }

    /// Whether the daemon or its gateway has the value of a run's key.
    fn is_known(&self, source: &KeySource) -> bool {
        let KeySource::OfRun { run, variable } = source else { return false };
        self.side.passes.has_key(source)
            || self.side.passes.ask_gateway().ok().flatten().is_some_and(|told| told.has_key(run, variable))
    }

    fn daemon_has(&self, variable: &str) -> bool {
        // A gateway may have it from a daemon before this one.
        let given = || {
            gateway::serving(&self.places.home)
                .ok()
                .flatten()
                .is_some_and(|known| known.keys.iter().any(|k| k == variable))
        };
        self.places.keys.env.0.contains_key(variable) || given() && gateway::is_serving(&self.places.home)
    }
}
