//! Syntax colours by role; slow, so it is done file by file on another thread.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::parse::{DiffLine, Difference, LineKind};
use crate::theme::Role;

/// Lines longer than this stay without colours.
const LONGEST: usize = 500;
/// Lines of a file beyond this stay without colours.
const MOST: usize = 5_000;

/// A piece of a line and what it is.
pub(crate) type Bit = (Range<usize>, Role);

/// The colours of one file's lines.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Colours {
    /// Each line of the diff with its pieces.
    pub(crate) lines: Vec<(usize, Vec<Bit>)>,
}

fn syntaxes() -> &'static SyntaxSet {
    static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
    SYNTAXES.get_or_init(two_face::syntax::extra_newlines)
}

/// The colours of the file with this number; `None` for a language that is not known.
pub(crate) fn colours(diff: &Difference, file: usize) -> Option<Colours> {
    let syntax = syntax(&diff.files.get(file)?.path)?;
    let first = diff.files[file].line;
    let mut lines = Vec::new();
    // The old and the new side are two texts; each hunk begins in the middle of both.
    let (mut old, mut new) = (SideColours::new(syntax), SideColours::new(syntax));
    let of_file = diff.lines.iter().enumerate().skip(first).take_while(|(_, line)| line.file == file);
    for (at, line) in of_file.take(MOST) {
        let bits = match line.kind {
            LineKind::Hunk => {
                (old, new) = (SideColours::new(syntax), SideColours::new(syntax));
                continue;
            }
            LineKind::Removed => old.read(&source(line)),
            LineKind::Added => new.read(&source(line)),
            LineKind::Same => {
                let text = source(line);
                let _old_side = old.read(&text);
                new.read(&text)
            }
            LineKind::File | LineKind::Note | LineKind::Comment => continue,
        };
        lines.push((at, bits));
    }
    Some(Colours { lines })
}

/// The line as its language reads it: what stands for hidden signs is blank, and as long.
fn source(line: &DiffLine) -> Cow<'_, str> {
    if line.signs.is_empty() {
        return Cow::Borrowed(&line.text);
    }
    let mut text = line.text.clone();
    for sign in &line.signs {
        text.replace_range(sign.clone(), &" ".repeat(sign.len()));
    }
    Cow::Owned(text)
}

fn syntax(path: &str) -> Option<&'static SyntaxReference> {
    let name = path.rsplit('/').next()?;
    let set = syntaxes();
    let by_end = || set.find_syntax_by_extension(name.rsplit_once('.')?.1);
    set.find_syntax_by_extension(name).or_else(by_end)
}

struct SideColours {
    state: ParseState,
    scopes: ScopeStack,
}

impl SideColours {
    fn new(syntax: &SyntaxReference) -> Self {
        Self { state: ParseState::new(syntax), scopes: ScopeStack::new() }
    }

    fn read(&mut self, text: &str) -> Vec<Bit> {
        if text.len() > LONGEST {
            return Vec::new();
        }
        let line = format!("{text}\n");
        let Ok(changes) = self.state.parse_line(&line, syntaxes()) else { return Vec::new() };
        let mut bits = Vec::new();
        let mut from = 0;
        for (at, change) in changes {
            self.mark(&mut bits, from, at.min(text.len()));
            from = at.min(text.len());
            if self.scopes.apply(&change).is_err() {
                return bits;
            }
        }
        self.mark(&mut bits, from, text.len());
        bits
    }

    fn mark(&self, bits: &mut Vec<Bit>, from: usize, to: usize) {
        if let Some(role) = role(&self.scopes).filter(|_| from < to) {
            bits.push((from..to, role));
        }
    }
}

/// The role of what stands in these scopes; the innermost that says something decides.
fn role(scopes: &ScopeStack) -> Option<Role> {
    static TABLE: OnceLock<Vec<(Scope, Role)>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let names = [
            ("comment", Role::Comment),
            ("string", Role::Literal),
            ("constant", Role::Literal),
            ("entity.name.function", Role::Function),
            ("support.function", Role::Function),
            ("variable.function", Role::Function),
            ("entity.name", Role::Type),
            ("support.type", Role::Type),
            ("support.class", Role::Type),
            ("storage", Role::Keyword),
            ("keyword.operator", Role::Text),
            ("keyword", Role::Keyword),
        ];
        names.iter().filter_map(|(name, role)| Some((Scope::new(name).ok()?, *role))).collect()
    });
    let found = |scope: &Scope| table.iter().find(|(known, _)| known.is_prefix_of(*scope)).map(|(_, role)| *role);
    // Everything in a comment or a string is one.
    let whole = scopes.as_slice().iter().find_map(|scope| found(scope).filter(|role| *role == Role::Comment));
    whole.or_else(|| scopes.as_slice().iter().rev().find_map(found)).filter(|role| *role != Role::Text)
}

#[cfg(test)]
mod tests {
    use protocol::{DiffReply, FileChange};

    use super::*;

    #[test]
    fn only_known_languages_are_coloured() {
        let text = "diff --git a/x.rs b/x.rs\n@@ -0,0 +1,2 @@\n+fn main() { let s = \"a\"; } // hi\n+/* open\ndiff --git a/y.zzz b/y.zzz\n@@ -0,0 +1 @@\n+fn\n";
        let change = |path: &str| FileChange { path: path.to_owned(), added: Some(2), removed: Some(0) };
        let files = vec![change("x.rs"), change("y.zzz")];
        let diff = super::super::parse(&DiffReply {
            from: String::new(),
            text: text.to_owned(),
            bytes: None,
            files,
            cut: false,
            left_out: Vec::new(),
            comments: Vec::new(),
        });
        let got = colours(&diff, 0).expect("Rust is known");
        let (line, bits) = &got.lines[0];
        let said: Vec<_> = bits.iter().map(|(range, role)| (&diff.lines[*line].text[range.clone()], *role)).collect();
        for expected in [("fn", Role::Keyword), ("main", Role::Function), ("let", Role::Keyword)] {
            assert!(said.contains(&expected), "{expected:?} is not in {said:?}");
        }
        assert!(said.iter().any(|(text, role)| text.contains("hi") && *role == Role::Comment), "{said:?}");
        assert_eq!(colours(&diff, 1), None);
    }
}
