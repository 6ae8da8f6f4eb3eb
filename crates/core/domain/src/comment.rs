//! A reviewer's word on one line of a run's work, and whether that line is still what it was said of.

use serde::{Deserialize, Serialize};

use crate::text::{MASKED, ShownText};

/// Which side of a difference a line stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// A line that the work takes away.
    Old,
    /// A line of the work, added or as it was.
    New,
}

/// A comment on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// In the worktree.
    pub path: String,
    pub side: Side,
    /// Counts from 1, in the file of that side.
    pub line: u64,
    /// The line as the reviewer saw it.
    pub on: String,
    /// The words of the comment; empty ones take back what was said of the line before.
    pub text: String,
}

/// A comment and when the agent was told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentComment {
    pub comment: Comment,
    /// The commit that was looked at, in full.
    pub head: String,
    /// Whether the comment went with a verdict.
    pub sent: bool,
}

impl Comment {
    /// Whether both are of the same line.
    pub fn is_at(&self, other: &Self) -> bool {
        (&self.path, self.side, self.line) == (&other.path, other.side, other.line)
    }

    /// Where its line is now among `lines`, each with its number: the nearest with the same text. A line of nothing but signs
    /// is found only where it was, since there are many like it, and so is one of which a secret was masked. `None`: the comment
    /// is stale.
    pub fn place<'a>(&self, lines: impl Iterator<Item = (u64, &'a str)>) -> Option<u64> {
        let telling = self.on.chars().any(char::is_alphanumeric);
        let (on, masked) = (shown(&self.on), self.on.contains(MASKED));
        let fits = |number: u64, text: &str| match masked {
            true => number == self.line,
            false => (telling || number == self.line) && shown(text) == on,
        };
        let same = lines.filter(|(number, text)| fits(*number, text));
        same.map(|(number, _)| number).min_by_key(|number| number.abs_diff(self.line))
    }

    /// The line it is on now, in the file of its side; `None`: it is stale. `file` is the file as the work has it, `base` as
    /// its base has it; `None`: it has no such file.
    pub fn now(&self, file: Option<&str>, base: Option<&str>) -> Option<u64> {
        match self.side {
            Side::New => self.place(file?.lines().zip(1..).map(|(text, number)| (number, text))),
            Side::Old => {
                let on = shown(&self.on);
                let count =
                    |text: Option<&str>| text.unwrap_or_default().lines().filter(|line| shown(line) == on).count();
                // Taken away as long as there are fewer of it than there were.
                (self.on.contains(MASKED) || count(file) < count(base)).then_some(self.line)
            }
        }
    }
}

/// The text by which a line of a file is known: harmless, without hidden signs, with tabs as spaces.
pub fn shown(line: &str) -> String {
    ShownText::of(line).without_signs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comment(on: &str, line: u64) -> Comment {
        Comment { path: "a.rs".to_owned(), side: Side::New, line, on: on.to_owned(), text: "why?".to_owned() }
    }

    fn place(comment: &Comment, file: &str) -> Option<u64> {
        comment.place(file.lines().zip(1..).map(|(text, number)| (number, text)))
    }

    #[test]
    fn a_moved_line_is_found_unless_changed() {
        assert_eq!(place(&comment("let a = 1;", 2), "fn f() {\n  // new\nlet a = 1;\n}\n"), Some(3));
        assert_eq!(place(&comment("let a = 1;", 2), "fn f() {\nlet a = 2;\n}\n"), None);
        assert_eq!(place(&comment("x", 9), "x\n\n\n\n\n\n\nx\n"), Some(8), "the nearest");
    }

    #[test]
    fn a_removed_line_stands_until_back() {
        let comment = Comment { side: Side::Old, ..comment("let a = 1;", 2) };
        let base = Some("fn f() {\nlet a = 1;\n}\n}\n");
        assert_eq!(comment.now(Some("let b = 1;\n"), base), Some(2));
        assert_eq!(comment.now(None, base), Some(2));
        assert_eq!(comment.now(Some("let b = 1;\nlet a = 1;\n"), base), None);
        let sign = Comment { on: "}".to_owned(), line: 3, ..comment };
        assert_eq!(sign.now(Some("fn f() {\nlet a = 1;\n}\n"), base), Some(3), "one of two is still taken away");
    }

    #[test]
    fn a_masked_line_keeps_its_place() {
        let comment = comment("key = \"[masked: github-token]\"", 2);
        assert_eq!(place(&comment, "a\nkey = \"secret\"\n"), Some(2));
        assert_eq!(place(&comment, "a\n"), None);
    }

    #[test]
    fn a_line_of_signs_never_moves() {
        assert_eq!(place(&comment("}", 3), "a\nb\n}\n"), Some(3));
        assert_eq!(place(&comment("}", 3), "a\nb\nc\n}\n"), None);
    }
}
