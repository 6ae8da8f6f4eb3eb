//! Sizes of types: a struct of more than twenty fields is several things in one, an enum of more than forty variants several lists.
//! Larger ones stand in `exceptions/sizes.txt`, which may only shrink.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const FIELDS: usize = 20;
const VARIANTS: usize = 40;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs")
            && !path.components().any(|c| c.as_os_str() == "tests")
        {
            found.push(path);
        }
    }
}

/// Returns the kind and the name of a type that this line declares with a body.
fn declared(line: &str) -> Option<(&'static str, String)> {
    let rest = line.trim_start();
    let rest = match rest.strip_prefix("pub") {
        Some(after) if after.starts_with('(') => after.split_once(')')?.1.trim_start(),
        Some(after) => after.trim_start(),
        None => rest,
    };
    let (kind, rest) = ["struct", "enum"].into_iter().find_map(|kind| Some((kind, rest.strip_prefix(kind)?)))?;
    let name: String = rest.strip_prefix(' ')?.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (line.trim_end().ends_with('{') && !name.is_empty()).then_some((kind, name))
}

/// Whether a line of a body begins a field or a variant.
fn is_member(kind: &str, line: &str) -> bool {
    let line = line.trim();
    if line.is_empty() || line.starts_with("//") || line.starts_with('#') || line.starts_with(['}', ')', ']']) {
        return false;
    }
    match kind {
        "struct" => line.contains(':'),
        _ => line.starts_with(|c: char| c.is_uppercase()),
    }
}

/// Returns how many members each type has.
fn sizes(text: &str) -> Vec<(&'static str, String, usize)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((kind, name)) = declared(line) else { continue };
        let (mut depth, mut members) = (1_i32, 0);
        for line in lines.by_ref() {
            if depth == 1 && is_member(kind, line) {
                members += 1;
            }
            let code = line.split("//").next().unwrap_or_default();
            let count = |signs: &[char]| i32::try_from(code.chars().filter(|c| signs.contains(c)).count()).unwrap_or(0);
            depth += count(&['{', '(', '[']) - count(&['}', ')', ']']);
            if depth <= 0 {
                break;
            }
        }
        found.push((kind, name, members));
    }
    found
}

#[test]
fn no_type_is_too_large() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = fs::read_to_string(home.join("exceptions/sizes.txt")).unwrap_or_default();
    let allowed: BTreeMap<&str, usize> = listed
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(name, size)| (name, size.parse().expect("a number of members")))
        .collect();
    let mut files = Vec::new();
    sources(&home.join("..").canonicalize().expect("crates"), &mut files);
    let all: Vec<_> = files.iter().flat_map(|file| sizes(&fs::read_to_string(file).expect("text"))).collect();
    assert!(all.len() > 300, "the types were not found");
    let mut wrong = Vec::new();
    for (kind, name, size) in all {
        let most = if kind == "struct" { FIELDS } else { VARIANTS };
        match allowed.get(name.as_str()) {
            None if size > most => wrong.push(format!("{name} has {size} members; {most} are enough for a {kind}")),
            Some(may) if size > *may => wrong.push(format!("{name} has {size} members, more than its {may}")),
            Some(may) if size < *may => wrong.push(format!("{name} {size} is better than exceptions/sizes.txt says")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn members_are_counted() {
    let text = "pub(crate) struct A<'a> {\n    /// c: d\n    pub a: B<'a>,\n    #[x(y)]\n    b: (C, D),\n}\n\
                enum E {\n    One {\n        a: u8,\n    },\n    Two(\n        B,\n    ),\n    Three,\n}\nstruct F(u8);\n";
    assert_eq!(sizes(text), [("struct", "A".to_owned(), 2), ("enum", "E".to_owned(), 3)]);
}
