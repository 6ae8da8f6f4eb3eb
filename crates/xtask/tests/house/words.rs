//! The house's words: names that are unique and say what they are. What does not keep to it yet is listed in
//! `exceptions/`; these lists may only shrink.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::tree::{exceptions, sources};

/// Words of a test's name.
const LONGEST_NAME: usize = 7;
/// Words that tell nothing of the thing which a doc comment is about.
const EMPTY_BEGINNINGS: [&str; 12] =
    ["What", "So", "One", "Its", "Those", "These", "That", "This", "It", "They", "Whatever", "Some"];

/// Fails on what breaks a rule and is not listed, and on what is listed and breaks it no more.
fn hold(list: &str, advice: &str, found: &BTreeSet<String>) {
    let path = exceptions(list);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let listed: BTreeSet<String> = text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let (new, mended): (Vec<_>, Vec<_>) = (found.difference(&listed).collect(), listed.difference(found).collect());
    assert!(new.is_empty(), "{advice}: {new:#?}");
    if std::env::var_os("PILOTHOUSE_SHRINK_LISTS").is_some() {
        let kept = listed.intersection(found).map(|line| format!("{line}\n")).collect::<String>();
        let heads = text.lines().filter(|line| line.starts_with('#')).map(|line| format!("{line}\n"));
        fs::write(&path, heads.collect::<String>() + &kept).expect("the list is written");
        return;
    }
    assert!(mended.is_empty(), "take these off exceptions/{list}, which may only shrink: {mended:#?}");
}

/// The word after one of `keywords` at the beginning of a line, visibility apart.
fn declared<'a>(line: &'a str, keywords: &[&str]) -> Option<&'a str> {
    let mut rest = line.trim_start();
    if let Some(after) = rest.strip_prefix("pub") {
        rest = after.strip_prefix('(').and_then(|scoped| scoped.split_once(')')).map_or(after, |(_, after)| after);
        rest = rest.trim_start();
    }
    let rest = keywords.iter().find_map(|keyword| rest.strip_prefix(keyword)?.strip_prefix(' '))?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    Some(&rest[..end]).filter(|name| !name.is_empty())
}

#[test]
fn a_types_name_is_unique() {
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, text) in sources().iter().filter(|(file, _)| !file.contains("tests")) {
        for name in text.lines().filter_map(|line| declared(line, &["struct", "enum", "trait"])) {
            places.entry(name.to_owned()).or_default().insert(file.clone());
        }
    }
    let twice = places.into_iter().filter(|(_, files)| files.len() > 1).map(|(name, _)| name).collect();
    hold("type-names.txt", "another type has this name already; say which one each is", &twice);
}

#[test]
fn a_test_is_named_in_few_words() {
    let mut long = BTreeSet::new();
    for text in sources().values() {
        let lines: Vec<&str> = text.lines().collect();
        for (at, _) in lines.iter().enumerate().filter(|(_, line)| is_test(line)) {
            let name = lines[at..].iter().find_map(|line| declared(line, &["fn", "async fn"]));
            long.extend(name.filter(|name| name.split('_').count() > LONGEST_NAME).map(str::to_owned));
        }
    }
    hold("test-names.txt", "a test's name is its claim in at most seven words", &long);
}

fn is_test(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("#[test]") || line.starts_with("#[tokio::test")
}

#[test]
fn a_doc_comment_begins_with_the_thing() {
    let mut empty = BTreeSet::new();
    for (file, text) in sources() {
        let mut inside = false;
        for line in text.lines().map(str::trim_start) {
            let said = line.strip_prefix("/// ");
            if let Some(said) = said.filter(|_| !inside) {
                let first = said.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                if EMPTY_BEGINNINGS.contains(&first) {
                    empty.insert(format!("{file}: {said}"));
                }
            }
            inside = line.starts_with("///");
        }
    }
    hold("doc-beginnings.txt", "say first what the thing is or does", &empty);
}

#[test]
fn names_are_found_in_lines() {
    assert_eq!(declared("pub(crate) struct Held<'a> {", &["struct"]), Some("Held"));
    assert_eq!(declared("    pub enum Way {", &["struct", "enum"]), Some("Way"));
    assert_eq!(declared("async fn it_works() {", &["fn", "async fn"]), Some("it_works"));
    assert_eq!(declared("/// struct of it", &["struct"]), None);
}
