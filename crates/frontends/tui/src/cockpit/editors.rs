//! What editors are told of where to begin.

use std::path::Path;

/// Editors that can't show a folder.
const FILES_ONLY: &[&str] = &["nano", "pico", "micro", "joe", "jed", "ed", "ne", "mcedit"];
/// Editors that go to a line with `+LINE`.
const WITH_PLUS: &[&str] = &[
    "vi",
    "vim",
    "nvim",
    "view",
    "gvim",
    "ex",
    "nano",
    "pico",
    "micro",
    "joe",
    "jed",
    "ne",
    "emacs",
    "emacsclient",
    "kak",
    "mg",
];
/// Editors that go to a line with `FILE:LINE`.
const WITH_COLON: &[&str] = &["hx", "helix", "subl", "zed", "zeditor"];
/// Editors that go to a line with `--goto FILE:LINE`.
const WITH_GOTO: &[&str] = &["code", "codium", "code-insiders", "cursor", "windsurf"];

/// A file of the folder that the editor begins in, and its line; none is the folder itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct EditorTarget<'a> {
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u64>,
}

impl EditorTarget<'_> {
    /// The words for this program.
    pub(super) fn words(self, program: &str) -> Vec<String> {
        let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program);
        let is = |known: &[&str]| known.contains(&name);
        let after = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        match (self.file, self.line) {
            (None, _) if is(FILES_ONLY) => Vec::new(),
            (None, _) => after(&["--", "."]),
            (Some(file), Some(line)) if is(WITH_PLUS) => after(&[&format!("+{line}"), "--", file]),
            (Some(file), Some(line)) if is(WITH_COLON) => after(&["--", &format!("{file}:{line}")]),
            (Some(file), Some(line)) if is(WITH_GOTO) => after(&["--goto", &format!("./{file}:{line}")]),
            (Some(file), _) => after(&["--", file]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editors_are_told_in_their_own_words() {
        let words = |program: &str, file, line| EditorTarget { file, line }.words(program).join(" ");
        assert_eq!(words("/usr/bin/nano", Some("src/a.rs"), Some(12)), "+12 -- src/a.rs");
        assert_eq!(words("code", Some("src/a.rs"), Some(12)), "--goto ./src/a.rs:12");
        assert_eq!(words("hx", Some("src/a.rs"), Some(12)), "-- src/a.rs:12");
        assert_eq!(words("acme", Some("-rf"), Some(12)), "-- -rf", "no word of an agent is an option");
        assert_eq!(words("nvim", None, None), "-- .");
        assert_eq!(words("nano", None, None), "", "it would say that this is a directory");
    }
}
