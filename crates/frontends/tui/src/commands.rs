//! The table of commands: the name, what it does in a line, when it can be used, and the action.
//!
//! Help, the palette, the hint line and `docs/keys.md` come from this table joined to `keymap.toml`.

mod available;
mod table;

use protocol::Row;

use crate::action::Action;
use crate::keymap::{KeyPlace, Keymap};
use crate::model::Model;
use crate::overlays::Asking;

pub(crate) use table::ALL;

/// Where a command belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommandKind {
    /// Something with the selected run or with those marked.
    Run,
    /// Something with the screen.
    View,
    /// Moving and choosing in what is open, which needs no name to be called by.
    Motion,
}

/// A command: one thing that a key can do.
#[derive(Debug)]
pub(crate) struct KeyCommand {
    pub(crate) name: &'static str,
    pub(crate) kind: CommandKind,
    pub(crate) doc: &'static str,
    /// The word in the hint line, for commands that stand there.
    pub(crate) hint: Option<&'static str>,
    /// Why the command can't be used now; `None` when it can.
    pub(crate) unavailable: fn(&Model) -> Option<String>,
    pub(crate) action: fn() -> Action,
}

impl KeyCommand {
    /// Whether the palette offers the command.
    pub(crate) fn in_palette(&self) -> bool {
        self.kind != CommandKind::Motion
    }
}

pub(crate) fn find(name: &str) -> Option<&'static KeyCommand> {
    ALL.iter().find(|command| command.name == name)
}

/// The command whose name is nearest to a mistyped one.
pub(crate) fn like(name: &str) -> Option<&'static str> {
    let near = |command: &&KeyCommand| similar::TextDiff::from_chars(name, command.name).ratio();
    let best = ALL.iter().max_by(|a, b| near(a).total_cmp(&near(b)))?;
    (near(&best) > 0.6).then_some(best.name)
}

/// The keys that answer what a run asks, with what each does, as far as they mean that where the person is.
pub(crate) fn answers(row: &Row, keymap: &Keymap, places: &[KeyPlace]) -> Vec<(String, &'static str)> {
    let asking = Asking::of(row);
    let words = asking.as_ref().map(Asking::ways).unwrap_or_default();
    let key = |name: &str| {
        let taken = |key: &String| {
            let before = places.iter().take_while(|place| **place != KeyPlace::Everywhere);
            before.into_iter().any(|place| keymap.of(*place).iter().any(|(_, keys)| keys.contains(key)))
        };
        keymap.keys_in(KeyPlace::Everywhere, name).iter().find(|key| !taken(key)).cloned()
    };
    words.iter().filter_map(|(name, word)| Some((key(name)?, *word))).collect()
}

/// `docs/keys.md`, written from the table.
pub fn reference() -> String {
    let keymap = Keymap::built_in();
    let mut text = String::from(
        "# Keys of the cockpit\n\nWritten from the program's own table; `just docs` writes it anew. Keys are changed \
         in `keymap.toml` beside `config.toml`,\nwith the tables of \
         [the built-in one](../crates/frontends/tui/src/keymap.toml); `none` unbinds a key.\n",
    );
    for (place, title) in KeyPlace::ALL {
        text.push_str(&format!("\n## {title}\n\n| key | command | does |\n|---|---|---|\n"));
        for (command, keys) in keymap.of(place) {
            let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            text.push_str(&format!("| {} | {} | {} |\n", keys.join(" "), command.name, command.doc));
        }
    }
    let unbound =
        |command: &&KeyCommand| KeyPlace::ALL.iter().all(|(place, _)| keymap.keys_in(*place, command.name).is_empty());
    text.push_str("\n## By name in the palette\n\n| command | does |\n|---|---|\n");
    for command in ALL.iter().filter(unbound) {
        text.push_str(&format!("| {} | {} |\n", command.name, command.doc));
    }
    text
}
