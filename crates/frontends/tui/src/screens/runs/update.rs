//! The table: which rows there are, in which order, and which one is selected.

use domain::RunId;
use domain::group::Group;
use protocol::Row;

use super::layout::{first_line, layout};
use crate::effect::CockpitEffect;
use crate::model::{Finished, Model, Sort};
use crate::screens::details;

/// Takes up all rows there are; others are gone.
pub(crate) fn replace(model: &mut Model, rows: Vec<Row>) -> Vec<CockpitEffect> {
    let rows: Vec<Row> = rows.into_iter().map(|row| row.by_clock(|at| model.when(at))).collect();
    let known = !model.rows.is_empty();
    let before = std::mem::take(&mut model.rows);
    model.rows = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    model.marks.retain(|id| model.rows.contains_key(id));
    // At the start nothing begins to need a person: it is what the person comes to see.
    let mut effects: Vec<CockpitEffect> =
        model.rows.values().filter(|_| known).filter_map(|row| need(before.get(&row.id), row)).collect();
    effects.extend(regroup(model));
    effects
}

/// Takes up changed rows. New ones come at the end; the order stays until the next [`regroup`].
pub(crate) fn take_up(model: &mut Model, rows: Vec<Row>) -> Vec<CockpitEffect> {
    let mut effects = Vec::new();
    let mut changed = false;
    for row in rows {
        let row = row.by_clock(|at| model.when(at));
        let id = row.id.clone();
        changed |= model.looking.as_ref() == Some(&id);
        let wanted = model.is_wanted(&row);
        effects.extend(need(model.rows.get(&id), &row));
        model.rows.insert(id.clone(), row);
        if wanted && !model.order.contains(&id) {
            place(model, id);
        }
    }
    if model.cursor.is_none() {
        effects.extend(regroup(model));
    } else if changed {
        effects.extend(details::changed(model));
    }
    effects
}

/// Takes up all agents that were started by hand: those that are no more among them have ended and go.
pub(crate) fn take_up_observed(model: &mut Model, rows: Vec<Row>) -> Vec<CockpitEffect> {
    let gone = |id: &RunId, row: &Row| row.is_observed() && !rows.iter().any(|row| row.id == *id);
    let gone: Vec<RunId> = model.rows.iter().filter(|(id, row)| gone(id, row)).map(|(id, _)| id.clone()).collect();
    let mut effects = take_up(model, rows);
    let at = model.cursor.as_ref().and_then(|id| model.order.iter().position(|known| known == id));
    for id in &gone {
        model.rows.remove(id);
        model.marks.remove(id);
        model.placed.remove(id);
    }
    // The others keep their places.
    model.order.retain(|id| !gone.contains(id));
    if model.cursor.as_ref().is_some_and(|id| gone.contains(id)) {
        model.cursor = model.order.get(at.unwrap_or(0).min(model.order.len().saturating_sub(1))).cloned();
        effects.extend(details::look(model));
    }
    effects
}

/// Returns the effect that tells of a run which begins to need a person, once.
fn need(before: Option<&Row>, row: &Row) -> Option<CockpitEffect> {
    let same = before.is_some_and(|before| {
        let asks = |row: &Row| row.question.as_ref().map(|question| question.id.clone());
        before.needs_you && before.status == row.status && asks(before) == asks(row)
    });
    (row.needs_you && !same).then(|| CockpitEffect::Notify {
        title: domain::text::line(&row.name),
        body: domain::text::line(&super::why(row)),
    })
}

/// Puts a new row last under its heading.
fn place(model: &mut Model, id: RunId) {
    let Some(heading) = model.rows.get(&id).map(|row| model.heading(row)) else { return };
    let after = |other: &RunId| model.placed.get(other).is_some_and(|placed| *placed > heading);
    let at = model.order.iter().position(after).unwrap_or(model.order.len());
    model.order.insert(at, id.clone());
    model.placed.insert(id, heading);
}

/// Sorts the rows; the cursor stays on its run.
pub(crate) fn regroup(model: &mut Model) -> Vec<CockpitEffect> {
    let was = model.cursor.as_ref().and_then(|id| model.order.iter().position(|known| known == id));
    model.order = model.sorted();
    model.placed = model.rows.values().map(|row| (row.id.clone(), model.heading(row))).collect();
    let there = model.cursor.as_ref().is_some_and(|id| model.order.contains(id));
    if !there {
        // What is gone leaves the cursor where it was.
        let at = was.unwrap_or(0).min(model.order.len().saturating_sub(1));
        model.cursor = model.order.get(at).cloned();
    }
    details::look(model)
}

/// Moves the cursor by rows; the ends hold it.
pub(crate) fn go(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let Some(last) = model.order.len().checked_sub(1) else { return Vec::new() };
    let at = model.cursor.as_ref().and_then(|id| model.order.iter().position(|o| o == id)).unwrap_or(0);
    let to = at.saturating_add_signed(by).min(last);
    model.cursor = model.order.get(to).cloned();
    details::look(model)
}

pub(crate) fn select(model: &mut Model, run: RunId) -> Vec<CockpitEffect> {
    if model.cursor.as_ref() == Some(&run) {
        return details::open(model);
    }
    model.cursor = Some(run);
    details::look(model)
}

/// Goes to the next run below the cursor that needs a person, from the top again after the last. One that a filter
/// hides is shown: a need is never out of reach.
pub(crate) fn next_in_need(model: &mut Model) -> Vec<CockpitEffect> {
    let needy = |model: &Model, id: &RunId| model.rows.get(id).is_some_and(|row| row.needs_you);
    let mut effects = Vec::new();
    if !model.order.iter().any(|id| needy(model, id)) {
        model.filter.clear();
        effects = regroup(model);
    }
    let at = model.cursor.as_ref().and_then(|id| model.order.iter().position(|o| o == id)).unwrap_or(0);
    let count = model.order.len();
    let around = (1..=count).map(|step| (at + step) % count);
    let found = around.into_iter().find(|i| needy(model, &model.order[*i]));
    if let Some(found) = found {
        model.cursor = Some(model.order[found].clone());
    }
    effects.extend(details::look(model));
    effects
}

/// Marks the run under the cursor, or takes its mark away, and goes to the next.
pub(crate) fn mark(model: &mut Model) -> Vec<CockpitEffect> {
    let Some(id) = model.cursor.clone() else { return Vec::new() };
    if !model.marks.remove(&id) {
        model.marks.insert(id);
    }
    go(model, 1)
}

/// Marks what is shown; takes all marks away when everything is marked.
pub(crate) fn mark_all(model: &mut Model) -> Vec<CockpitEffect> {
    let all = model.order.iter().all(|id| model.marks.contains(id));
    model.marks = if all { Default::default() } else { model.order.iter().cloned().collect() };
    Vec::new()
}

pub(crate) fn sort(model: &mut Model) -> Vec<CockpitEffect> {
    let at = Sort::ALL.iter().position(|sort| *sort == model.sort).unwrap_or(0);
    model.sort = Sort::ALL[(at + 1) % Sort::ALL.len()];
    model.notice = Some(format!("sorted by {}", model.sort.says()));
    regroup(model)
}

pub(crate) fn show_finished(model: &mut Model) -> Vec<CockpitEffect> {
    let dismissed = model.rows.values().filter(|row| row.dismissed).count();
    model.finished = match model.finished {
        Finished::Kept if dismissed > 0 => Finished::All,
        Finished::Kept | Finished::All => Finished::Hidden,
        Finished::Hidden => Finished::Kept,
    };
    if model.finished == Finished::Hidden && model.selected().is_some_and(|row| row.group == Group::Finished) {
        let stays = |id: &&RunId| model.rows.get(*id).is_some_and(|row| row.group != Group::Finished);
        model.cursor = model.order.iter().rev().find(stays).cloned();
    }
    let n = model.rows.values().filter(|row| row.group == Group::Finished).count();
    model.notice = Some(match model.finished {
        Finished::Kept => format!("{} shown", crate::widgets::count(n - dismissed.min(n), "finished run")),
        Finished::All => {
            format!("{} shown, {dismissed} of them dismissed or removed", crate::widgets::count(n, "finished run"))
        }
        Finished::Hidden => format!("{} hidden", crate::widgets::count(n, "finished run")),
    });
    regroup(model)
}

pub(crate) fn by_repository(model: &mut Model) -> Vec<CockpitEffect> {
    model.by_repository = !model.by_repository;
    regroup(model)
}

/// Scrolls the table so that the cursor is in view.
pub(crate) fn keep_in_view(model: &mut Model) {
    let height = usize::from(layout(model).table.height);
    if height > 0 {
        model.table_top = first_line(model, model.table_top, height);
    }
}
