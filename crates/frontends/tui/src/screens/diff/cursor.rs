//! The line of a diff that a reviewer is at, and what can be said of it.

use domain::comment::{Comment, Side as Of};
use domain::text::ShownText;

use protocol::CommentRow;

use super::parse::{DiffFile, DiffLine, SideRow};
use super::update::{has_sides, rows};
use crate::effect::CockpitEffect;
use crate::model::Model;
use crate::screens::runs::layout;

/// Moves the cursor by rows, and what is shown with it. The first move puts it on the screen.
pub(crate) fn line(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let (height, count) = (usize::from(layout(model).body.height).max(1), rows(model));
    let top = model.diff.top;
    let last = count.saturating_sub(1);
    let seen = |row: &usize| (top..top + height).contains(row);
    let at = match (model.diff.cursor.filter(seen), by) {
        (Some(row), by) => row.saturating_add_signed(by).min(last),
        (None, isize::MIN) => 0,
        (None, isize::MAX) => last,
        (None, by) if by < 0 => (top + height - 1).min(last),
        (None, _) => top.min(last),
    };
    model.diff.cursor = (count > 0).then_some(at);
    let most = count.saturating_sub(height);
    model.diff.top = model.diff.top.min(at).max((at + 1).saturating_sub(height)).min(most.max(at.min(top)));
    Vec::new()
}

/// The line of the diff that the cursor is at; side by side the newer one.
pub(super) fn index(model: &Model) -> Option<usize> {
    let row = model.diff.cursor?;
    match has_sides(model) {
        false => Some(row),
        true => match model.diff.difference()?.sides.get(row)? {
            SideRow::Both(at) | SideRow::Pair(_, Some(at)) | SideRow::Pair(Some(at), None) => Some(*at),
            SideRow::Pair(None, None) => None,
        },
    }
}

/// The file, as it is now, and the line that an editor is to begin at: those that are looked at, else the first changed file.
pub(crate) fn at(model: &Model) -> Option<(String, Option<u64>)> {
    let diff = model.diff.difference().filter(|_| model.looking == model.cursor)?;
    let is_there = |file: &&DiffFile| file.status != 'D';
    let looked_at = index(model).filter(|_| model.open_tab() == crate::model::Tab::Diff);
    let looked_at = looked_at.and_then(|at| diff.lines.get(at));
    let of_line = looked_at.and_then(|line| Some((diff.files.get(line.file).filter(is_there)?, line.new)));
    let (file, line) = of_line.or_else(|| diff.files.iter().find(is_there).map(|file| (file, None)))?;
    Some((file.name.clone(), line.map(u64::from)))
}

/// Returns the comment for the line under the cursor: the one that was made and waits for a verdict, or an empty one.
pub(crate) fn under(model: &Model) -> Option<Comment> {
    if model.open_tab() != crate::model::Tab::Diff {
        return None;
    }
    let diff = model.diff.difference()?;
    let line: &DiffLine = diff.lines.get(index(model)?)?;
    let (side, number) = match (line.new, line.old) {
        (Some(new), _) => (Of::New, new),
        (None, Some(old)) => (Of::Old, old),
        (None, None) => return None,
    };
    let file = diff.files.get(line.file)?;
    let line_number = u64::from(number);
    let of = |known: &Comment| file.is_called(&known.path) && known.side == side;
    let waits = |row: &&CommentRow| !row.sent && of(&row.comment) && row.now == Some(line_number);
    if let Some(said) = diff.comments.iter().find(waits) {
        return Some(said.comment.clone());
    }
    let shown = ShownText { text: line.text.clone(), signs: line.signs.clone() };
    let (path, on) = (file.name.clone(), shown.without_signs());
    Some(Comment { path, side, line: line_number, on, text: String::new() })
}
