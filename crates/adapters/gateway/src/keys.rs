//! The real keys: fetched when they are first needed, kept in this process's memory only, never told.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A command that asks a person for a password may take so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where a provider's key comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// The agent has a login or key of its own, which is passed on as it is.
    Own,
    /// A variable of the environment that pilothouse was started in.
    Env(String),
    File(PathBuf),
    /// A program and its arguments; its standard output is the key.
    Command(Vec<String>),
}

/// What the daemon tells a gateway at its start, on standard input.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Given {
    /// Values of the variables that keys come from.
    pub env: BTreeMap<String, String>,
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.env.keys()).finish()
    }
}

/// A key, which no debug output shows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

#[derive(Debug)]
pub(crate) struct Keys {
    given: Given,
    fetched: Mutex<BTreeMap<KeySource, Key>>,
    /// A program that asks a person is started once for all who wait for it.
    fetching: tokio::sync::Mutex<()>,
}

impl Keys {
    pub(crate) fn new(given: Given) -> Self {
        Self { given, fetched: Mutex::default(), fetching: tokio::sync::Mutex::new(()) }
    }

    /// The variables whose values were given.
    pub(crate) fn names(&self) -> Vec<String> {
        self.given.env.keys().cloned().collect()
    }

    /// The key; `None` where the agent's own counts.
    ///
    /// # Errors
    /// Why there is none, without a word of what was read.
    pub(crate) async fn get(&self, source: &KeySource) -> Result<Option<Key>, String> {
        let known = || self.fetched.lock().unwrap_or_else(PoisonError::into_inner).get(source).cloned();
        if let Some(key) = known() {
            return Ok(Some(key));
        }
        let _one_at_a_time = self.fetching.lock().await;
        if let Some(key) = known() {
            return Ok(Some(key));
        }
        let text =
            match source {
                KeySource::Own => return Ok(None),
                KeySource::Env(name) => self.given.env.get(name).cloned().ok_or_else(|| {
                    format!("{name} is not in the environment that pilothouse's daemon was started in")
                })?,
                KeySource::File(path) => tokio::fs::read_to_string(path)
                    .await
                    .map_err(|e| format!("{} can't be read: {e}", path.display()))?,
                KeySource::Command(words) => said(words).await?,
            };
        // Some programs print more below it.
        let key = text.lines().next().unwrap_or_default().trim();
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(format!("{} gives no key", described(source)));
        }
        let key = Key(key.to_owned());
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner).insert(source.clone(), key.clone());
        Ok(Some(key))
    }

    /// The key anew, after the provider refused `old`; `None` when it is still the same.
    pub(crate) async fn renewed(&self, source: &KeySource, old: &Key) -> Option<Key> {
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
pub(crate) fn without(key: Option<&Key>, text: &str) -> String {
    key.map_or_else(|| text.to_owned(), |key| text.replace(&key.0, "…"))
}

/// Where it comes from, in words.
fn described(source: &KeySource) -> String {
    match source {
        KeySource::Own => "the agent's own login".to_owned(),
        KeySource::Env(name) => name.clone(),
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
