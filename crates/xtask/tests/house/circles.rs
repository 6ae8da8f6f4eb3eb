//! Import circles: files of a crate that import one another, directly or in a round. What imports one of them must be understood
//! with all of them, so a circle has at most six files. Larger ones are listed in `exceptions/circles.txt`, which may only shrink.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::tree::{allowed_sizes, packages};

/// Files that one circle may have.
const LARGEST: usize = 6;

/// The names of a module's folders and its own: `dispatcher`, `runs`.
type ModulePath = Vec<String>;

/// The modules of one crate and what they name of one another.
struct Graph {
    texts: BTreeMap<ModulePath, String>,
    /// The targets of `pub use`, by the module and the name that stands there.
    exported: BTreeMap<(ModulePath, String), Vec<String>>,
}

/// Returns a file's text without comments and without the tests inside.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("text");
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Returns the paths that a `use` names, its braces written out.
fn written_out(tree: &str) -> Vec<Vec<String>> {
    let parts = |text: &str| -> Vec<String> {
        text.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    };
    let Some((head, inner)) = tree.split_once('{') else {
        return vec![parts(tree.split(" as ").next().unwrap_or_default())];
    };
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let (mut depth, mut pieces) = (0, vec![String::new()]);
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            pieces.push(String::new());
        } else {
            pieces.last_mut().expect("one piece at least").push(c);
        }
    }
    let below = pieces.iter().filter(|piece| !piece.trim().is_empty()).flat_map(|piece| written_out(piece));
    below.map(|path| [parts(head), path].concat()).collect()
}

/// Returns each `use` of a text, and whether it is handed on by `pub`.
fn uses(text: &str) -> Vec<(bool, &str)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("use ") {
        let before = text[..at].trim_end_matches(' ');
        let line = before.rsplit('\n').next().unwrap_or_default().trim();
        if (line.is_empty() || line.starts_with("pub"))
            && let Some(end) = text[at..].find(';')
        {
            found.push((line.starts_with("pub"), &text[at + 4..at + end]));
        }
    }
    found
}

/// Returns the paths in a text that are longer than one word: `super::runs::row`.
fn paths(text: &str) -> Vec<Vec<String>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = text.split(|c| !is_part(c)).filter(|word| word.contains("::"));
    words.map(|word| word.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect()).collect()
}

impl Graph {
    fn read(src: &Path) -> Self {
        let (mut texts, mut open) = (BTreeMap::new(), vec![src.to_owned()]);
        while let Some(folder) = open.pop() {
            for path in fs::read_dir(&folder).expect("a folder").flatten().map(|entry| entry.path()) {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                if path.is_dir() && stem != "tests" && stem != "snapshots" {
                    open.push(path);
                } else if path.extension().is_some_and(|end| end == "rs") && stem != "tests" && stem != "main" {
                    let folder = path.parent().expect("a folder").strip_prefix(src).expect("below the sources");
                    let mut module: ModulePath =
                        folder.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
                    module.extend((stem != "mod" && stem != "lib").then_some(stem));
                    texts.insert(module, code(&path));
                }
            }
        }
        let mut graph = Self { texts, exported: BTreeMap::new() };
        let mut exported = BTreeMap::new();
        for (module, text) in &graph.texts {
            for (_, tree) in uses(text).into_iter().filter(|(handed_on, _)| *handed_on) {
                for path in written_out(tree) {
                    let Some(name) = path.last().cloned() else { continue };
                    exported.insert((module.clone(), name), path);
                }
            }
        }
        graph.exported = exported;
        graph
    }

    /// Returns the module that a path leads to from `from`, and the rest of the path in there.
    fn follow(&self, from: &ModulePath, path: &[String]) -> Option<(ModulePath, Vec<String>)> {
        let mut rest = path;
        let mut at = match rest.first()?.as_str() {
            "crate" => {
                rest = &rest[1..];
                Vec::new()
            }
            "self" | "super" => {
                let mut at = from.clone();
                while let Some(word @ ("self" | "super")) = rest.first().map(String::as_str) {
                    if word == "super" {
                        at.pop();
                    }
                    rest = &rest[1..];
                }
                at
            }
            first if self.texts.contains_key(&[from.as_slice(), &[first.to_owned()]].concat()) => from.clone(),
            _ => return None,
        };
        while let Some(next) = rest.first() {
            let below = [at.as_slice(), std::slice::from_ref(next)].concat();
            if !self.texts.contains_key(&below) {
                break;
            }
            at = below;
            rest = &rest[1..];
        }
        Some((at, rest.to_vec()))
    }

    /// Returns the module in which a path's thing is written, wherever it is handed on.
    fn home(&self, from: &ModulePath, path: &[String]) -> Option<ModulePath> {
        let (mut at, mut rest) = self.follow(from, path)?;
        for _ in 0..8 {
            let Some(name) = rest.first() else { break };
            let Some(next) = self.exported.get(&(at.clone(), name.clone())) else { break };
            let Some(found) = self.follow(&at, next) else { break };
            (at, rest) = found;
        }
        Some(at)
    }

    fn arrows(&self) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
        let mut arrows = BTreeMap::new();
        for (module, text) in &self.texts {
            let uses = uses(text);
            let mut body = text.clone();
            for (_, tree) in &uses {
                body = body.replace(tree, "");
            }
            let named = uses.iter().filter(|(handed_on, _)| !handed_on).flat_map(|(_, tree)| written_out(tree));
            let to = named.chain(paths(&body)).filter_map(|path| self.home(module, &path));
            arrows.insert(module.clone(), to.filter(|to| to != module).collect());
        }
        arrows
    }
}

/// Returns everything that can be reached from `from`.
fn reached(arrows: &BTreeMap<ModulePath, BTreeSet<ModulePath>>, from: &ModulePath) -> BTreeSet<ModulePath> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
    while let Some(next) = open.pop() {
        for to in arrows.get(&next).into_iter().flatten() {
            if seen.insert(to.clone()) {
                open.push(to.clone());
            }
        }
    }
    seen
}

/// Returns the circles: modules that reach one another.
fn circles(arrows: &BTreeMap<ModulePath, BTreeSet<ModulePath>>) -> BTreeSet<BTreeSet<ModulePath>> {
    let all: BTreeMap<&ModulePath, BTreeSet<ModulePath>> =
        arrows.keys().map(|module| (module, reached(arrows, module))).collect();
    let of = |module: &ModulePath| -> BTreeSet<ModulePath> {
        let there = all[module].iter();
        there.filter(|to| all.get(to).is_some_and(|back| back.contains(module))).cloned().collect()
    };
    arrows.keys().map(of).filter(|circle| circle.len() > 1).collect()
}

#[test]
fn no_import_circle_is_large() {
    let (allowed, mut wrong) = (allowed_sizes("circles.txt"), Vec::new());
    for (name, package) in packages() {
        let name = name.display().to_string();
        let circles = circles(&Graph::read(&package.join("src")).arrows());
        let largest = circles.iter().max_by_key(|circle| circle.len());
        let size = largest.map_or(0, BTreeSet::len);
        let may = allowed.get(&name).copied().unwrap_or(LARGEST);
        if size > may {
            let files: Vec<String> = largest.into_iter().flatten().map(|module| module.join("/")).collect();
            wrong.push(format!("{name}: {size} files import one another: {}", files.join(", ")));
        } else if size < may && may > LARGEST {
            wrong.push(format!("{name} is better than exceptions/circles.txt says: {size}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn imports_are_read_with_their_braces() {
    let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
    let all = written_out("super::{a::{B, c}, D as E}");
    assert_eq!(all, [path("super::a::B"), path("super::a::c"), path("super::D")]);
    assert_eq!(uses("use a;\npub(crate) use b::C;\n// use d;\n"), [(false, "a"), (true, "b::C")]);
    let arrows = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")];
    let arrows = arrows.map(|(from, to)| (path(from), BTreeSet::from([path(to)])));
    assert_eq!(circles(&arrows.into()), [[path("a"), path("b"), path("c")].into()].into());
}
