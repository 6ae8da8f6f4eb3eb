//! Loading a diff, and moving and searching in it.

use std::sync::Arc;

use domain::RunId;

use super::colours::Colours;
use super::parse::{Difference, LineKind};
use crate::action::Jump;
use crate::effect::CockpitEffect;
use crate::model::{Model, Tab};
use crate::screens::runs::layout;
use crate::widgets::Nth;

/// From this width on old and new stand side by side unless the person wants it otherwise.
const WIDE: u16 = 150;

/// Whether old and new stand side by side.
pub(crate) fn has_sides(model: &Model) -> bool {
    model.diff.sides.unwrap_or(layout(model).body.width >= WIDE)
}

/// Asks for the diff of the run under the cursor, for an editor that is to begin at what was changed; nothing where it is known,
/// or can't be.
pub(crate) fn asked_for_editor(model: &mut Model) -> Vec<CockpitEffect> {
    let run = model.looking.clone().filter(|run| model.cursor.as_ref() == Some(run));
    let Some(run) = run.filter(|_| model.connected && model.diff.loaded.is_none()) else { return Vec::new() };
    model.diff.for_editor = true;
    if std::mem::replace(&mut model.diff.asked, true) {
        return Vec::new();
    }
    vec![CockpitEffect::Diff { run }]
}

/// Asks for the diff when its tab is open and something may have changed since.
pub(crate) fn load(model: &mut Model) -> Vec<CockpitEffect> {
    let Some(run) = model.looking.clone().filter(|_| model.tab == Tab::Diff) else { return Vec::new() };
    let row = model.rows.get(&run);
    let said = row.and_then(|row| row.comments).map_or(0, |comments| comments.seq);
    let measured = (row.and_then(|row| row.changes_at), said);
    let view = &mut model.diff;
    if view.asked || (view.loaded.is_some() && view.measured == measured) {
        return Vec::new();
    }
    (view.asked, view.measured) = (true, measured);
    vec![CockpitEffect::Diff { run }]
}

pub(crate) fn loaded(model: &mut Model, run: &RunId, diff: Result<Arc<Difference>, String>) -> Vec<CockpitEffect> {
    if model.looking.as_ref() != Some(run) {
        return Vec::new();
    }
    let before = place(model);
    let at_cursor = super::cursor::index(model).and_then(|at| place_of(model, at));
    let view = &mut model.diff;
    view.asked = false;
    (view.found, view.nth) = (None, None);
    view.colours = vec![Vec::new(); diff.as_ref().map_or(0, |diff| diff.lines.len())];
    view.loaded = Some(diff);
    // What is being read stays where it is, as far as it is still there.
    model.diff.top = model.diff.top.min(rows(model).saturating_sub(1));
    if let Some(place) = before {
        go_to_place(model, &place);
    }
    model.diff.cursor = at_cursor.and_then(|place| row_of(model, &place));
    // What changed while it was being read is read too.
    let mut effects = load(model);
    if std::mem::take(&mut model.diff.for_editor) {
        effects.extend(crate::screens::runs::editor(model));
    }
    effects
}

pub(crate) fn coloured(model: &mut Model, of: &Arc<Difference>, colours: Colours) -> Vec<CockpitEffect> {
    let same = matches!(&model.diff.loaded, Some(Ok(shown)) if Arc::ptr_eq(shown, of));
    for (line, bits) in colours.lines.into_iter().filter(|_| same) {
        if let Some(slot) = model.diff.colours.get_mut(line) {
            *slot = bits;
        }
    }
    Vec::new()
}

/// Returns the place in the files that this line of the diff shows.
fn place_of(model: &Model, at: usize) -> Option<DiffPlace> {
    let diff = model.diff.difference()?;
    let line = diff.lines.get(at)?;
    let path = diff.files.get(line.file).map(|file| file.path.clone()).unwrap_or_default();
    Some(DiffPlace { path, kind: line.kind, old: line.old, new: line.new })
}

/// The row in which that very line stands now.
fn row_of(model: &Model, place: &DiffPlace) -> Option<usize> {
    let diff = model.diff.difference()?;
    let is = |line: &super::parse::DiffLine| {
        let same_file = diff.files.get(line.file).is_some_and(|file| file.path == place.path);
        same_file && (line.kind, line.old, line.new) == (place.kind, place.old, place.new)
    };
    let at = diff.lines.iter().position(is)?;
    match has_sides(model) {
        false => Some(at),
        true => diff.sides.iter().position(|side| match side {
            super::parse::SideRow::Both(both) => *both == at,
            super::parse::SideRow::Pair(old, new) => *old == Some(at) || *new == Some(at),
        }),
    }
}

/// Where one reads: the file, the kind of line and its numbers there.
struct DiffPlace {
    path: String,
    kind: LineKind,
    old: Option<u32>,
    new: Option<u32>,
}

/// The file and its line that stand at the top.
fn place(model: &Model) -> Option<DiffPlace> {
    let diff = model.diff.difference()?;
    let line = diff.lines.get(top_line(model)).filter(|_| model.diff.top > 0)?;
    let path = diff.files.get(line.file).map(|file| file.path.clone()).unwrap_or_default();
    // A heading is known by the first line below it.
    let numbered = diff.lines[top_line(model)..].iter().find(|line| line.old.is_some() || line.new.is_some());
    let (old, new) = numbered.map_or((None, None), |line| (line.old, line.new));
    Some(DiffPlace { path, kind: line.kind, old, new })
}

fn go_to_place(model: &mut Model, place: &DiffPlace) {
    let Some(diff) = model.diff.difference() else { return };
    let of_file = |line: &super::parse::DiffLine| diff.files.get(line.file).is_some_and(|f| f.path == place.path);
    let beyond = |here: Option<u32>, there: Option<u32>| here.is_some() && there.is_some() && here >= there;
    let is_near = |line: &super::parse::DiffLine| beyond(line.new, place.new) || beyond(line.old, place.old);
    let near = diff.lines.iter().position(|line| of_file(line) && is_near(line));
    let heading =
        near.filter(|at| *at > 0 && place.kind == LineKind::Hunk && diff.lines[at - 1].kind == LineKind::Hunk);
    if let Some(at) = heading.map(|at| at - 1).or(near).or_else(|| diff.lines.iter().position(of_file)) {
        show_line(model, at, 0);
    }
}

/// Shows a line at the top again after the view has changed.
pub(crate) fn show_again(model: &mut Model, line: usize) {
    if model.diff.top > 0 {
        show_line(model, line, 0);
    }
}

/// The line of the diff at the top of the screen.
pub(crate) fn top_line(model: &Model) -> usize {
    let Some(diff) = model.diff.difference() else { return 0 };
    match has_sides(model) {
        true => diff.sides.get(model.diff.top).map_or(0, |side| side.line()),
        false => model.diff.top,
    }
}

/// The rows there are as it is shown now.
pub(super) fn rows(model: &Model) -> usize {
    let Some(diff) = model.diff.difference() else { return 0 };
    if has_sides(model) { diff.sides.len() } else { diff.lines.len() }
}

/// Scrolls so that a line stands `above` rows below the top.
fn show_line(model: &mut Model, line: usize, above: usize) {
    let row = row_of_line(model, line);
    let most = rows(model).saturating_sub(1);
    model.diff.top = row.unwrap_or(0).saturating_sub(above).min(most);
}

/// The row that a line of the diff is in, as it is shown now.
fn row_of_line(model: &Model, line: usize) -> Option<usize> {
    let diff = model.diff.difference()?;
    match has_sides(model) {
        true => diff.sides.iter().position(|side| match side {
            super::parse::SideRow::Both(at) => *at >= line,
            super::parse::SideRow::Pair(old, new) => *old == Some(line) || *new == Some(line),
        }),
        false => Some(line),
    }
}

/// Scrolls by pages; the cursor is left behind.
pub(crate) fn page(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let height = usize::from(layout(model).body.height);
    let most = rows(model).saturating_sub(height.max(1));
    model.diff.top = model.diff.top.saturating_add_signed(by).min(most);
    Vec::new()
}

pub(crate) fn pan(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    model.diff.left = model.diff.left.saturating_add_signed(by * 8).min(2_000);
    Vec::new()
}

pub(crate) fn side_by_side(model: &mut Model) -> Vec<CockpitEffect> {
    let line = top_line(model);
    model.diff.cursor = None;
    model.diff.sides = Some(!has_sides(model));
    show_line(model, line, 0);
    Vec::new()
}

pub(crate) fn jump(model: &mut Model, to: Jump, by: isize) -> Vec<CockpitEffect> {
    let at = top_line(model);
    let Some(diff) = model.diff.difference() else { return Vec::new() };
    let kind = if to == Jump::File { LineKind::File } else { LineKind::Hunk };
    let is = |line: &usize| diff.lines[*line].kind == kind;
    let end = diff.lines.len();
    let found = if by > 0 { (at + 1..end).find(is) } else { (0..at.min(end)).rev().find(is) };
    match found {
        Some(found) => {
            let file = diff.lines[found].file;
            let mut of_file = (found..end).take_while(|line| diff.lines[*line].file == file);
            let first = of_file.find(|line| matches!(diff.lines[*line].kind, LineKind::Added | LineKind::Removed));
            show_line(model, found, 0);
            // So that something can be said of it at once.
            model.diff.cursor = first.and_then(|line| row_of_line(model, line));
        }
        None => {
            let what = if to == Jump::File { "file" } else { "change" };
            model.notice = Some(format!("there is no {} {what}", if by > 0 { "later" } else { "earlier" }));
        }
    }
    Vec::new()
}

pub(crate) fn go_to_match(model: &mut Model, wanted: &str, by: isize) -> bool {
    let height = usize::from(layout(model).body.height);
    let at = model.diff.found.unwrap_or_else(|| top_line(model));
    let begun = model.diff.found.is_some();
    let Some(diff) = model.diff.difference() else { return false };
    let has = |line: &usize| !crate::widgets::places(&diff.lines[*line].text, wanted).is_empty();
    let end = diff.lines.len();
    // Behind the last one the first one comes.
    let found = match by {
        1.. if begun => (at + 1..end).chain(0..at.min(end)).find(has),
        0 | 1.. => (at..end).chain(0..at.min(end)).find(has),
        _ => (0..at.min(end)).rev().chain((at + 1..end).rev()).find(has),
    };
    let Some(found) = found else { return false };
    let nth = Nth::count((0..end).filter(has), found, false);
    (model.diff.found, model.diff.nth) = (Some(found), Some(nth));
    show_line(model, found, height / 3);
    true
}
