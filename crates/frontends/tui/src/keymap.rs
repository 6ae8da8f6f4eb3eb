//! The keys of `keymap.toml`, read once at the start.

use std::collections::BTreeMap;

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::commands::{self, Command};

const DEFAULT: &str = include_str!("keymap.toml");

/// Key to command, for the runs screen.
#[derive(Debug, Clone)]
pub(crate) struct Keymap {
    keys: Vec<(KeyCombination, &'static Command)>,
}

#[derive(serde::Deserialize)]
struct File {
    runs: BTreeMap<String, String>,
}

impl Keymap {
    /// The built-in keys; a test holds that every one of them is good.
    pub(crate) fn built_in() -> Self {
        Self::read(DEFAULT).expect("the built-in keymap is tested")
    }

    fn read(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        let mut keys: Vec<(KeyCombination, &'static Command)> = Vec::new();
        for (key, name) in file.runs {
            // A capital is the letter with shift; the parser does not tell them apart.
            let capital = key.len() == 1 && key.bytes().all(|b| b.is_ascii_uppercase());
            let spelt = if capital { format!("shift-{}", key.to_lowercase()) } else { key.clone() };
            let combination = crokey::parse(&spelt).map_err(|e| format!("{key:?} is no key: {e}"))?;
            let combination = combination.normalized();
            let command = commands::find(&name).ok_or_else(|| format!("{key:?}: there is no command {name:?}"))?;
            if keys.iter().any(|(known, _)| *known == combination) {
                return Err(format!("{key:?} stands twice"));
            }
            keys.push((combination, command));
        }
        Ok(Self { keys })
    }

    pub(crate) fn command(&self, key: KeyEvent) -> Option<&'static Command> {
        // Terminals tell of a capital with or without shift; it is the same key.
        let shifted = matches!(key.code, KeyCode::Char(c) if !c.is_ascii_alphabetic());
        let key = if shifted { KeyEvent { modifiers: key.modifiers - KeyModifiers::SHIFT, ..key } } else { key };
        let pressed = KeyCombination::from(key).normalized();
        self.keys.iter().find(|(known, _)| *known == pressed).map(|(_, command)| *command)
    }

    /// The keys of a command as a person reads them, the shortest first.
    pub(crate) fn keys_of(&self, name: &str) -> Vec<String> {
        let format = crokey::KeyCombinationFormat::default();
        let mut keys: Vec<String> = self
            .keys
            .iter()
            .filter(|(_, c)| c.name == name)
            .map(|(key, _)| readable(&format.to_string(*key)))
            .collect();
        keys.sort_by_key(|key| (key.chars().count(), key.clone()));
        keys
    }
}

fn readable(key: &str) -> String {
    match key.strip_prefix("Shift-") {
        Some(letter) if letter.len() == 1 => letter.to_uppercase(),
        _ if key.len() == 1 => key.to_owned(),
        _ => key.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_keymap_is_sound_and_reaches_every_command() {
        let keymap = Keymap::read(DEFAULT).unwrap_or_else(|e| panic!("{e}"));
        for command in commands::ALL {
            assert!(!keymap.keys_of(command.name).is_empty(), "no key reaches {}", command.name);
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, word) in [
            ("[runs]\n\"j\" = \"fly\"", "fly"),
            ("[runs]\n\"hyper-q\" = \"next\"", "hyper-q"),
            ("[runs]\n\"shift-g\" = \"next\"\n\"G\" = \"last\"", "twice"),
        ] {
            let error = Keymap::read(text).expect_err(text);
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_capital_and_a_sign_are_found_however_the_terminal_tells_of_them() {
        let keymap = Keymap::built_in();
        let name = |code, modifiers| keymap.command(KeyEvent::new(code, modifiers)).map(|c| c.name);
        assert_eq!(name(KeyCode::Char('G'), KeyModifiers::SHIFT), Some("last"));
        assert_eq!(name(KeyCode::Char('G'), KeyModifiers::NONE), Some("last"));
        assert_eq!(name(KeyCode::Char('g'), KeyModifiers::NONE), Some("first"));
        assert_eq!(name(KeyCode::Char('?'), KeyModifiers::SHIFT), Some("help"));
        assert_eq!(name(KeyCode::Char('?'), KeyModifiers::NONE), Some("help"));
        assert_eq!(name(KeyCode::Char('N'), KeyModifiers::NONE), Some("deny"));
        assert_eq!(name(KeyCode::Char('c'), KeyModifiers::CONTROL), Some("leave"));
    }
}
