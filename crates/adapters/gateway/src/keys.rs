//! The real keys: fetched when they are first needed, kept in this process's memory only, never told.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use domain::key_values::KeyValues;
use serde::{Deserialize, Serialize};

use crate::pass::Pass;

/// The time for a command that returns a key; one that asks a person for a password may take so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where a provider's key comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// The agent has a login or key of its own, which is passed on as it is.
    Own,
    /// A variable of the environment that pilothouse's daemon was started in.
    Env(String),
    /// A variable of whoever asked for the run.
    OfRun {
        run: String,
        variable: String,
    },
    File(PathBuf),
    /// A program and its arguments; its standard output is the key.
    Command(Vec<String>),
}

impl KeySource {
    /// Returns the source that addresses are bound to: whoever sets a variable, it goes where the settings send that variable.
    pub(crate) fn bound(&self) -> Self {
        match self {
            Self::OfRun { variable, .. } => Self::Env(variable.clone()),
            source => source.clone(),
        }
    }
}

/// The keys that a daemon was given, which it hands to its gateway and keeps in memory only.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GivenKeys {
    /// Variables of the environment that the daemon was started in.
    pub env: KeyValues,
    /// Variables of those who asked for runs, by the run's id.
    pub of_runs: BTreeMap<String, KeyValues>,
}

impl GivenKeys {
    /// Returns the value of a variable; `None` where it was not given, and for sources that are none.
    pub fn value(&self, source: &KeySource) -> Option<&str> {
        let (values, name) = match source {
            KeySource::Env(name) => (&self.env, name),
            KeySource::OfRun { run, variable } => (self.of_runs.get(run)?, variable),
            KeySource::Own | KeySource::File(_) | KeySource::Command(_) => return None,
        };
        values.0.get(name).map(String::as_str)
    }

    /// Returns the value of a variable, that of the daemon's own environment where the run's is not known any more.
    pub(crate) fn value_as_given(&self, source: &KeySource) -> Option<&str> {
        self.value(source).or_else(|| self.value(&source.bound()))
    }

    /// Adds variables of a run; those that the run has and that are not named stay.
    pub(crate) fn add(&mut self, run: &str, values: KeyValues) {
        self.of_runs.entry(run.to_owned()).or_default().0.extend(values.0);
    }

    /// Takes the daemon's own variables for those of a run whose pass was sealed with the same values.
    pub(crate) fn prove(&mut self, sealed: &Pass) {
        for route in sealed.routes.values() {
            if let KeySource::OfRun { run, variable } = &route.key
                && let Some(value) = self.value_as_given(&route.key).map(str::to_owned)
            {
                self.of_runs.entry(run.clone()).or_default().0.insert(variable.clone(), value);
            }
        }
    }

    /// Returns the names of the variables that were given, by run.
    pub(crate) fn names_of_runs(&self) -> BTreeMap<String, Vec<String>> {
        self.of_runs.iter().map(|(run, values)| (run.clone(), values.0.keys().cloned().collect())).collect()
    }
}

/// A key, which no debug output shows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretKey(pub(crate) String);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

#[derive(Debug)]
pub(crate) struct KeyStore {
    given: RwLock<GivenKeys>,
    fetched: Mutex<BTreeMap<KeySource, SecretKey>>,
    /// A program that asks a person is started once for all who wait for it; who needs another key does not wait for it.
    fetching: Mutex<BTreeMap<KeySource, Arc<tokio::sync::Mutex<()>>>>,
}

impl KeyStore {
    pub(crate) fn new(given: GivenKeys) -> Self {
        Self { given: RwLock::new(given), fetched: Mutex::default(), fetching: Mutex::default() }
    }

    pub(crate) fn given(&self) -> RwLockReadGuard<'_, GivenKeys> {
        self.given.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces all variables of these runs.
    pub(crate) fn replace(&self, of_runs: BTreeMap<String, KeyValues>) {
        let _fetched = self.forget_fetched(&of_runs);
        self.given.write().unwrap_or_else(PoisonError::into_inner).of_runs.extend(of_runs);
    }

    /// Forgets the keys of these runs that were fetched. While the result is held, none is fetched from what is replaced.
    fn forget_fetched(&self, of_runs: &BTreeMap<String, KeyValues>) -> MutexGuard<'_, BTreeMap<KeySource, SecretKey>> {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.retain(|source, _| !matches!(source, KeySource::OfRun { run, .. } if of_runs.contains_key(run)));
        fetched
    }

    /// Adds variables of these runs; those that a run has and that are not named stay.
    pub(crate) fn add(&self, of_runs: BTreeMap<String, KeyValues>) {
        let _fetched = self.forget_fetched(&of_runs);
        let mut given = self.given.write().unwrap_or_else(PoisonError::into_inner);
        for (run, values) in of_runs {
            given.add(&run, values);
        }
    }

    /// Returns the key; `None` where the agent's own counts.
    ///
    /// # Errors
    /// Why there is none, without a word of what was read.
    pub(crate) async fn get(&self, source: &KeySource) -> Result<Option<SecretKey>, String> {
        let known = || self.fetched.lock().unwrap_or_else(PoisonError::into_inner).get(source).cloned();
        if let Some(key) = known() {
            return Ok(Some(key));
        }
        // What is in memory is waited for by nobody.
        let slow = matches!(source, KeySource::File(_) | KeySource::Command(_)).then(|| self.fetching(source));
        let _one_at_a_time = match &slow {
            Some(fetching) => Some(fetching.lock().await),
            None => None,
        };
        if let Some(key) = known() {
            return Ok(Some(key));
        }
        let text =
            match source {
                KeySource::Own => return Ok(None),
                KeySource::Env(name) => self.given().value(source).map(str::to_owned).ok_or_else(|| {
                    format!("{name} is not in the environment that pilothouse's daemon was started in")
                })?,
                KeySource::OfRun { variable, .. } => {
                    self.given().value(source).map(str::to_owned).ok_or_else(|| unknown_key(variable))?
                }
                // It may be a pipe of a program that asks a person.
                KeySource::File(path) => tokio::time::timeout(PATIENCE, tokio::fs::read_to_string(path))
                    .await
                    .map_err(|_| format!("{} gave no key within {} s", path.display(), PATIENCE.as_secs()))?
                    .map_err(|e| format!("{} can't be read: {e}", path.display()))?,
                KeySource::Command(words) => said(words).await?,
            };
        // Some programs print more below it.
        let key = text.lines().next().unwrap_or_default().trim();
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(format!("{} gives no key", described(source)));
        }
        let key = SecretKey(key.to_owned());
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner).insert(source.clone(), key.clone());
        Ok(Some(key))
    }

    fn fetching(&self, source: &KeySource) -> Arc<tokio::sync::Mutex<()>> {
        let mut fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(fetching.entry(source.clone()).or_default())
    }

    /// Fetches the key anew after the provider refused `old`; `None` when it is still the same.
    pub(crate) async fn renewed(&self, source: &KeySource, old: &SecretKey) -> Option<SecretKey> {
        {
            let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
            // Another call may have fetched it anew already.
            if fetched.get(source) == Some(old) {
                fetched.remove(source);
            }
        }
        self.get(source).await.ok().flatten().filter(|new| new != old)
    }
}

/// A text of somebody else's without the key, which some repeat when they refuse it.
pub(crate) fn without(key: Option<&SecretKey>, text: &str) -> String {
    key.map_or_else(|| text.to_owned(), |key| text.replace(&key.0, "…"))
}

/// Why a variable of whoever asked for a run has no value, with what helps.
pub fn unknown_key(variable: &str) -> String {
    format!(
        "{variable} was not set where this run was asked for, or whoever had its value in memory is gone; \
         `pilothouse retry` where it is set"
    )
}

/// Words where a key comes from.
fn described(source: &KeySource) -> String {
    match source {
        KeySource::Own => "the agent's own login".to_owned(),
        KeySource::Env(name) | KeySource::OfRun { variable: name, .. } => name.clone(),
        KeySource::File(path) => path.display().to_string(),
        KeySource::Command(words) => format!("`{}`", words.join(" ")),
    }
}

async fn said(words: &[String]) -> Result<String, String> {
    let named = format!("`{}`", words.join(" "));
    let [program, args @ ..] = words else { return Err("key_command is empty".to_owned()) };
    let mut command = tokio::process::Command::new(program);
    command.args(args).stdin(Stdio::null()).stderr(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let ended = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = match ended {
        Err(_) => return Err(format!("{named} gave no key within {} s", PATIENCE.as_secs())),
        Ok(Err(e)) => return Err(format!("{named} could not be started: {e}")),
        Ok(Ok(output)) => output,
    };
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        let first: String = error.lines().next().unwrap_or_default().chars().take(200).collect();
        return Err(format!("{named} ended with {}: {first}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{named} gives no text"))
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::future::{Either, select};

    use super::*;

    #[tokio::test]
    async fn a_slow_key_holds_up_no_other() {
        let key = || KeyValues([("A_KEY".to_owned(), "sk-1".to_owned())].into());
        let keys = KeyStore::new(GivenKeys { env: key(), of_runs: [("abc123".to_owned(), key())].into() });
        let slow = KeySource::Command(["sleep", "5"].map(str::to_owned).into());
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "sk-1").expect("written");
        let of_run = KeySource::OfRun { run: "abc123".to_owned(), variable: "A_KEY".to_owned() };
        for quick in [KeySource::Env("A_KEY".to_owned()), of_run, KeySource::File(file.path().to_owned())] {
            let (first, second) = (pin!(keys.get(&slow)), pin!(keys.get(&quick)));
            let Either::Right((key, _)) = select(first, second).await else { panic!("{quick:?} waits for {slow:?}") };
            assert_eq!(key, Ok(Some(SecretKey("sk-1".to_owned()))));
        }
    }
}
