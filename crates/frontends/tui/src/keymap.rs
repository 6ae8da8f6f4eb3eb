//! The keys of `keymap.toml`, with a person's own file laid over it.

use std::collections::BTreeMap;

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use toml::Spanned;

use crate::commands::{self, KeyCommand};

const BUILT_IN: &str = include_str!("keymap.toml");

/// Where a key is pressed; each has a table of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyPlace {
    Everywhere,
    Runs,
    Details,
    Timeline,
    Output,
    Diff,
    Checks,
    Proof,
    Search,
    Help,
    Confirm,
    Question,
    Choose,
    Prompt,
    Palette,
    Form,
    Attached,
    Ended,
}

impl KeyPlace {
    /// Every place with what `docs/keys.md` and the help call it.
    pub(crate) const ALL: [(Self, &'static str); 18] = [
        (Self::Everywhere, "Everywhere"),
        (Self::Runs, "In the table of runs"),
        (Self::Details, "In the details of a run"),
        (Self::Timeline, "In its timeline"),
        (Self::Output, "In its output"),
        (Self::Diff, "In its diff"),
        (Self::Checks, "In its checks"),
        (Self::Proof, "In its proof"),
        (Self::Search, "While matches are marked"),
        (Self::Help, "In this help"),
        (Self::Confirm, "When asked for a yes"),
        (Self::Question, "In what a run asks"),
        (Self::Choose, "In a list to choose from"),
        (Self::Prompt, "In a line to type"),
        (Self::Palette, "In the palette"),
        (Self::Form, "In the form of a new run"),
        (Self::Attached, "In a run's own terminal"),
        (Self::Ended, "In one that is over"),
    ];
}

/// A file of keys with a mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: line {line}: {why}")]
pub struct KeymapError {
    pub file: String,
    pub line: usize,
    pub why: String,
}

/// The keys in force: the command of each key in each place.
#[derive(Debug, Clone)]
pub struct Keymap {
    keys: Vec<(KeyPlace, KeyCombination, &'static KeyCommand)>,
    /// The keys of each command as they are shown, kept since every frame shows some.
    told: BTreeMap<KeyPlace, Vec<(&'static KeyCommand, Vec<String>)>>,
}

type File = BTreeMap<Spanned<KeyPlace>, BTreeMap<Spanned<String>, Spanned<String>>>;

/// A key of a keymap file: its place, and the command or `None` for `none`.
struct Binding {
    place: KeyPlace,
    key: KeyCombination,
    command: Option<&'static KeyCommand>,
}

impl Keymap {
    /// The built-in keys; a test holds that every one of them is good.
    pub fn built_in() -> Self {
        let bindings = read("keymap.toml", BUILT_IN).expect("the built-in keymap is tested");
        let mut keymap = Self { keys: Vec::new(), told: BTreeMap::new() };
        keymap.lay(&bindings);
        keymap
    }

    /// The built-in keys with a person's own file over them.
    ///
    /// # Errors
    /// Names the file and the line of what is no key, no command, no place, or bound twice.
    pub fn with(file: &str, text: &str) -> Result<Self, KeymapError> {
        let mut keymap = Self::built_in();
        keymap.lay(&read(file, text)?);
        Ok(keymap)
    }

    fn lay(&mut self, bindings: &[Binding]) {
        let said = |place: &KeyPlace, key: &KeyCombination| bindings.iter().any(|b| (b.place, b.key) == (*place, *key));
        self.keys.retain(|(place, key, _)| !said(place, key));
        // What a person chose is what hints tell of.
        let own = bindings.iter().filter_map(|b| Some((b.place, b.key, b.command?)));
        self.keys.splice(0..0, own.collect::<Vec<_>>());
        self.told = KeyPlace::ALL.iter().map(|(place, _)| (*place, self.tell(*place))).collect();
    }

    /// The commands of a place in the order of the table, each with its keys in the order of the file.
    fn tell(&self, place: KeyPlace) -> Vec<(&'static KeyCommand, Vec<String>)> {
        let format = crokey::KeyCombinationFormat::default();
        let keys = |command: &'static KeyCommand| {
            let here = self.keys.iter().filter(|(at, _, known)| *at == place && known.name == command.name);
            (command, here.map(|(_, key, _)| readable(&format.to_string(*key))).collect::<Vec<_>>())
        };
        commands::ALL.iter().map(keys).filter(|(_, keys)| !keys.is_empty()).collect()
    }

    /// The command of a key in the first of these places that has one.
    pub(crate) fn command(&self, places: &[KeyPlace], key: KeyEvent) -> Option<&'static KeyCommand> {
        // Terminals tell of a sign or of backtab with or without shift; it is the same key.
        let sign = matches!(key.code, KeyCode::Char(c) if !c.is_ascii_alphabetic());
        let unshifted = sign || key.code == KeyCode::BackTab;
        let key = if unshifted { KeyEvent { modifiers: key.modifiers - KeyModifiers::SHIFT, ..key } } else { key };
        let pressed = normal(KeyCombination::from(key));
        let at = |place: &KeyPlace| self.keys.iter().find(|(p, known, _)| p == place && *known == pressed);
        places.iter().find_map(at).map(|(_, _, command)| *command)
    }

    /// The keys of a command in a place as a person reads them, in the order of the file.
    pub(crate) fn keys_in(&self, place: KeyPlace, name: &str) -> &[String] {
        self.of(place).iter().find(|(command, _)| command.name == name).map_or(&[], |(_, keys)| keys)
    }

    /// The commands of a place in the order of the table, each with its keys.
    pub(crate) fn of(&self, place: KeyPlace) -> &[(&'static KeyCommand, Vec<String>)] {
        self.told.get(&place).map_or(&[], Vec::as_slice)
    }
}

/// The same key however a terminal tells of it.
fn normal(key: KeyCombination) -> KeyCombination {
    let key = key.normalized();
    if key.codes == crokey::OneToThree::One(KeyCode::BackTab) {
        return KeyCombination::new(KeyCode::BackTab, KeyModifiers::NONE);
    }
    // Most terminals send one byte for these, which is read as control and a digit.
    let twins = [('\\', '4'), (']', '5'), ('^', '6'), ('_', '7')];
    let crokey::OneToThree::One(KeyCode::Char(c)) = key.codes else { return key };
    let twin = twins.iter().find(|(sign, _)| *sign == c).filter(|_| key.modifiers == KeyModifiers::CONTROL);
    twin.map_or(key, |(_, digit)| KeyCombination::new(KeyCode::Char(*digit), KeyModifiers::CONTROL))
}

/// Reads a file of keys.
fn read(file: &str, text: &str) -> Result<Vec<Binding>, KeymapError> {
    let line = |byte: usize| text[..byte.min(text.len())].matches('\n').count() + 1;
    let wrong = |byte: usize, why: String| KeymapError { file: file.to_owned(), line: line(byte), why };
    let tables: File =
        toml::from_str(text).map_err(|e| wrong(e.span().map_or(0, |span| span.start), e.message().to_owned()))?;
    let mut bindings: Vec<(Binding, usize)> = Vec::new();
    for (place, keys) in tables {
        for (spelt, name) in keys {
            let at = spelt.span().start;
            let key = parse(spelt.get_ref()).map_err(|why| wrong(at, why))?;
            let place = *place.get_ref();
            if let Some((_, first)) = bindings.iter().find(|(known, _)| (known.place, known.key) == (place, key)) {
                // The file's order, whichever of the two was met first.
                let (first, second) = (line(*first.min(&at)), (*first).max(at));
                return Err(wrong(second, format!("{:?} is bound on line {first} already", spelt.get_ref())));
            }
            let command = match name.get_ref().as_str() {
                "none" => None,
                known => Some(commands::find(known).ok_or_else(|| {
                    let like =
                        commands::like(known).map_or_else(String::new, |name| format!("; did you mean {name:?}?"));
                    wrong(name.span().start, format!("there is no command {known:?}{like}"))
                })?),
            };
            bindings.push((Binding { place, key, command }, at));
        }
    }
    // In the file's order: what stands first is what hints tell of.
    bindings.sort_by_key(|(_, at)| *at);
    Ok(bindings.into_iter().map(|(binding, _)| binding).collect())
}

fn parse(spelt: &str) -> Result<KeyCombination, String> {
    // A capital is the letter with shift; the parser does not tell them apart.
    let capital = spelt.len() == 1 && spelt.bytes().all(|b| b.is_ascii_uppercase());
    let plain = if capital { format!("shift-{}", spelt.to_lowercase()) } else { spelt.to_owned() };
    let key = crokey::parse(&plain).map_err(|e| format!("{spelt:?} is no key: {e}"))?;
    let key = normal(key);
    // Terminals can't tell these from enter and tab.
    let twin = match key.codes {
        crokey::OneToThree::One(KeyCode::Enter) => !key.modifiers.is_empty(),
        crokey::OneToThree::One(KeyCode::Char('m' | 'i')) => key.modifiers.contains(KeyModifiers::CONTROL),
        _ => false,
    };
    if twin {
        return Err(format!("{spelt:?} can't be told from another key in many terminals; choose another"));
    }
    Ok(key)
}

fn readable(key: &str) -> String {
    let signs = [("Ctrl-4", "ctrl-\\"), ("Ctrl-5", "ctrl-]"), ("Ctrl-6", "ctrl-^"), ("Ctrl-7", "ctrl-_")];
    if let Some((_, sign)) = signs.iter().find(|(twin, _)| *twin == key) {
        return (*sign).to_owned();
    }
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
    fn every_command_has_key_or_palette_entry() {
        let keymap = Keymap::built_in();
        for command in commands::ALL {
            let bound = KeyPlace::ALL.iter().any(|(place, _)| !keymap.keys_in(*place, command.name).is_empty());
            assert!(bound || command.in_palette(), "nothing reaches {}", command.name);
        }
        for (place, _) in KeyPlace::ALL {
            assert!(!keymap.of(place).is_empty(), "{place:?} has keys");
        }
    }

    #[test]
    fn mistakes_are_named_with_file_and_line() {
        for (text, line, word) in [
            ("[runs]\n\"j\" = \"fly\"", 2, "fly"),
            ("[runs]\n\"j\" = \"terminat\"", 2, "\"terminate\""),
            ("[runs]\n\"hyper-q\" = \"next\"", 2, "hyper-q"),
            ("[runs]\n\"shift-g\" = \"next\"\n\n\"G\" = \"last\"", 4, "line 2"),
            ("[runs]\n\"j\" = \"next\"\n\"j\" = \"last\"", 3, "duplicate"),
            ("[moon]\n\"j\" = \"next\"", 1, "moon"),
            ("[everywhere]\n\"Alt-Shift-Enter\" = \"next-tab\"", 2, "another"),
            ("[everywhere]\n\"Ctrl-M\" = \"next-tab\"", 2, "another"),
            ("[everywhere]\n\"ctrl-i\" = \"next-tab\"", 2, "another"),
        ] {
            let error = Keymap::with("/me/keymap.toml", text).expect_err(text);
            assert_eq!((error.file.as_str(), error.line), ("/me/keymap.toml", line), "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn an_own_keymap_changes_single_keys() {
        let keymap = Keymap::with("k", "[everywhere]\n\"x\" = \"none\"\n\"ctrl-x\" = \"terminate\"").expect("good");
        let name = |code, modifiers| {
            keymap.command(&[KeyPlace::Runs, KeyPlace::Everywhere], KeyEvent::new(code, modifiers)).map(|c| c.name)
        };
        assert_eq!(name(KeyCode::Char('x'), KeyModifiers::NONE), None);
        assert_eq!(name(KeyCode::Char('x'), KeyModifiers::CONTROL), Some("terminate"));
        assert_eq!(name(KeyCode::Char('p'), KeyModifiers::NONE), Some("pause"));
    }

    // However the terminal tells of them.
    #[test]
    fn capitals_and_signs_are_always_found() {
        let keymap = Keymap::built_in();
        let name = |code, modifiers| {
            keymap.command(&[KeyPlace::Runs, KeyPlace::Everywhere], KeyEvent::new(code, modifiers)).map(|c| c.name)
        };
        for (code, modifiers, command) in [
            (KeyCode::Char('G'), KeyModifiers::SHIFT, "last"),
            (KeyCode::Char('G'), KeyModifiers::NONE, "last"),
            (KeyCode::Char('g'), KeyModifiers::NONE, "first"),
            (KeyCode::Char('?'), KeyModifiers::SHIFT, "help"),
            (KeyCode::Char('?'), KeyModifiers::NONE, "help"),
            (KeyCode::Char('!'), KeyModifiers::SHIFT, "next-in-need"),
            (KeyCode::Char(':'), KeyModifiers::SHIFT, "palette"),
            (KeyCode::Char('N'), KeyModifiers::NONE, "deny"),
            (KeyCode::Char(' '), KeyModifiers::NONE, "mark"),
            (KeyCode::BackTab, KeyModifiers::SHIFT, "previous-tab"),
            (KeyCode::Delete, KeyModifiers::NONE, "remove"),
            (KeyCode::Char('c'), KeyModifiers::CONTROL, "leave"),
        ] {
            assert_eq!(name(code, modifiers), Some(command), "{code:?}");
        }
    }
}
