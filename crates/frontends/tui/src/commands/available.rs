//! Why a command can't be used now, in words that name the run.

use protocol::Row;

use crate::model::{Model, Tab};
use crate::overlays::Asking;

pub(super) fn always(_: &Model) -> Option<String> {
    None
}

pub(super) fn no_run(model: &Model) -> Option<String> {
    if !model.order.is_empty() {
        return None;
    }
    Some(match model.rows.is_empty() {
        true => "there is no run yet; n starts one".to_owned(),
        false => "no run is shown; esc takes the filter away, f shows finished ones".to_owned(),
    })
}

/// Says why a command for pilothouse's own runs can't be used.
pub(super) fn none_of_ours(model: &Model) -> Option<String> {
    model.selected().map_or_else(|| no_run(model), by_hand)
}

fn by_hand(row: &Row) -> Option<String> {
    let by_hand = || format!("{} was started by hand; it can be paused, resumed and terminated", row.name);
    row.is_observed().then(by_hand)
}

pub(super) fn none_in_need(model: &Model) -> Option<String> {
    (!model.rows.values().any(|row| row.needs_you)).then(|| "no run needs you".to_owned())
}

pub(super) fn nowhere(model: &Model) -> Option<String> {
    let there = model.folder.is_some() || (model.all && model.selected().is_some());
    (!there).then(|| "start the cockpit inside a repository to start runs in it".to_owned())
}

/// Says why the selected run has no question to be answered. Questions are answered one by one: each is another
/// question.
pub(super) fn asks_nothing(model: &Model) -> Option<String> {
    let Some(row) = model.selected() else { return no_run(model) };
    let marked =
        if model.marks.is_empty() { "" } else { "; an answer is for the run under the cursor, not for marked ones" };
    let elsewhere = "asks in its own terminal, and is answered there";
    let says = if row.is_observed() && row.needs_you { elsewhere } else { "asks nothing" };
    if row.question.is_some() && !row.is_answered_here() {
        return Some(format!("{} asks in its own terminal; a shows it", row.name));
    }
    row.question.is_none().then(|| format!("{} {says}{marked}", row.name))
}

/// Says why nothing can be answered in words. A question in an agent's last words has no other answer.
pub(super) fn says_nothing(model: &Model) -> Option<String> {
    let asks_last = model.selected().is_some_and(|row| row.question.is_none() && Asking::of(row).is_some());
    if asks_last { None } else { asks_nothing(model) }
}

/// Says why no run that is meant fits. Of many runs, one that fits is enough; the others are passed over.
fn none_of(model: &Model, fits: impl Fn(&Row) -> bool, why: impl Fn(&Row) -> String) -> Option<String> {
    let meant = model.meant();
    match meant.as_slice() {
        [] => no_run(model),
        [one] => (!fits(one)).then(|| by_hand(one).unwrap_or_else(|| why(one))),
        many => (!many.iter().any(|row| fits(row))).then(|| format!("{}, and so on with the others", why(many[0]))),
    }
}

pub(super) fn not_running(model: &Model) -> Option<String> {
    let why = |row: &Row| format!("{} is {}: nothing of it runs", row.name, row.status);
    none_of(model, |row| !row.is_settled(), why)
}

pub(super) fn not_over(model: &Model) -> Option<String> {
    let why = |row: &Row| format!("{} is {}; end it first", row.name, row.status);
    none_of(model, Row::is_settled, why)
}

pub(super) fn not_removed(model: &Model) -> Option<String> {
    none_of(model, |row| row.removed, |row| format!("the worktree of {} was not removed", row.name))
}

/// Says why no run that is meant is over with a worktree, to be tried in again or to be taken away.
pub(super) fn not_over_with_worktree(model: &Model) -> Option<String> {
    let fits = |row: &Row| row.is_settled() && !row.removed;
    none_of(model, fits, |row| match row.removed {
        true => format!("the worktree of {} was removed already; u brings it back", row.name),
        false => format!("{} is {}; end it first", row.name, row.status),
    })
}

/// Says why no run that is meant is over and has checks to be run on its work.
pub(super) fn not_checkable(model: &Model) -> Option<String> {
    not_over_with_worktree(model).or_else(|| {
        none_of(model, |row| !row.checks.is_empty(), |row| format!("the base commit of {} defines no checks", row.name))
    })
}

/// Says why no run that is meant is over, has its worktree and is proven.
pub(super) fn not_proven(model: &Model) -> Option<String> {
    not_over_with_worktree(model)
        .or_else(|| none_of(model, |row| row.proof.is_some(), |row| format!("there is no proof of {} yet", row.name)))
}

pub(super) fn no_checkpoints(model: &Model) -> Option<String> {
    let Some(row) = model.selected() else { return no_run(model) };
    if !row.is_settled() {
        return by_hand(row).or_else(|| Some(format!("{} is {}; end it first", row.name, row.status)));
    }
    row.checkpoints.is_empty().then(|| format!("{} has no checkpoint yet", row.name))
}

pub(super) fn no_worktree(model: &Model) -> Option<String> {
    let Some(row) = model.selected() else { return no_run(model) };
    let here = row.worktree.is_some() && !row.removed;
    (!here).then(|| {
        format!("{} has no worktree {}", row.name, if row.removed { "any more; u brings it back" } else { "yet" })
    })
}

pub(super) fn no_other_tab(model: &Model) -> Option<String> {
    no_run(model).or_else(|| (model.tabs().len() < 2).then(|| "there is nothing but facts of it".to_owned()))
}

pub(super) fn one_repository(model: &Model) -> Option<String> {
    (!model.all).then(|| "only one repository is shown; `pilothouse --all` shows all of them".to_owned())
}

pub(super) fn not_timeline(model: &Model) -> Option<String> {
    (model.open_tab() != Tab::Timeline).then(|| "the timeline is not open".to_owned())
}

pub(super) fn no_pull_request(model: &Model) -> Option<String> {
    let Some(row) = model.selected() else { return no_run(model) };
    let none = || format!("{} has no pull request; a run gets one when it is ready", row.name);
    row.pr.is_none().then(|| by_hand(row).unwrap_or_else(none))
}

/// Says why no line of a diff is under the cursor on which a comment can be made.
pub(super) fn not_in_a_diff(model: &Model) -> Option<String> {
    no_worktree(model).or_else(|| {
        let none =
            || "no line of a file is under the cursor; d shows what was changed, j and k go to a line".to_owned();
        crate::screens::diff::under(model).is_none().then(none)
    })
}
