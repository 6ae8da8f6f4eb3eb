//! The environment of whoever asks: where their programs are, and what their terminal and language are.

use std::collections::BTreeMap;

/// Variables that a run takes from whoever asks for it, beside those that begin with `LC_`.
const TAKEN: &[&str] = &[
    "PATH",
    "TERM",
    "COLORTERM",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TERMINFO",
    "TERMINFO_DIRS",
    "LANG",
    "LANGUAGE",
    "TZ",
];

/// Returns those of this process that are text.
pub(crate) fn variables() -> BTreeMap<String, String> {
    let text =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    text.filter(|(name, _)| TAKEN.contains(&name.as_str()) || name.starts_with("LC_")).collect()
}
