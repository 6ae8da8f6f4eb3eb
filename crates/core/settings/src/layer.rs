//! One settings file as read, before it is laid over the others.

use serde::Deserialize;

use crate::SettingsError;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Layer {
    pub(crate) worktrees: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) base: Option<String>,
    pub(crate) limits: Limits,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) running: Option<u32>,
}

impl Layer {
    pub(crate) fn read(file: &str, text: &str) -> Result<Self, SettingsError> {
        toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            SettingsError::Parse { file: file.to_owned(), why: format!("line {line}: {}", e.message()) }
        })
    }

    pub(crate) fn check(&self, file: &str) -> Result<(), SettingsError> {
        let wrong =
            |key, found: String, expected| Err(SettingsError::Value { file: file.to_owned(), key, found, expected });
        if self.limits.running == Some(0) {
            return wrong("limits.running", "0".to_owned(), "at least 1 run must be able to work");
        }
        match &self.worktrees {
            Some(template) if !template.contains("{name}") => {
                wrong("worktrees", template.clone(), "the path must hold {name}, so that each run has its own")
            }
            _ => Ok(()),
        }
    }
}
