//! Crates from elsewhere: which floor may use which, none that nothing uses, and licences that may ship with ours. `cargo machete`
//! and `cargo deny` do this too, but building them costs CI minutes each time, and this reads the manifests in milliseconds.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::tree::{manifest, packages, root, sources_below};

/// The crates that pure code may use: values, texts and digests, nothing that opens, asks or waits.
const CORE: [&str; 10] =
    ["globset", "jiff", "quick-xml", "regex", "serde", "serde_json", "sha2", "thiserror", "toml", "unicode-width"];
/// The crates that the pure terminal may use beside these.
const TERMINAL: [&str; 1] = ["vt100"];
/// The crates that the ground floor may use.
const GROUND: [&str; 2] = ["rustix", "tempfile"];

/// The licences whose crates may be part of what we ship.
const LICENCES: [&str; 12] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unicode-3.0",
    "CC0-1.0",
    "BSL-1.0",
    "MPL-2.0",
];

fn named(manifest: &toml::Table, table: &str) -> BTreeSet<String> {
    manifest.get(table).and_then(|table| table.as_table()).into_iter().flat_map(|table| table.keys().cloned()).collect()
}

/// Returns the short names of our own crates.
fn own_names() -> BTreeSet<String> {
    let workspace = manifest(&root());
    let shared = workspace["workspace"]["dependencies"].as_table().expect("a table");
    shared.iter().filter(|(_, value)| value.get("path").is_some()).map(|(name, _)| name.clone()).collect()
}

#[test]
fn floors_use_only_listed_crates() {
    let own = own_names();
    let mut wrong = Vec::new();
    for (below, folder) in packages() {
        let allowed: Vec<&str> = match below.iter().next().and_then(|first| first.to_str()) {
            Some("core") if below.ends_with("terminal") => [CORE.as_slice(), &TERMINAL].concat(),
            Some("core") => CORE.to_vec(),
            Some("ground") => GROUND.to_vec(),
            _ => continue,
        };
        let used = named(&manifest(&folder), "dependencies");
        let others = used.iter().filter(|name| !own.contains(*name) && !allowed.contains(&name.as_str()));
        wrong.extend(others.map(|name| format!("{}: {name}", below.display())));
    }
    assert!(wrong.is_empty(), "pure floors use values, texts and digests alone: {wrong:#?}");
}

#[test]
fn every_dependency_is_used() {
    let mut unused = Vec::new();
    for (below, folder) in packages() {
        let manifest = manifest(&folder);
        let text: String = sources_below(&folder).into_values().collect();
        let words: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let names = named(&manifest, table);
            let missing = names.iter().filter(|name| !words.contains(name.replace('-', "_").as_str()));
            unused.extend(missing.map(|name| format!("{}: {name}", below.display())));
        }
    }
    assert!(unused.is_empty(), "nothing names these; take them out of the manifests: {unused:#?}");
}

/// Whether an expression like `MIT OR (Apache-2.0 AND ISC)` can be met with licences that may ship.
fn may_ship(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    plain.split(" OR ").any(|either| either.split(" AND ").all(|one| LICENCES.contains(&one.trim())))
}

#[test]
fn licences_may_ship() {
    // What is built for other systems alone need not have been fetched here.
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc starts");
    let versions = String::from_utf8_lossy(&rustc.stdout).into_owned();
    let host = versions.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host]);
    cargo.current_dir(root());
    let output = cargo.output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = all["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "the packages were not found");
    let licence = |package: &serde_json::Value| package["license"].as_str().unwrap_or("none").to_owned();
    let wrong: BTreeMap<String, String> = packages
        .iter()
        .filter(|package| !may_ship(&licence(package)))
        .map(|package| (package["name"].as_str().unwrap_or_default().to_owned(), licence(package)))
        .collect();
    assert!(wrong.is_empty(), "these licences are not among those that may ship with ours: {wrong:#?}");
}

#[test]
fn licence_expressions_are_read() {
    for good in ["MIT", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0", "GPL-3.0 OR MIT"] {
        assert!(may_ship(good), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "none"] {
        assert!(!may_ship(bad), "{bad}");
    }
}
