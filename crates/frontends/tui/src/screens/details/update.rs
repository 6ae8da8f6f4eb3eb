//! Which run and which tab is looked into, and what the moving keys do there.

use domain::RunId;

use crate::effect::CockpitEffect;
use crate::model::{Focus, Model, Tab};
use crate::screens::runs::layout;
use crate::screens::{calls, checks, diff, output, proof, timeline};

/// Has the selected run's details loaded, if they are not.
pub(crate) fn look(model: &mut Model) -> Vec<CockpitEffect> {
    if model.cursor.is_none() {
        model.focus = Focus::Runs;
        model.zoomed = false;
    }
    if model.looking == wanted(model) { Vec::new() } else { look_again(model) }
}

/// The run whose details are seen: what is not seen is not loaded, so that going through many runs costs nothing.
fn wanted(model: &Model) -> Option<RunId> {
    // Of what was started by hand there is nothing to load.
    model.cursor.clone().filter(|_| layout(model).body.height > 0 && !model.is_observed())
}

/// Loads the selected run's details anew.
pub(crate) fn look_again(model: &mut Model) -> Vec<CockpitEffect> {
    model.looking = wanted(model);
    model.timeline.forget();
    model.output.forget();
    model.diff.forget();
    model.checks.forget();
    model.calls.forget();
    (model.facts_top, model.proof_top) = (0, 0);
    let mut effects = vec![CockpitEffect::Look { run: model.looking.clone(), last: timeline::LAST }];
    effects.extend(load(model));
    effects
}

/// The row of the run looked into has changed, so there may be more of it.
pub(crate) fn changed(model: &mut Model) -> Vec<CockpitEffect> {
    load(model)
}

/// Asks for what the open tab needs.
fn load(model: &mut Model) -> Vec<CockpitEffect> {
    match model.open_tab() {
        Tab::Timeline | Tab::Proof | Tab::Facts => Vec::new(),
        Tab::Output => output::more(model),
        Tab::Diff => diff::load(model),
        Tab::Checks => checks::load(model),
        Tab::Calls => calls::load(model),
    }
}

pub(crate) fn open(model: &mut Model) -> Vec<CockpitEffect> {
    model.focus = Focus::Details;
    load(model)
}

pub(crate) fn zoom(model: &mut Model) -> Vec<CockpitEffect> {
    let line = diff::top_line(model);
    model.zoomed = !model.zoomed;
    model.focus = if model.zoomed { Focus::Details } else { Focus::Runs };
    diff::show_again(model, line);
    load(model)
}

/// Leaves the innermost thing that is open: a search, the details, marks, a filter.
pub(crate) fn back(model: &mut Model) -> Vec<CockpitEffect> {
    if model.focus == Focus::Details && search(model).is_some() {
        set_search(model, None);
    } else if model.focus == Focus::Details {
        let line = diff::top_line(model);
        model.focus = Focus::Runs;
        model.zoomed = false;
        model.timeline.follow();
        model.output.scroll = 0;
        diff::show_again(model, line);
    } else if !model.marks.is_empty() {
        model.marks.clear();
    } else if !model.filter.is_empty() {
        model.filter.clear();
        return crate::screens::runs::regroup(model);
    }
    Vec::new()
}

pub(crate) fn tab(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let tabs = model.tabs();
    if tabs.len() < 2 {
        return Vec::new();
    }
    let at = tabs.iter().position(|tab| *tab == model.open_tab()).unwrap_or(0);
    let count = isize::try_from(tabs.len()).unwrap_or(1);
    let to = (isize::try_from(at).unwrap_or(0) + by).rem_euclid(count);
    show(model, tabs[usize::try_from(to).unwrap_or(0)])
}

/// Shows a tab; where there was no room for the details they are opened.
pub(crate) fn show(model: &mut Model, tab: Tab) -> Vec<CockpitEffect> {
    model.tab = tab;
    if layout(model).body.height == 0 {
        model.focus = Focus::Details;
    }
    load(model)
}

/// Opens the details with the diff.
pub(crate) fn show_diff(model: &mut Model) -> Vec<CockpitEffect> {
    model.focus = Focus::Details;
    show(model, Tab::Diff)
}

/// Opens the details with the checks.
pub(crate) fn show_checks(model: &mut Model) -> Vec<CockpitEffect> {
    model.focus = Focus::Details;
    show(model, Tab::Checks)
}

/// Goes up or down in the open tab by lines.
pub(crate) fn line(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    match model.open_tab() {
        Tab::Timeline => timeline::go(model, by),
        Tab::Output => output::scroll(model, by),
        Tab::Diff => diff::line(model, by),
        Tab::Checks => checks::scroll(model, by),
        Tab::Proof => proof::scroll(model, by),
        Tab::Calls => calls::scroll(model, by),
        Tab::Facts => {
            model.facts_top = model.facts_top.saturating_add_signed(by).min(super::facts::COUNT - 1);
            Vec::new()
        }
    }
}

pub(crate) fn page(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let height = isize::try_from(layout(model).body.height).unwrap_or(1);
    let by = by * (height - 1).max(1);
    if model.open_tab() == Tab::Diff { diff::page(model, by) } else { line(model, by) }
}

/// Returns the text that is searched for in the open tab.
pub(crate) fn search(model: &Model) -> Option<&str> {
    match model.open_tab() {
        Tab::Timeline => model.timeline.search.as_deref(),
        Tab::Output => model.output.search.as_deref(),
        Tab::Diff => model.diff.search.as_deref(),
        Tab::Checks | Tab::Calls | Tab::Proof | Tab::Facts => None,
    }
}

pub(crate) fn set_search(model: &mut Model, text: Option<String>) {
    let text = text.filter(|text| !text.is_empty());
    match model.open_tab() {
        Tab::Timeline => (model.timeline.search, model.timeline.nth) = (text, None),
        Tab::Output => (model.output.search, model.output.nth) = (text, None),
        Tab::Diff => (model.diff.search, model.diff.nth) = (text, None),
        Tab::Checks | Tab::Calls | Tab::Proof | Tab::Facts => {}
    }
}

/// Goes to the next or an earlier match, and says when there is none.
pub(crate) fn go_to_match(model: &mut Model, by: isize) -> Vec<CockpitEffect> {
    let Some(wanted) = search(model).map(str::to_owned) else { return Vec::new() };
    let found = match model.open_tab() {
        Tab::Timeline => timeline::go_to_match(model, &wanted, by),
        Tab::Output => {
            let (found, effects) = output::go_to_match(model, &wanted, by);
            if found {
                return effects;
            }
            false
        }
        Tab::Diff => diff::go_to_match(model, &wanted, by),
        Tab::Checks | Tab::Calls | Tab::Proof | Tab::Facts => true,
    };
    if !found {
        model.notice = Some(format!("no {}match for {wanted:?}", if by == 0 { "" } else { "other " }));
    }
    Vec::new()
}
