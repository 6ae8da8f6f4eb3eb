//! What reviewers said, put below the lines that it was said of.

use domain::comment::Side;
use protocol::CommentRow;

use super::parse::{DiffFile, DiffLine, LineKind};
use crate::widgets::wrapped;

/// Columns of a comment's line.
const WIDTH: usize = 68;

/// Puts each comment below its line. One whose line was changed since stands at its file's head and says so; one of a file
/// that has no changes any more is not shown here.
pub(super) fn put(files: &mut [DiffFile], lines: &mut Vec<DiffLine>, said: &[CommentRow]) {
    let mut below: Vec<(usize, Vec<DiffLine>)> = Vec::new();
    for row in said {
        let Some(file) = files.iter().position(|file| file.is_called(&row.comment.path)) else {
            continue;
        };
        let at = row.now.and_then(|now| find(lines, file, row.comment.side, now));
        below.push((at.unwrap_or(files[file].line), drawn(row, file, at.is_none())));
    }
    below.sort_by_key(|(at, _)| *at);
    // From the last one on, so that the places of those before stay right.
    for (at, drawn) in below.into_iter().rev() {
        let count = drawn.len();
        lines.splice(at + 1..at + 1, drawn);
        for file in files.iter_mut().filter(|file| file.line > at) {
            file.line += count;
        }
    }
}

fn find(lines: &[DiffLine], file: usize, side: Side, number: u64) -> Option<usize> {
    let is = |line: &DiffLine| match side {
        Side::Old => line.new.is_none() && line.old.map(u64::from) == Some(number),
        Side::New => line.new.map(u64::from) == Some(number),
    };
    lines.iter().position(|line| line.file == file && is(line))
}

fn drawn(row: &CommentRow, file: usize, elsewhere: bool) -> Vec<DiffLine> {
    let comment = &row.comment;
    let mut said = String::new();
    match (row.now, elsewhere) {
        (None, _) => said.push_str(&format!("line {}, changed since: ", comment.line)),
        (Some(now), true) => said.push_str(&format!("line {now}: ")),
        _ => {}
    }
    said.push_str(&comment.text);
    if !row.sent {
        said.push_str("  (not yet with the agent)");
    }
    let line = |text: String| DiffLine {
        kind: LineKind::Comment,
        file,
        old: None,
        new: None,
        text,
        signs: Vec::new(),
        words: Vec::new(),
    };
    wrapped(&domain::text::shown(&said), WIDTH).into_iter().map(line).collect()
}
