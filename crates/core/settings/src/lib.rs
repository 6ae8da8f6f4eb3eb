//! Settings in layers: built in, the user's file, the repository's file; each value knows where it came from.

mod layer;

use std::path::{Path, PathBuf};

use layer::Layer;

/// The built-in layer, which sets every key.
const DEFAULTS: &str = include_str!("defaults.toml");

/// What is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Template of a worktree's path.
    pub worktrees: Value<String>,
    pub agent: Value<String>,
    /// How many runs may be at work at once.
    pub running: Value<u32>,
    /// The ref that runs start from; `None`: the branch the repository is on.
    pub base: Option<Value<String>>,
}

/// A value and the file that set it; `None` for the built-in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value<T> {
    pub value: T,
    pub origin: Option<PathBuf>,
}

/// A settings file with a mistake.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    #[error("{file}: {why}")]
    Parse { file: String, why: String },
    #[error("{file}: {key} = {found}: {expected}")]
    Value { file: String, key: &'static str, found: String, expected: &'static str },
}

impl Settings {
    /// Lays `layers` (each a file's path and text, the weakest first) over the built-in settings.
    ///
    /// # Errors
    /// Names the file and line of the first unknown key or unfitting value.
    pub fn from_layers(layers: &[(PathBuf, String)]) -> Result<Self, SettingsError> {
        let defaults = Layer::read("defaults.toml", DEFAULTS)?;
        let missing = |key| SettingsError::Value {
            file: "defaults.toml".to_owned(),
            key,
            found: "nothing".to_owned(),
            expected: "every key has a default",
        };
        let mut settings = Self {
            worktrees: Value::built_in(defaults.worktrees.ok_or_else(|| missing("worktrees"))?),
            agent: Value::built_in(defaults.agent.ok_or_else(|| missing("agent"))?),
            running: Value::built_in(defaults.limits.running.ok_or_else(|| missing("limits.running"))?),
            base: None,
        };
        for (path, text) in layers {
            let file = path.display().to_string();
            let layer = Layer::read(&file, text)?;
            layer.check(&file)?;
            settings.lay(path, layer);
        }
        Ok(settings)
    }

    fn lay(&mut self, path: &Path, layer: Layer) {
        fn set<T>(slot: &mut Value<T>, path: &Path, value: Option<T>) {
            if let Some(value) = value {
                *slot = Value { value, origin: Some(path.to_owned()) };
            }
        }
        set(&mut self.worktrees, path, layer.worktrees);
        set(&mut self.agent, path, layer.agent);
        set(&mut self.running, path, layer.limits.running);
        if let Some(value) = layer.base {
            self.base = Some(Value { value, origin: Some(path.to_owned()) });
        }
    }

    /// Where the worktree of the run `name` goes: absolute, without `..`.
    pub fn worktree_path(&self, main: &Path, repo: &str, name: &str) -> PathBuf {
        let filled = self.worktrees.value.replace("{repo}", repo).replace("{name}", name);
        let mut path = PathBuf::new();
        for part in main.join(filled).components() {
            match part {
                std::path::Component::ParentDir => drop(path.pop()),
                std::path::Component::CurDir => {}
                other => path.push(other),
            }
        }
        path
    }
}

impl<T> Value<T> {
    fn built_in(value: T) -> Self {
        Self { value, origin: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> (PathBuf, String) {
        (PathBuf::from(name), text.to_owned())
    }

    #[test]
    fn a_later_layer_wins_and_is_named() {
        let layers =
            [file("/u/config.toml", "agent = \"a\"\nbase = \"main\""), file("/r/pilothouse.toml", "agent = \"b\"")];
        let settings = Settings::from_layers(&layers).expect("good files");
        assert_eq!(settings.agent, Value { value: "b".to_owned(), origin: Some("/r/pilothouse.toml".into()) });
        assert_eq!(settings.base.expect("set").origin, Some("/u/config.toml".into()));
        assert_eq!(settings.running, Value { value: 16, origin: None });
    }

    #[test]
    fn mistakes_are_named_with_file_and_line() {
        for (text, words) in [
            ("# one\nagents = \"x\"", ["line 2", "agents"]),
            ("agent = 3", ["line 1", "string"]),
            ("[limits]\nrunning = 0", ["limits.running", "at least 1"]),
            ("worktrees = \"/tmp/x\"", ["worktrees", "{name}"]),
        ] {
            let error = Settings::from_layers(&[file("/r/pilothouse.toml", text)]).expect_err(text).to_string();
            assert!(error.starts_with("/r/pilothouse.toml: "), "{error}");
            for word in words {
                assert!(error.contains(word), "{word} is not in: {error}");
            }
        }
    }

    #[test]
    fn a_template_becomes_an_absolute_path() {
        let settings = Settings::from_layers(&[]).expect("defaults");
        assert_eq!(
            settings.worktree_path(Path::new("/home/me/shop"), "shop", "fix"),
            Path::new("/home/me/shop.worktrees/fix")
        );
    }
}
