//! The tree that all of these tests read: its crates, its sources, and the lists of what does not keep to a rule yet.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

pub(crate) fn manifest(folder: &Path) -> toml::Table {
    let text = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
    text.parse().unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
}

/// Returns the folder of each of our crates, by its path below `crates/`.
pub(crate) fn packages() -> BTreeMap<PathBuf, PathBuf> {
    let (home, mut found) = (root().join("crates"), BTreeMap::new());
    let mut open = vec![home.clone()];
    while let Some(folder) = open.pop() {
        if folder.join("Cargo.toml").exists() {
            found.insert(folder.strip_prefix(&home).expect("below crates").to_owned(), folder);
            continue;
        }
        let entries = fs::read_dir(&folder).expect("a folder");
        open.extend(entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()));
    }
    assert!(found.len() > 15, "the crates were not found");
    found
}

/// Returns the text of each Rust file below `folder`, by its path from there.
pub(crate) fn sources_below(folder: &Path) -> BTreeMap<String, String> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for path in fs::read_dir(&next).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(folder).expect("below the folder").display().to_string();
                found.insert(name, fs::read_to_string(&path).expect("text"));
            }
        }
    }
    found
}

/// Returns the text of each of our Rust files, by its path below `crates/`.
pub(crate) fn sources() -> BTreeMap<String, String> {
    let found = sources_below(&root().join("crates"));
    assert!(found.len() > 50, "the sources were not found");
    found
}

pub(crate) fn exceptions(list: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("exceptions").join(list)
}

/// Returns the sizes that a list of exceptions allows, by name.
pub(crate) fn allowed_sizes(list: &str) -> BTreeMap<String, usize> {
    let text = fs::read_to_string(exceptions(list)).expect("a list");
    let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    lines.map(|(name, size)| (name.to_owned(), size.parse().expect("a number"))).collect()
}
