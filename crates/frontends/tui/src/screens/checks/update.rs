//! Having the output of a check sent, and going from check to check.

use domain::RunId;
use domain::attempt::AttemptKey;
use domain::check;
use protocol::Row;

use crate::effect::CockpitEffect;
use crate::model::Model;

/// The check under the cursor, and whether it runs.
fn wanted(row: &Row, at: usize) -> Option<(RunId, AttemptKey, bool)> {
    let check = row.checks.get(at).filter(|check| check.n > 0)?;
    Some((row.id.clone(), check::key(&check.name, check.n), check.running))
}

/// Asks for the output of the check under the cursor: once, and while it runs with every change of its run.
pub(crate) fn load(model: &mut Model) -> Vec<CockpitEffect> {
    let wanted = model.selected().and_then(|row| wanted(row, model.checks.at));
    let view = &mut model.checks;
    let runs = wanted.as_ref().is_some_and(|(_, _, running)| *running);
    if wanted == view.asked && (!runs || view.open) {
        return Vec::new();
    }
    let same =
        |asked: &(RunId, AttemptKey, bool)| wanted.as_ref().is_some_and(|w| (&w.0, &w.1) == (&asked.0, &asked.1));
    if !view.asked.as_ref().is_some_and(same) {
        view.output.clear();
    }
    view.asked = wanted.clone();
    view.open = wanted.is_some();
    wanted.into_iter().map(|(run, check, _)| CockpitEffect::CheckOutput { run, check }).collect()
}

pub(crate) fn loaded(model: &mut Model, run: &RunId, check: &AttemptKey, text: &str) -> Vec<CockpitEffect> {
    let view = &mut model.checks;
    if view.asked.as_ref().is_some_and(|(of, key, _)| (of, key) == (run, check)) {
        view.open = false;
        view.output = domain::text::block(text).trim_end().lines().map(str::to_owned).collect();
    }
    Vec::new()
}

pub(crate) fn scroll(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let last = model.selected().map_or(0, |row| row.checks.len().saturating_sub(1));
    model.checks.at = model.checks.at.min(last).saturating_add_signed(by).min(last);
    load(model)
}
