//! The table: which rows there are, in which order, and which one is selected.

use domain::RunId;
use domain::command::{Answer, Command};
use domain::group::Group;
use protocol::Row;

use super::details;
use crate::effect::Effect;
use crate::model::Model;

/// Takes up changed rows. New ones come at the end; the order stays until the next [`regroup`].
pub(super) fn take_up(model: &mut Model, rows: Vec<Row>) -> Vec<Effect> {
    let mut changed = false;
    for row in rows {
        let id = row.id.clone();
        changed |= model.looking.as_ref() == Some(&id);
        let hidden = row.group == Group::Finished && !model.show_finished;
        model.rows.insert(id.clone(), row);
        if !model.order.contains(&id) && !hidden {
            place(model, id);
        }
    }
    if model.cursor.is_none() {
        return regroup(model);
    }
    if changed { details::more_output(model) } else { Vec::new() }
}

/// A new row comes last in its group.
fn place(model: &mut Model, id: RunId) {
    let Some(group) = model.rows.get(&id).map(|row| row.group) else { return };
    let after = |other: &RunId| model.placed.get(other).is_some_and(|placed| *placed > group);
    let at = model.order.iter().position(after).unwrap_or(model.order.len());
    model.order.insert(at, id.clone());
    model.placed.insert(id, group);
}

/// Sorts the rows by group; the cursor stays on its run.
pub(super) fn regroup(model: &mut Model) -> Vec<Effect> {
    model.order = model.sorted();
    model.placed = model.rows.values().map(|row| (row.id.clone(), row.group)).collect();
    let there = model.cursor.as_ref().is_some_and(|id| model.order.contains(id));
    if !there {
        model.cursor = model.order.first().cloned();
    }
    details::look(model)
}

/// Moves the cursor by rows; the ends hold it.
pub(super) fn go(model: &mut Model, by: isize) -> Vec<Effect> {
    let Some(last) = model.order.len().checked_sub(1) else { return Vec::new() };
    let at = model.cursor.as_ref().and_then(|id| model.order.iter().position(|o| o == id)).unwrap_or(0);
    let to = at.saturating_add_signed(by).min(last);
    model.cursor = model.order.get(to).cloned();
    details::look(model)
}

/// The next run below the cursor that needs a person, from the top again after the last.
pub(super) fn next_in_need(model: &mut Model) -> Vec<Effect> {
    let at = model.cursor.as_ref().and_then(|id| model.order.iter().position(|o| o == id)).unwrap_or(0);
    let count = model.order.len();
    let around = (1..=count).map(|step| (at + step) % count);
    let in_need = |i: &usize| model.rows.get(&model.order[*i]).is_some_and(|row| row.needs_you);
    let found = around.into_iter().find(in_need);
    if let Some(found) = found {
        model.cursor = Some(model.order[found].clone());
    }
    details::look(model)
}

/// Has something done with the selected run.
pub(super) fn act(model: &mut Model, command: Command) -> Vec<Effect> {
    model.selected().map(|row| Effect::Act { run: row.id.clone(), command }).into_iter().collect()
}

/// The same key pauses what works and lets go on what is paused.
pub(super) fn pause_or_resume(model: &mut Model) -> Vec<Effect> {
    let paused = model.selected().is_some_and(|row| row.status == "paused");
    act(model, if paused { Command::Resume } else { Command::Pause })
}

/// Answers the question that is on the screen now, by its id.
pub(super) fn answer(model: &mut Model, answer: Answer) -> Vec<Effect> {
    let asked = model.selected().and_then(|row| Some((row.id.clone(), row.question.clone()?.id)));
    asked.map(|(run, question)| Effect::Answer { run, question, answer }).into_iter().collect()
}
