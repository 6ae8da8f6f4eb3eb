//! Reading on, reading back, scrolling and searching in an agent's output.

use domain::RunId;
use domain::attempt::AttemptKey;
use protocol::{Output, OutputFile, OutputRange};

use crate::effect::CockpitEffect;
use crate::model::{Model, Tab};
use crate::screens::runs::layout;
use crate::widgets::Nth;

/// Asks for the next piece while one may have come. Another attempt has another output.
pub(crate) fn more(model: &mut Model) -> Vec<CockpitEffect> {
    let Some(row) = model.looking.as_ref().and_then(|run| model.rows.get(run)) else { return Vec::new() };
    let last = row.phase.as_ref().map(|phase| (phase.name.clone(), phase.attempt));
    if model.output.attempt.is_none() && model.output.of != last {
        model.output.forget();
        model.output.of = last;
    }
    let view = &model.output;
    if model.open_tab() != Tab::Output || view.asked || view.over {
        return Vec::new();
    }
    // The last lines first: they are what one wants to see.
    let piece = view.next().map_or(OutputRange::Before(u64::MAX), OutputRange::Lines);
    ask(model, piece)
}

fn ask(model: &mut Model, piece: OutputRange) -> Vec<CockpitEffect> {
    let Some(run) = model.looking.clone() else { return Vec::new() };
    let view = &mut model.output;
    view.asked = true;
    let file = if view.errors { OutputFile::Stderr } else { OutputFile::Stdout };
    vec![CockpitEffect::Output { run, number: view.number, attempt: view.attempt.clone(), file, piece }]
}

/// Asks for what stands before the window when its beginning comes near.
fn earlier(model: &mut Model) -> Vec<CockpitEffect> {
    let height = usize::from(layout(model).body.height);
    let view = &model.output;
    let near = view.searches || view.scroll + 2 * height >= view.count();
    if !near || view.asked || view.begin() == 0 {
        return Vec::new();
    }
    let piece = OutputRange::Before(view.begin());
    ask(model, piece)
}

/// Shows that the piece that was asked for can't be had.
pub(crate) fn refused(model: &mut Model, number: u64, why: String) -> Vec<CockpitEffect> {
    if model.output.number == number {
        (model.output.asked, model.output.heard, model.output.searches) = (false, true, false);
        model.notice = Some(why);
    }
    Vec::new()
}

/// Takes up a piece.
pub(crate) fn piece(model: &mut Model, run: &RunId, number: u64, piece: Output) -> Vec<CockpitEffect> {
    if model.looking.as_ref() != Some(run) || model.output.number != number {
        return Vec::new();
    }
    let agent = || model.rows.get(run).and_then(|row| agents::find(&row.agent)).map(|agent| agent.dialect);
    let told = piece.reads.as_deref().and_then(agents::Dialect::named);
    let spoken = told.or_else(agent).filter(|_| !model.output.errors);
    let dialect = spoken.unwrap_or(agents::Dialect::Plain);
    // What looks like a secret is on nobody's screen; the file has the bytes.
    let hide = |line: String| proof::Rules::built_in().mask_text(&line);
    let read = |text: &str| agents::Transcript::of(dialect, text).into_iter().map(hide).collect::<Vec<_>>();
    let view = &mut model.output;
    let first = !view.heard;
    let reads_back = !first && piece.from < view.begin();
    view.asked = false;
    view.heard = true;
    view.len = piece.len;
    if reads_back {
        view.before(&piece, read);
        return match view.search.clone().filter(|_| view.searches) {
            Some(wanted) => go_to_match(model, &wanted, 1).1,
            None => earlier(model),
        };
    }
    let nothing_new = piece.text.is_empty();
    let added = view.after(&piece, read);
    // Why it wrote nothing else stands there, such as a login that has expired.
    if piece.over && view.is_at_end() && view.count() == 0 && !view.errors {
        view.turn_to_errors();
        return more(model);
    }
    view.over = piece.over && view.is_at_end() && !first;
    // What is being read stays where it is while new lines come.
    if view.scroll > 0 {
        view.scroll += added;
    }
    let mut effects = if nothing_new { Vec::new() } else { more(model) };
    if effects.is_empty() {
        effects = earlier(model);
    }
    effects
}

/// Goes down or up by lines; up is negative and goes into the past.
pub(crate) fn scroll(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let height = usize::from(layout(model).body.height);
    let view = &mut model.output;
    // Wrapped lines take more rows than one, so there every line may stand at the bottom.
    let rows = if view.wrap { 1 } else { height.min(view.count()).max(1) };
    let most = view.count().saturating_sub(rows);
    view.scroll = view.scroll.saturating_add_signed(by.saturating_neg()).min(most);
    (view.found, view.nth) = (None, None);
    view.searches = false;
    if by > 0 { Vec::new() } else { earlier(model) }
}

/// Shows the attempt before or after.
pub(crate) fn attempt(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let begun = model.timeline.lines.iter().filter(|line| line.kind == "attempt.started");
    let known: Vec<AttemptKey> =
        begun.filter_map(|line| line.attempt.clone()).map(|(phase, attempt)| AttemptKey { phase, attempt }).collect();
    let at = match &model.output.attempt {
        Some(key) => known.iter().position(|known| known == key),
        None => known.len().checked_sub(1),
    };
    let to = at.and_then(|at| at.checked_add_signed(by)).filter(|to| *to < known.len());
    let Some(to) = to else {
        model.notice = Some(format!("there is no {} attempt", if by < 0 { "earlier" } else { "later" }));
        return Vec::new();
    };
    model.output.forget();
    model.output.attempt = Some(known[to].clone());
    more(model)
}

/// Goes to the nearest line that has the text, into the past first, since the end is what one looks from; what is not
/// loaded is read on the way. Returns `true` when it was found or the search goes on, and what is asked for.
pub(crate) fn go_to_match(model: &mut Model, wanted: &str, by: isize) -> (bool, Vec<CockpitEffect>) {
    let height = usize::from(layout(model).body.height);
    let view = &mut model.output;
    let wanted = wanted.to_lowercase();
    let count = view.count();
    let has = |at: &usize| view.line(*at).is_some_and(|line| line.to_lowercase().contains(&wanted));
    let from = view.found.filter(|at| *at < count).unwrap_or_else(|| count.saturating_sub(view.scroll));
    let all_is_loaded = view.begin() == 0;
    let found = match by < 0 {
        true => (from + 1..count).find(has).or_else(|| (0..from.min(count)).find(has)),
        // The beginning is reached first, and then it goes on from the end.
        false => (0..from).rev().find(has).or_else(|| (from + 1..count).rev().filter(|_| all_is_loaded).find(has)),
    };
    let nth = found.map(|found| Nth::count((0..count).filter(|at| has(at)), found, !all_is_loaded));
    view.nth = nth.or(view.nth);
    let Some(found) = found else {
        view.searches = by >= 0 && view.begin() > 0;
        if view.searches {
            // What was gone through is not gone through again.
            view.found = Some(0);
            return (true, earlier(model));
        }
        return (false, Vec::new());
    };
    view.searches = false;
    view.found = Some(found);
    // In the middle of the screen, so that what stands around it is seen too.
    view.scroll = count.saturating_sub(found + 1 + height / 2).min(count.saturating_sub(height.min(count)));
    (true, Vec::new())
}
