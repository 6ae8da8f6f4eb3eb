//! The environment of whoever asks: where their programs are, and what their terminal and language are.

use std::collections::BTreeMap;
use std::path::Path;

use domain::key_values::KeyValues;

/// Variables that a run takes from whoever asks for it, beside those that begin with `LC_`.
const TAKEN: &[&str] = &[
    "PATH",
    "TERM",
    "COLORTERM",
    "COLORFGBG",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TERMINFO",
    "TERMINFO_DIRS",
    "LANG",
    "LANGUAGE",
    "TZ",
];

/// Returns the variables that a run takes, as far as this process has them as text.
pub(crate) fn variables() -> BTreeMap<String, String> {
    let text =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    text.filter(|(name, _)| TAKEN.contains(&name.as_str()) || name.starts_with("LC_")).collect()
}

/// Whether this program is there: a path, or a name in PATH.
pub fn has_program(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).is_file();
    }
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Returns the values of these variables, of those that are set and are text.
pub(crate) fn keys(names: Vec<String>) -> KeyValues {
    let value = |name: &String| std::env::var(name).ok().filter(|value| !value.is_empty());
    KeyValues(names.into_iter().filter_map(|name| value(&name).map(|value| (name, value))).collect())
}
