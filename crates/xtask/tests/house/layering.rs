//! The house rule: who may depend on whom, read from the manifests, and a code map that names what exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::tree::{manifest, packages, root};

/// Folder of a crate, like `core/domain`, by its package name.
type Crates = BTreeMap<String, PathBuf>;

fn crates() -> Crates {
    let name = |folder: &Path| manifest(folder)["package"]["name"].as_str().expect("a name").to_owned();
    packages().into_iter().map(|(below, folder)| (name(&folder), below)).collect()
}

/// Short names of the workspace's table to package names.
fn short_names() -> BTreeMap<String, String> {
    let table = manifest(&root());
    let shared = table["workspace"]["dependencies"].as_table().expect("a table");
    let package = |name: &String, value: &toml::Value| {
        let package = value.get("package").and_then(|p| p.as_str()).unwrap_or(name);
        (name.clone(), package.to_owned())
    };
    shared.iter().map(|(name, value)| package(name, value)).collect()
}

/// The packages of this house that a crate depends on; with `dev` also those of its tests.
fn arrows(folder: &Path, crates: &Crates, dev: bool) -> BTreeSet<String> {
    let manifest = manifest(&root().join("crates").join(folder));
    let short = short_names();
    let mut tables = vec!["dependencies", "build-dependencies"];
    tables.extend(dev.then_some("dev-dependencies"));
    let named = tables.iter().filter_map(|table| manifest.get(*table)?.as_table()).flat_map(|table| table.keys());
    named.map(|name| short.get(name).unwrap_or(name).clone()).filter(|name| crates.contains_key(name)).collect()
}

/// Whether a crate in `from` may depend on the one in `to`.
fn allowed(from: &Path, to: &Path) -> bool {
    let is = |path: &Path, folder: &str| path.starts_with(folder);
    if is(to, "bench") || is(to, "xtask") {
        return false;
    }
    // What ships may use the testkit in its tests only.
    if is(to, "testkit") && !is(from, "bench") && !is(from, "xtask") {
        return false;
    }
    match from.iter().next().and_then(|f| f.to_str()) {
        Some("core") => to == Path::new("core/domain"),
        Some("ground") => false,
        Some("adapters") => is(to, "core") || is(to, "ground"),
        Some("daemon") => is(to, "core") || is(to, "adapters") || is(to, "ground"),
        Some("frontends") => is(to, "core") || to == Path::new("frontends/client"),
        Some("pilothouse" | "testkit" | "bench" | "xtask") => true,
        other => panic!("there is no rule for {other:?}; crates live in the folders of the table"),
    }
}

#[test]
fn dependencies_point_down() {
    let crates = crates();
    let mut wrong = Vec::new();
    for folder in crates.values() {
        for target in arrows(folder, &crates, false) {
            if !allowed(folder, &crates[&target]) {
                wrong.push(format!("{} -> {}", folder.display(), crates[&target].display()));
            }
        }
        // Tests may use the testkit; for the rest the same rule holds.
        for target in arrows(folder, &crates, true) {
            let testkit = crates[&target] == Path::new("testkit");
            if !testkit && !allowed(folder, &crates[&target]) {
                wrong.push(format!("{} (tests) -> {}", folder.display(), crates[&target].display()));
            }
        }
    }
    assert!(wrong.is_empty(), "against the table of docs/ARCHITECTURE.md: {wrong:#?}");
}

#[test]
fn the_rule_can_fail() {
    for (from, to) in [
        ("core/domain", "core/protocol"),
        ("core/protocol", "adapters/evidence"),
        ("adapters/evidence", "adapters/worktrees"),
        ("ground", "core/domain"),
        ("core/domain", "ground"),
        ("frontends/tui", "ground"),
        ("frontends/tui", "adapters/evidence"),
        ("frontends/tui", "frontends/cli"),
        ("daemon", "frontends/client"),
        ("pilothouse", "testkit"),
    ] {
        assert!(!allowed(Path::new(from), Path::new(to)), "{from} -> {to}");
    }
}

#[test]
fn packages_are_named_after_their_folders() {
    for (package, folder) in crates() {
        let name = folder.file_name().and_then(|n| n.to_str()).expect("a folder name");
        let expected = if name == "pilothouse" { name.to_owned() } else { format!("pilothouse-{name}") };
        assert_eq!(package, expected);
    }
}

#[test]
fn the_code_map_names_exactly_all_crates() {
    let text = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("docs/ARCHITECTURE.md");
    let map = text.split("## Code map").nth(1).expect("a section 'Code map'").split("\n## ").next().expect("its text");
    let named: BTreeSet<PathBuf> =
        map.lines().filter_map(|line| line.strip_prefix("| `crates/")?.split('`').next().map(PathBuf::from)).collect();
    let existing: BTreeSet<PathBuf> = crates().into_values().collect();
    let missing: Vec<_> = existing.difference(&named).collect();
    let stale: Vec<_> = named.difference(&existing).collect();
    assert!(missing.is_empty() && stale.is_empty(), "not in the map: {missing:?}; in the map only: {stale:?}");
}

/// Returns every file below `crates/`, as a reader names it: without `src/`.
fn files(folder: &Path, found: &mut Vec<String>) {
    for path in fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path.display().to_string().replace("/src/", "/"));
        }
    }
}

#[test]
fn the_reading_list_names_what_exists() {
    let text = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("a document");
    let (_, rest) = text.split_once("## Start reading here").expect("the list is there");
    let (list, _) = rest.split_once("\n## ").expect("something follows");
    let mut all = Vec::new();
    files(&root().join("crates"), &mut all);
    let named = list.split('`').skip(1).step_by(2).filter(|word| word.ends_with(".rs") || word.ends_with(".toml"));
    let named: Vec<String> = named.filter(|word| !word.contains('<')).map(|word| word.replace("/src/", "/")).collect();
    assert!(named.len() > 15, "the list was not found: {named:?}");
    let missing: Vec<&String> =
        named.iter().filter(|word| !all.iter().any(|file| file.ends_with(&format!("/{word}")))).collect();
    assert!(missing.is_empty(), "docs/ARCHITECTURE.md names files that are not there: {missing:#?}");
}
