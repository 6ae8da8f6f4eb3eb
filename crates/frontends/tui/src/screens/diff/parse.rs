//! A unified diff as git words it, as lines that can be drawn.

use std::ops::Range;

use domain::text::{ShownText, Signs};
use protocol::{CommentRow, DiffReply, FileChange};

use super::{comments, words};

/// The kind of a line of a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    File,
    Hunk,
    Same,
    Removed,
    Added,
    /// A remark of git on the file: its mode, that it is binary, that it has no last newline.
    Note,
    /// A reviewer's comment on the line above, or, where that line was changed since, on the file.
    Comment,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DiffLine {
    pub(crate) kind: LineKind,
    /// Which file the line belongs to.
    pub(crate) file: usize,
    /// The line's number in the old file, from 1.
    pub(crate) old: Option<u32>,
    pub(crate) new: Option<u32>,
    /// The line's text, harmless, with everything in it that is hidden.
    pub(crate) text: String,
    /// Byte ranges of the text that stand for hidden signs.
    pub(crate) signs: Vec<Range<usize>>,
    /// The words that differ from the line it is paired with, in bytes.
    pub(crate) words: Vec<Range<usize>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DiffFile {
    /// The path as it is shown.
    pub(crate) path: String,
    /// The path as the file is really called.
    pub(crate) name: String,
    /// The change as `git status --short` has it: `A`, `M`, `D`, `R`, `T` for another mode.
    pub(crate) status: char,
    /// Lines that were added; `None` for a binary.
    pub(crate) added: Option<u64>,
    pub(crate) removed: Option<u64>,
    /// Hidden signs in the file's lines.
    pub(crate) signs: Signs,
    /// The file's first line.
    pub(crate) line: usize,
}

impl DiffFile {
    /// Whether a comment with this path is of it.
    pub(super) fn is_called(&self, path: &str) -> bool {
        self.name == path || self.path == path
    }
}

/// A row of the side-by-side view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SideRow {
    /// A line over both sides.
    Both(usize),
    Pair(Option<usize>, Option<usize>),
}

impl SideRow {
    /// The first line of the diff that stands in it.
    pub(crate) fn line(self) -> usize {
        match self {
            Self::Both(line) | Self::Pair(Some(line), _) | Self::Pair(None, Some(line)) => line,
            Self::Pair(None, None) => 0,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Difference {
    pub(crate) files: Vec<DiffFile>,
    pub(crate) lines: Vec<DiffLine>,
    pub(crate) sides: Vec<SideRow>,
    /// The text was cut: there is more than is shown.
    pub(crate) cut: bool,
    pub(crate) comments: Vec<CommentRow>,
}

/// Reads git's text. What is not understood is shown as it stands.
pub(crate) fn parse(reply: &DiffReply) -> Difference {
    let mut reader = Reader::default();
    for line in reply.text.split_terminator('\n') {
        reader.line(line);
    }
    let Reader { mut files, mut lines, .. } = reader;
    // The counts come with the names in the same order, and those names are not quoted.
    if files.len() == reply.files.len() || reply.cut {
        for (file, FileChange { path, added, removed }) in files.iter_mut().zip(&reply.files) {
            (file.path, file.name) = (domain::text::shown(path), path.clone());
            (file.added, file.removed) = (*added, *removed);
        }
    }
    for file in &files {
        lines[file.line].text.clone_from(&file.path);
    }
    comments::put(&mut files, &mut lines, &reply.comments);
    let sides = pair(&mut lines);
    Difference { files, lines, sides, cut: reply.cut, comments: reply.comments.clone() }
}

#[derive(Default)]
struct Reader {
    files: Vec<DiffFile>,
    lines: Vec<DiffLine>,
    /// Lines of the hunk that are still to come, on each side.
    left: (u32, u32),
    next: (u32, u32),
}

impl Reader {
    fn line(&mut self, raw: &str) {
        if self.left != (0, 0) {
            return self.in_hunk(raw);
        }
        if let Some(names) = raw.strip_prefix("diff --git ") {
            let path = names.rsplit_once(" b/").map_or(names, |(_, new)| new);
            let (path, name) = (domain::text::shown(path), path.to_owned());
            let line = self.lines.len();
            self.files.push(DiffFile {
                path,
                name,
                status: 'M',
                added: None,
                removed: None,
                signs: Signs::default(),
                line,
            });
            self.push(LineKind::File, "");
        } else if let Some(rest) = raw.strip_prefix("@@ ") {
            let sides = rest.split(" @@").next().unwrap_or("");
            let mut ranges = sides.split(' ').map(range);
            let (old, new) = (ranges.next().flatten(), ranges.next().flatten());
            if let (Some((old, n)), Some((new, m))) = (old, new) {
                (self.next, self.left) = ((old, new), (n, m));
            }
            self.push(LineKind::Hunk, raw);
        } else if raw.starts_with("\\ ") {
            self.push(LineKind::Note, raw);
        } else if let Some(file) = self.files.last_mut() {
            let status = [
                ("new file mode", 'A'),
                ("deleted file mode", 'D'),
                ("rename from", 'R'),
                ("copy from", 'C'),
                ("old mode", 'T'),
            ];
            let found = status.iter().find(|(begin, _)| raw.starts_with(begin));
            if let Some((_, status)) = found {
                file.status = *status;
            }
            let dull = ["index ", "--- ", "+++ ", "similarity ", "dissimilarity "];
            if !raw.is_empty() && !dull.iter().any(|begin| raw.starts_with(begin)) {
                self.push(LineKind::Note, raw);
            }
        }
    }

    fn in_hunk(&mut self, raw: &str) {
        let (kind, text) = match raw.as_bytes().first() {
            Some(b'+') => (LineKind::Added, &raw[1..]),
            Some(b'-') => (LineKind::Removed, &raw[1..]),
            Some(b'\\') => (LineKind::Note, raw),
            // Some mailers cut the space of an empty line.
            Some(b' ') => (LineKind::Same, &raw[1..]),
            _ => (LineKind::Same, raw),
        };
        self.push(kind, text);
    }

    fn push(&mut self, kind: LineKind, text: &str) {
        let (old, new) = self.next;
        let file = self.files.len().saturating_sub(1);
        let (old, new) = match kind {
            LineKind::Same => (Some(old), Some(new)),
            LineKind::Removed => (Some(old), None),
            LineKind::Added => (None, Some(new)),
            LineKind::File | LineKind::Hunk | LineKind::Note | LineKind::Comment => (None, None),
        };
        if old.is_some() {
            self.next.0 += 1;
            self.left.0 = self.left.0.saturating_sub(1);
        }
        if new.is_some() {
            self.next.1 += 1;
            self.left.1 = self.left.1.saturating_sub(1);
        }
        let shown = ShownText::of(text);
        if let Some(file) = self.files.last_mut() {
            file.signs.add(&shown);
        }
        let ShownText { text, signs } = shown;
        self.lines.push(DiffLine { kind, file, old, new, text, signs, words: Vec::new() });
    }
}

/// `-12,3` as its first line and its count.
fn range(text: &str) -> Option<(u32, u32)> {
    let text = text.get(1..)?;
    match text.split_once(',') {
        Some((first, count)) => Some((first.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

/// Pairs removed lines with the added ones that follow them, and marks the words in which they differ.
fn pair(lines: &mut [DiffLine]) -> Vec<SideRow> {
    let mut sides = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        match lines[at].kind {
            LineKind::Same => sides.push(SideRow::Pair(Some(at), Some(at))),
            LineKind::File | LineKind::Hunk | LineKind::Note | LineKind::Comment => sides.push(SideRow::Both(at)),
            LineKind::Removed | LineKind::Added => {
                let block = Block::at(lines, at);
                for n in 0..block.removed.len().max(block.added.len()) {
                    let (old, new) = (block.removed.get(n).copied(), block.added.get(n).copied());
                    if let (Some(old), Some(new)) = (old, new) {
                        (lines[old].words, lines[new].words) = words::differ(&lines[old].text, &lines[new].text);
                    }
                    sides.push(SideRow::Pair(old, new));
                    // What was said of either stands below both.
                    for line in [old, new].into_iter().flatten() {
                        let said = (line + 1..block.end).take_while(|at| lines[*at].kind == LineKind::Comment);
                        sides.extend(said.map(SideRow::Both));
                    }
                }
                at = block.end;
                continue;
            }
        }
        at += 1;
    }
    sides
}

/// Removed lines and the added ones that follow them, with what was said of them in between.
struct Block {
    removed: Vec<usize>,
    added: Vec<usize>,
    end: usize,
}

impl Block {
    fn at(lines: &[DiffLine], from: usize) -> Self {
        let mut block = Self { removed: Vec::new(), added: Vec::new(), end: from };
        for (at, line) in lines.iter().enumerate().skip(from) {
            match line.kind {
                LineKind::Removed if block.added.is_empty() => block.removed.push(at),
                LineKind::Added => block.added.push(at),
                LineKind::Comment => {}
                _ => break,
            }
            block.end = at + 1;
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(text: &str, files: &[&str]) -> Difference {
        let change = |path: &&str| FileChange { path: (*path).to_owned(), added: Some(1), removed: None };
        let files = files.iter().map(change).collect();
        parse(&DiffReply {
            from: "f".repeat(40),
            text: text.to_owned(),
            bytes: None,
            files,
            cut: false,
            left_out: Vec::new(),
            comments: Vec::new(),
        })
    }

    #[test]
    fn hunk_counts_decide_a_lines_kind() {
        let text = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,3 +1,2 @@ fn f()\n same\n--- a comment\n-\n+++ b\n\\ No newline at end of file\ndiff --git a/y b/y\nnew file mode 100755\nBinary files /dev/null and b/y differ\n";
        let got = difference(text, &["x", "y\u{1b}[31m"]);
        let kinds: Vec<_> = got.lines.iter().map(|line| (line.kind, line.old, line.new)).collect();
        assert_eq!(
            kinds,
            [
                (LineKind::File, None, None),
                (LineKind::Hunk, None, None),
                (LineKind::Same, Some(1), Some(1)),
                (LineKind::Removed, Some(2), None),
                (LineKind::Removed, Some(3), None),
                (LineKind::Added, None, Some(2)),
                (LineKind::Note, None, None),
                (LineKind::File, None, None),
                (LineKind::Note, None, None),
                (LineKind::Note, None, None),
            ]
        );
        assert_eq!(got.lines[3].text, "-- a comment");
        assert_eq!(
            got.files.iter().map(|f| (f.path.as_str(), f.status)).collect::<Vec<_>>(),
            [("x", 'M'), ("y^[[31m", 'A')]
        );
        assert_eq!(
            got.sides[2..5],
            [SideRow::Pair(Some(2), Some(2)), SideRow::Pair(Some(3), Some(5)), SideRow::Pair(Some(4), None)]
        );
    }

    #[test]
    fn reading_any_text_fails_never() {
        for text in ["", "@@ -1 +1 @@", "+x", "diff --git", "diff --git a/a b/a\n@@ -x +y @@\n+a", "@@ -1,9 +1,9 @@\nü"]
        {
            let got = difference(text, &["a"]);
            assert!(got.lines.len() <= text.lines().count());
        }
    }
}
