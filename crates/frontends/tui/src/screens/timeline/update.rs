//! Moving, folding and filtering in the timeline, and taking up its events.

use domain::RunId;

use super::lines::{DrawnLine, Kinds, TimelineLine};
use crate::effect::CockpitEffect;
use crate::model::{Focus, Model, Tab};
use crate::screens::runs::layout;
use crate::widgets::Nth;

/// Events that are loaded when a run is first looked into.
pub(crate) const LAST: u64 = 200;
/// Events that are kept.
const KEPT: usize = 20_000;

/// Takes up events, new ones or older ones that were asked for.
pub(crate) fn events(model: &mut Model, run: &RunId, lines: Vec<String>) -> Vec<CockpitEffect> {
    if model.looking.as_ref() != Some(run) {
        return Vec::new();
    }
    let before = place(model);
    let view = &mut model.timeline;
    view.asked = false;
    let (first, last) = (view.lines.front().map(|line| line.seq), view.lines.back().map(|line| line.seq));
    let mut older = Vec::new();
    for line in lines.into_iter().filter_map(TimelineLine::read) {
        match (first, last) {
            (Some(first), _) if line.seq < first => older.push(line),
            (_, Some(last)) if line.seq <= last => {}
            _ => view.lines.push_back(line),
        }
    }
    for line in older.into_iter().rev() {
        view.lines.push_front(line);
    }
    if view.lines.len() > KEPT && view.cursor.is_none() {
        view.lines.drain(..view.lines.len() - KEPT);
    }
    // What is being read stays where it is while new lines come above it.
    if let (Some(before), Some(now)) = (before, place(model)) {
        model.timeline.top += now.saturating_sub(before);
    }
    Vec::new()
}

/// The line of the cursor.
fn place(model: &Model) -> Option<usize> {
    let cursor = model.timeline.cursor?;
    model.timeline.shown().iter().position(|shown| shown.seq() == cursor && !matches!(shown, DrawnLine::More(..)))
}

/// Moves the cursor; while the runs have the keys only the view moves.
pub(crate) fn go(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let height = usize::from(layout(model).body.height).max(1);
    let shown = model.timeline.shown();
    let count = shown.len();
    let Some(last) = count.checked_sub(1) else { return Vec::new() };
    if model.focus == Focus::Runs {
        model.timeline.top = model.timeline.top.saturating_add_signed(by).min(last);
        return Vec::new();
    }
    let at = place(model).unwrap_or(0);
    let of_event = shown[at..].iter().skip(1).take_while(|s| matches!(s, DrawnLine::More(..))).count();
    let top = model.timeline.top;
    // An event that is longer than the screen is read to its end before the cursor leaves it.
    if by > 0 && by < isize::MAX && at + of_event >= top + height {
        model.timeline.top = top.saturating_add_signed(by).min(at + of_event + 1 - height);
        return Vec::new();
    }
    if by < 0 && by > isize::MIN && at < top {
        model.timeline.top = top.saturating_add_signed(by).max(at);
        return Vec::new();
    }
    let mut to = at.saturating_add_signed(by).min(last);
    let shown = model.timeline.shown();
    while matches!(shown[to], DrawnLine::More(..)) && to != 0 && to != last {
        to = if by < 0 { to - 1 } else { to + 1 };
    }
    let seq = shown[to].seq();
    let at_newest = to == 0;
    let unfolded_after = shown[to..].iter().skip(1).take_while(|s| matches!(s, DrawnLine::More(..))).count();
    let top = model.timeline.top;
    let top = top.max((to + 1 + unfolded_after.min(height - 1)).saturating_sub(height)).min(to);
    model.timeline.top = top;
    model.timeline.cursor = (!at_newest).then_some(seq);
    earlier(model, to + height >= count)
}

/// Asks for what lies before the first event that is loaded, when the end is near.
fn earlier(model: &mut Model, near: bool) -> Vec<CockpitEffect> {
    let view = &mut model.timeline;
    let first = view.lines.front().map_or(1, |line| line.seq);
    if !near || first <= 1 || view.asked || view.lines.len() >= KEPT {
        return Vec::new();
    }
    view.asked = true;
    let last = (view.lines.len() as u64).saturating_mul(4).min(KEPT as u64);
    vec![CockpitEffect::Look { run: model.looking.clone(), last }]
}

/// The event under the cursor.
fn current(model: &Model) -> Option<TimelineLine> {
    let shown = model.timeline.shown();
    let line = match model.timeline.cursor {
        Some(seq) => shown.iter().find(|shown| shown.seq() == seq)?,
        None => shown.first()?,
    };
    match line {
        DrawnLine::Event(line) | DrawnLine::Folded(line, _) => Some((*line).clone()),
        DrawnLine::More(..) => None,
    }
}

/// Shows all of an event; the beginning of a phase folds what happened in it.
pub(crate) fn unfold(model: &mut Model) -> Vec<CockpitEffect> {
    let Some(line) = current(model) else { return Vec::new() };
    let view = &mut model.timeline;
    match line.attempt.filter(|_| line.kind == "phase.started") {
        Some(attempt) => {
            if !view.folded.remove(&attempt) {
                view.folded.insert(attempt);
            }
            view.cursor = Some(line.seq);
        }
        None => {
            if !view.unfolded.remove(&line.seq) {
                view.unfolded.insert(line.seq);
            }
        }
    }
    keep_in_view(model);
    Vec::new()
}

pub(crate) fn fold_all(model: &mut Model) -> Vec<CockpitEffect> {
    let view = &mut model.timeline;
    if view.folded.is_empty() {
        let begun = view.lines.iter().filter(|line| line.kind == "phase.started");
        view.folded = begun.filter_map(|line| line.attempt.clone()).collect();
    } else {
        view.folded.clear();
    }
    view.follow();
    Vec::new()
}

pub(crate) fn kinds(model: &mut Model) -> Vec<CockpitEffect> {
    let at = Kinds::ALL.iter().position(|kinds| *kinds == model.timeline.kinds).unwrap_or(0);
    model.timeline.kinds = Kinds::ALL[(at + 1) % Kinds::ALL.len()];
    model.timeline.follow();
    Vec::new()
}

fn keep_in_view(model: &mut Model) {
    let height = usize::from(layout(model).body.height).max(1);
    if let Some(at) = place(model) {
        model.timeline.top = model.timeline.top.max((at + 1).saturating_sub(height)).min(at);
    }
}

/// Goes to the next event that has the text; later ones are below, in the past.
pub(crate) fn go_to_match(model: &mut Model, wanted: &str, by: isize) -> bool {
    debug_assert_eq!(model.tab, Tab::Timeline, "the tab that is searched is open");
    let wanted = wanted.to_lowercase();
    let shown = model.timeline.shown();
    // What an unfolded event says is searched with it.
    let has = |at: usize| match &shown[at] {
        DrawnLine::Event(line) | DrawnLine::Folded(line, _) => {
            let more = shown[at + 1..].iter().map_while(|line| match line {
                DrawnLine::More(_, text) => Some(text),
                _ => None,
            });
            line.said.line.to_lowercase().contains(&wanted)
                || line.said.word.contains(&wanted)
                || more.into_iter().any(|text| text.to_lowercase().contains(&wanted))
        }
        DrawnLine::More(..) => false,
    };
    let at = place(model).unwrap_or(0);
    // Behind the last one the first one comes.
    let found = match by {
        0 => (at..shown.len()).chain(0..at).find(|at| has(*at)),
        1.. => (at + 1..shown.len()).chain(0..at).find(|at| has(*at)),
        _ => (0..at).rev().chain((at + 1..shown.len()).rev()).find(|at| has(*at)),
    };
    let Some(found) = found else { return false };
    let nth = Nth::count((0..shown.len()).filter(|at| has(*at)), found, false);
    let seq = shown[found].seq();
    (model.timeline.cursor, model.timeline.nth) = (Some(seq), Some(nth));
    keep_in_view(model);
    true
}
