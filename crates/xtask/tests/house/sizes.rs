//! Sizes of types: a struct of more than twenty fields is several things in one, an enum of more than forty variants several lists.
//! Larger ones stand in `exceptions/sizes.txt`, which may only shrink.

use crate::tree::{allowed_sizes, sources};

const FIELDS: usize = 20;
const VARIANTS: usize = 40;

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
    let allowed = allowed_sizes("sizes.txt");
    let files = sources().into_iter().filter(|(file, _)| !file.split('/').any(|part| part == "tests"));
    let all: Vec<_> = files.flat_map(|(_, text)| sizes(&text)).collect();
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
