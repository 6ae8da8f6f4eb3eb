//! What is done with the runs that are meant: the one under the cursor, or those that are marked.

use std::path::PathBuf;

use domain::RunId;
use domain::command::{Answer, Command};
use domain::event::Review;
use protocol::Row;

use super::merging;
use crate::action::RunVerb;
use crate::effect::CockpitEffect;
use crate::model::Model;
use crate::overlays::{self, Confirm, Overlay};
use crate::screens::diff;
use crate::widgets::count;

/// Runs that a notice names.
const NAMED: usize = 3;

/// How long a run may take to end by itself, in milliseconds.
const GRACE_MS: u64 = 10_000;

pub(crate) fn verb(model: &mut Model, verb: RunVerb) -> Vec<CockpitEffect> {
    let fits = |row: &&Row| match verb {
        RunVerb::PauseOrResume | RunVerb::Terminate => !row.is_settled(),
        RunVerb::Dismiss => row.is_settled(),
        RunVerb::Restore => row.removed,
        RunVerb::Approve | RunVerb::Merge => row.is_settled() && !row.removed && row.proof.is_some(),
        RunVerb::Check => row.is_settled() && !row.removed && !row.checks.is_empty(),
        RunVerb::Retry | RunVerb::Continue | RunVerb::Remove => row.is_settled() && !row.removed,
    };
    let meant = model.meant();
    let many = meant.len() > 1;
    let passed: Vec<String> = meant.iter().filter(|row| !fits(row)).map(|row| passed_over(row)).collect();
    let rows: Vec<Row> = meant.into_iter().filter(fits).cloned().collect();
    if !passed.is_empty() {
        let named = domain::figures::first_of(&passed, NAMED);
        model.notice = Some(format!("{} passed over: {named}", count(passed.len(), "run")));
    }
    // What can't be seen is never acted on without a question.
    let unseen = rows.iter().any(|row| !model.order.contains(&row.id));
    if unseen && !matches!(verb, RunVerb::Terminate | RunVerb::Remove | RunVerb::Merge) {
        model.notice = Some("some marked runs are not shown; take the filter or the marks away with esc".to_owned());
        return Vec::new();
    }
    match verb {
        RunVerb::PauseOrResume => {
            // The same key pauses what works and lets go on what is paused.
            let (paused, works): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.status == "paused");
            let (does, rows, command) = match works.is_empty() {
                true => ("Resume", paused, Command::Resume { budget: domain::budget::Budget::NONE }),
                false => ("Pause", works, Command::Pause),
            };
            if !rows.iter().any(Row::is_observed) {
                return act(&rows, command);
            }
            let lines: &[_] = match command {
                Command::Pause => &[
                    ("stops", "every process of it, by signals; it was started by hand"),
                    ("note", "the shell that it was started in takes its terminal back: fg there after p here"),
                ],
                _ => &[("lets go on", "every process of it; where its shell has the terminal, fg there")],
            };
            ask(model, does, &rows, command, lines, "leave it as it is")
        }
        RunVerb::Terminate if rows.iter().any(Row::is_observed) => {
            let lines = [
                ("ends", "every process of it: asked first, killed after 10 s"),
                ("note", "it was started by hand, and is ended where somebody may sit at it"),
                ("keeps", "all files; pilothouse has no timeline and no checkpoint of what was started by hand"),
                ("loses", "what the agent has not written to a file yet"),
            ];
            ask(model, "Terminate", &rows, Command::Terminate { grace_ms: GRACE_MS }, &lines, "leave it running")
        }
        RunVerb::Terminate => {
            let lines = [
                ("ends", "every process of the run: asked first, killed after 10 s"),
                ("keeps", "its worktree, its branch, its timeline and its output"),
                ("loses", "what the agent has not written to a file yet"),
            ];
            ask(model, "Terminate", &rows, Command::Terminate { grace_ms: GRACE_MS }, &lines, "leave it running")
        }
        RunVerb::Retry if many || rows.iter().any(|row| row.status == "ready") => {
            let lines = [
                ("does", "puts each worktree back to where its phase began and starts the agent anew"),
                ("keeps", "what is there now, as a checkpoint; b goes back to it"),
                ("loses", "nothing"),
            ];
            let command = Command::Retry { phase: None, resume: Some(false) };
            ask(model, "Retry", &rows, command, &lines, "leave it as it is")
        }
        RunVerb::Retry => act(&rows, Command::Retry { phase: None, resume: None }),
        RunVerb::Continue => act(&rows, Command::Retry { phase: None, resume: Some(true) }),
        RunVerb::Check => act(&rows, Command::Check { names: Vec::new() }),
        RunVerb::Approve => {
            let runs: Vec<RunId> = rows.iter().map(|row| row.id.clone()).collect();
            let command = Command::Review { verdict: Review::Approve, text: String::new() };
            let unsent = merging::unsent(&rows);
            if !unsent.is_empty() {
                let does = ("does", "approves the commit that was proven".to_owned());
                let keeps = ("keeps", "what you said of its lines for changes that are asked for later".to_owned());
                let lines: Vec<_> = [does].into_iter().chain(unsent).chain([keeps]).collect();
                return ask(model, "Approve", &rows, command, &merging::borrowed(&lines), "leave it as it is");
            }
            if runs.is_empty() { Vec::new() } else { vec![CockpitEffect::Act { runs, command, asked: true }] }
        }
        RunVerb::Merge => {
            let lines = merging::lines(&rows);
            let command = Command::Merge { method: None };
            let effects = ask(model, "Merge", &rows, command, &merging::borrowed(&lines), "leave it as it is");
            if let Some(Overlay::Confirm(confirm)) = &mut model.overlay {
                merge_key(&rows).clone_into(&mut confirm.yes);
            }
            effects
        }
        RunVerb::Restore => act(&rows, Command::Restore),
        RunVerb::Dismiss => act(&rows, Command::Dismiss),
        RunVerb::Remove => {
            let runs = rows.iter().map(|row| row.id.clone()).collect();
            let lines = [
                ("takes away", "the worktree; the branch too, when its work is merged or in the snapshot"),
                ("keeps", "a snapshot: commits, index, changed, new and ignored files; u brings it all back"),
            ];
            ask(model, "Remove the worktree of", &rows, Command::Rm, &lines, "leave it");
            if let Some(Overlay::Confirm(confirm)) = &mut model.overlay {
                confirm.waits = true;
            }
            vec![CockpitEffect::Removable(runs)]
        }
    }
}

/// Returns what the key does: where the last look closed the gate, a merge begins with another look and may end there.
fn merge_key(rows: &[Row]) -> &'static str {
    let is_open = |row: &Row| row.proof.as_ref().is_some_and(|proof| proof.closed.is_empty());
    if rows.iter().all(is_open) { "merge" } else { "look again" }
}

/// Tells a merge that is asked about as its runs stand now: their proofs may have been written meanwhile.
pub(crate) fn tell_merge_anew(model: &mut Model) {
    let Some(Overlay::Confirm(Confirm { runs, command: Command::Merge { .. }, .. })) = &model.overlay else { return };
    let rows: Vec<Row> = runs.iter().filter_map(|id| model.rows.get(id)).cloned().collect();
    let said = merging::lines(&rows).into_iter().map(|(word, text)| (word.to_owned(), text));
    let names: Vec<String> = rows.iter().map(|row| domain::text::line(&row.name)).collect();
    let runs = (names.len() > 1).then(|| ("runs".to_owned(), names.join(", ")));
    let lines = runs.into_iter().chain(said).collect();
    if let Some(Overlay::Confirm(confirm)) = &mut model.overlay {
        confirm.lines = lines;
        merge_key(&rows).clone_into(&mut confirm.yes);
    }
}

/// Words why a verb passes a run over: `load-test is terminated, its worktree removed`.
fn passed_over(row: &Row) -> String {
    let name = domain::text::line(&row.name);
    let more = match () {
        () if row.removed => ", its worktree removed",
        () if row.is_observed() => " and was started by hand",
        () if row.is_settled() && row.proof.is_none() => " and not proven",
        () => "",
    };
    format!("{name} is {}{more}", row.status)
}

fn act(rows: &[Row], command: Command) -> Vec<CockpitEffect> {
    let runs: Vec<RunId> = rows.iter().map(|row| row.id.clone()).collect();
    if runs.is_empty() { Vec::new() } else { vec![CockpitEffect::Act { runs, command, asked: false }] }
}

fn ask(
    model: &mut Model,
    does: &str,
    rows: &[Row],
    command: Command,
    lines: &[(&str, &str)],
    no: &'static str,
) -> Vec<CockpitEffect> {
    let names: Vec<String> = rows.iter().map(|row| domain::text::line(&row.name)).collect();
    let runs = rows.iter().map(|row| row.id.clone()).collect();
    let title = match names.as_slice() {
        [] => return Vec::new(),
        [one] => format!("{does} {one}?"),
        many => format!("{does} {}?", count(many.len(), "run")),
    };
    let mut said: Vec<(String, String)> = lines.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    if names.len() > 1 {
        said.insert(0, ("runs".to_owned(), names.join(", ")));
    }
    let yes = does.split(' ').next().unwrap_or(does).to_lowercase();
    model.overlay =
        Some(Overlay::Confirm(Confirm { title, runs, command, lines: said, yes, no, waits: false, top: 0 }));
    Vec::new()
}

/// Answers the question that is on the screen now, by its id. A yes to what is not all on the screen shows it first, and so
/// does one for all of the run, of which caps lock is all that tells it from a yes for once.
pub(crate) fn answer(model: &mut Model, answer: Answer) -> Vec<CockpitEffect> {
    if matches!(model.overlay, Some(Overlay::Question(_))) {
        return overlays::answer_open(model, answer);
    }
    if answer == Answer::AllowRun || (answer == Answer::Allow && !super::is_whole(model)) {
        return overlays::question(model);
    }
    let asked = model.selected().and_then(|row| Some((row.id.clone(), row.question.clone()?.id)));
    asked.map(|(run, question)| CockpitEffect::Answer { run, question: Some(question), answer }).into_iter().collect()
}

/// Opens the person's editor in the worktree: at the line of the diff that is looked at, else on the first file that was
/// changed; what was changed is asked for first where it is not known.
pub(crate) fn editor(model: &mut Model) -> Vec<CockpitEffect> {
    let asked = diff::asked_for_editor(model);
    if !asked.is_empty() {
        return asked;
    }
    let path = model.selected().and_then(|row| row.worktree.clone());
    let (file, line) = diff::at(model).unzip();
    let line = line.flatten();
    path.map(|path| CockpitEffect::Editor { folder: PathBuf::from(path), file, line }).into_iter().collect()
}

pub(crate) fn copy(model: &mut Model, what: impl FnOnce(&Row) -> Option<String>) -> Vec<CockpitEffect> {
    let text = model.selected().and_then(what);
    if let Some(text) = &text {
        model.notice = Some(format!("copied {}", domain::text::line(text)));
    }
    text.map(CockpitEffect::Copy).into_iter().collect()
}

/// Shows the page of the run's pull request.
pub(crate) fn pull_request(model: &mut Model) -> Vec<CockpitEffect> {
    let pull = model.selected().and_then(|row| row.pr.clone());
    match pull.map(|pull| (pull.url.clone(), pull)) {
        Some((Some(url), _)) => vec![CockpitEffect::Browse(url)],
        Some((None, pull)) => {
            model.notice = Some(format!("{} has no page", domain::text::line(&pull.name())));
            Vec::new()
        }
        None => Vec::new(),
    }
}
