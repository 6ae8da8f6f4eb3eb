//! Habits of the house that a reader would otherwise have to check by eye.

use std::fs;
use std::path::{Path, PathBuf};

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("crates")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    found
}

#[test]
fn every_module_says_first_why_it_exists() {
    let silent: Vec<_> =
        sources().into_iter().filter(|path| !fs::read_to_string(path).expect("text").starts_with("//! ")).collect();
    assert!(silent.is_empty(), "these do not begin with `//! ` and a sentence: {silent:#?}");
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|path| (fs::read_to_string(&path).expect("text").lines().count(), path))
        .filter(|(lines, _)| *lines > 400)
        .collect();
    assert!(long.is_empty(), "one thing per file: {long:#?}");
}

#[test]
fn no_file_has_a_catch_all_name() {
    let nameless = ["util", "utils", "common", "helper", "helpers", "misc", "imp"];
    let found: Vec<_> = sources()
        .into_iter()
        .filter(|path| path.with_extension("").iter().any(|part| nameless.iter().any(|n| part == *n)))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn cores_clippy_settings_repeat_the_roots() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
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
