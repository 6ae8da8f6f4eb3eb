//! Providers of models: where they are, and where their keys come from.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::Value;

/// A provider as it is in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provider {
    /// The base URL, as the provider's own tools have it.
    pub upstream: String,
    pub key: Option<Key>,
    /// A person's file names the key.
    pub key_named: bool,
}

/// Where a key comes from; it stands in no settings itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A variable of the environment of whoever asks for a run.
    Env(String),
    File(String),
    /// A program and its arguments, which print it.
    Command(Vec<String>),
}

/// A provider as a file has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ProviderTable {
    upstream: Option<Spanned<String>>,
    key_env: Option<String>,
    key_file: Option<String>,
    key_command: Option<Vec<String>>,
}

impl ProviderTable {
    fn key(&self) -> Option<Key> {
        let env = self.key_env.clone().map(Key::Env);
        let file = self.key_file.clone().map(Key::File);
        env.or(file).or_else(|| self.key_command.clone().map(Key::Command))
    }

    /// Where it says something that can't be, with what was expected.
    pub(crate) fn mistake(&self, name: &str) -> Option<(usize, String, String, &'static str)> {
        if let Some(url) = self.upstream.as_ref().filter(|url| !is_url(url.get_ref())) {
            let (at, found) = (url.span().start, format!("{:?}", url.get_ref()));
            return Some((at, format!("provider.{name}.upstream"), found, "a URL like \"https://api.example.com/v1\""));
        }
        let keys = [self.key_env.is_some(), self.key_file.is_some(), self.key_command.is_some()];
        let empty = self.key_command.as_ref().is_some_and(Vec::is_empty) || self.key_env.as_deref() == Some("");
        let many = keys.iter().filter(|said| **said).count() > 1;
        (many || empty).then(|| {
            let expected =
                "one of key_env = \"NAME\", key_file = \"/path\" and key_command = [\"PROGRAM\", \"ARGUMENT\"]";
            (0, format!("provider.{name}"), "its key".to_owned(), expected)
        })
    }
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['?', '#', ' ']))
}

/// Lays what a file says of providers over what is in force.
pub(crate) fn lay(
    providers: &mut BTreeMap<String, Value<Provider>>,
    said: BTreeMap<String, ProviderTable>,
    origin: Option<&std::path::Path>,
) {
    for (name, said) in said {
        let known = providers.entry(name).or_insert_with(|| Value { value: Provider::default(), origin: None });
        known.origin = origin.map(std::path::Path::to_owned);
        if let Some(key) = said.key() {
            known.value.key = Some(key);
            known.value.key_named = origin.is_some();
        }
        if let Some(upstream) = said.upstream {
            known.value.upstream = upstream.into_inner();
        }
    }
}
