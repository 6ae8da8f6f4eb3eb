//! Habits of the house that a reader would otherwise have to check by eye.

use std::fs;
use std::path::PathBuf;

use crate::tree::{root, sources};

#[test]
fn every_module_says_first_why_it_exists() {
    let silent: Vec<_> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(file, _)| file).collect();
    assert!(silent.is_empty(), "these do not begin with `//! ` and a sentence: {silent:#?}");
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(file, text)| (text.lines().count(), file))
        .filter(|(lines, _)| *lines > 400)
        .collect();
    assert!(long.is_empty(), "one thing per file: {long:#?}");
}

#[test]
fn no_file_has_a_catch_all_name() {
    let nameless = ["util", "utils", "common", "helper", "helpers", "misc", "imp"];
    let found: Vec<_> = sources()
        .into_keys()
        .map(PathBuf::from)
        .filter(|path| path.with_extension("").iter().any(|part| nameless.iter().any(|n| part == *n)))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn cores_clippy_settings_repeat_the_roots() {
    let root = root();
    let table =
        |path: &str| -> toml::Table { fs::read_to_string(root.join(path)).expect("a file").parse().expect("TOML") };
    let core = table("crates/core/clippy.toml");
    for (key, value) in table(".clippy.toml") {
        let repeats = match (&value, core.get(&key)) {
            (toml::Value::Array(all), Some(toml::Value::Array(has))) => all.iter().all(|one| has.contains(one)),
            (value, has) => has == Some(value),
        };
        assert!(repeats, "crates/core/clippy.toml replaces the root's file and must repeat {key}");
    }
}
