//! The table of commands: the name, what it does in a line, when it can be used, and the action.
//!
//! Help, the hint line and `docs/keys.md` come from this table joined to `keymap.toml`.

use domain::command::{Answer, Command as Verb};

use crate::keymap::Keymap;
use crate::model::Model;
use crate::update::Action;

/// One thing a key can do.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    /// The word in the hint line, for commands that stand there.
    pub(crate) hint: Option<&'static str>,
    /// Why it can't be used now; `None` when it can.
    pub(crate) unavailable: fn(&Model) -> Option<String>,
    pub(crate) action: fn() -> Action,
}

pub(crate) const ALL: &[Command] = &[
    Command {
        name: "next-in-need",
        doc: "go to the next run that needs you",
        hint: Some("next"),
        unavailable: none_in_need,
        action: || Action::NextInNeed,
    },
    Command {
        name: "allow",
        doc: "allow what the run asks for, once",
        hint: Some("allow"),
        unavailable: asks_nothing,
        action: || Action::Answer(Answer::Allow),
    },
    Command {
        name: "allow-run",
        doc: "allow it for the rest of this run",
        hint: None,
        unavailable: asks_nothing,
        action: || Action::Answer(Answer::AllowRun),
    },
    Command {
        name: "deny",
        doc: "say no to what the run asks for",
        hint: Some("deny"),
        unavailable: asks_nothing,
        action: || Action::Answer(Answer::Deny),
    },
    Command { name: "new-run", doc: "start a run", hint: Some("new"), unavailable: nowhere, action: || Action::NewRun },
    Command {
        name: "terminate",
        doc: "end the run; its worktree and branch stay",
        hint: Some("terminate"),
        unavailable: not_running,
        action: || Action::AskToTerminate,
    },
    Command {
        name: "pause",
        doc: "freeze every process of the run, or let them go on",
        hint: Some("pause"),
        unavailable: not_running,
        action: || Action::PauseOrResume,
    },
    Command {
        name: "retry",
        doc: "try the phase again; what is there now is kept",
        hint: Some("retry"),
        unavailable: not_over,
        action: || Action::Act(Verb::Retry { phase: None, resume: None }),
    },
    Command {
        name: "restore",
        doc: "bring back a worktree that was removed",
        hint: None,
        unavailable: not_removed,
        action: || Action::Act(Verb::Restore),
    },
    Command {
        name: "dismiss",
        doc: "put a run that is over out of sight",
        hint: None,
        unavailable: not_over,
        action: || Action::Act(Verb::Dismiss),
    },
    Command {
        name: "zoom",
        doc: "give the details the whole screen, or take it back",
        hint: None,
        unavailable: no_run,
        action: || Action::Zoom,
    },
    Command {
        name: "next-tab",
        doc: "go to the next tab of the details",
        hint: Some("tab"),
        unavailable: no_run,
        action: || Action::NextTab,
    },
    Command { name: "next", doc: "go to the next run", hint: None, unavailable: no_run, action: || Action::Move(1) },
    Command {
        name: "previous",
        doc: "go to the previous run",
        hint: None,
        unavailable: no_run,
        action: || Action::Move(-1),
    },
    Command {
        name: "first",
        doc: "go to the first run",
        hint: None,
        unavailable: no_run,
        action: || Action::Move(isize::MIN),
    },
    Command {
        name: "last",
        doc: "go to the last run",
        hint: None,
        unavailable: no_run,
        action: || Action::Move(isize::MAX),
    },
    Command {
        name: "scroll-down",
        doc: "scroll the details down",
        hint: None,
        unavailable: no_run,
        action: || Action::Scroll(10),
    },
    Command {
        name: "scroll-up",
        doc: "scroll the details up",
        hint: None,
        unavailable: no_run,
        action: || Action::Scroll(-10),
    },
    Command {
        name: "finished",
        doc: "show or hide finished runs",
        hint: None,
        unavailable: always,
        action: || Action::ShowFinished,
    },
    Command { name: "back", doc: "leave what is open", hint: None, unavailable: always, action: || Action::Back },
    Command { name: "help", doc: "show all keys", hint: Some("help"), unavailable: always, action: || Action::Help },
    Command {
        name: "leave",
        doc: "leave the cockpit; runs go on",
        hint: Some("leave"),
        unavailable: always,
        action: || Action::Leave,
    },
];

pub(crate) fn find(name: &str) -> Option<&'static Command> {
    ALL.iter().find(|command| command.name == name)
}

fn always(_: &Model) -> Option<String> {
    None
}

fn no_run(model: &Model) -> Option<String> {
    model.rows.is_empty().then(|| "there is no run yet; n starts one".to_owned())
}

fn none_in_need(model: &Model) -> Option<String> {
    (!model.rows.values().any(|row| row.needs_you)).then(|| "no run needs you".to_owned())
}

fn nowhere(model: &Model) -> Option<String> {
    model.folder.is_none().then(|| "start the cockpit inside a repository to start runs in it".to_owned())
}

fn asks_nothing(model: &Model) -> Option<String> {
    let Some(row) = model.selected() else { return no_run(model) };
    row.question.is_none().then(|| format!("{} asks nothing", row.name))
}

fn not_running(model: &Model) -> Option<String> {
    let Some(row) = model.selected() else { return no_run(model) };
    row.is_settled().then(|| format!("{} is {}: nothing of it runs", row.name, row.status))
}

fn not_over(model: &Model) -> Option<String> {
    let Some(row) = model.selected() else { return no_run(model) };
    (!row.is_settled()).then(|| format!("{} is {}; end it first", row.name, row.status))
}

fn not_removed(model: &Model) -> Option<String> {
    let Some(row) = model.selected() else { return no_run(model) };
    (!row.removed).then(|| format!("the worktree of {} was not removed", row.name))
}

/// `docs/keys.md`, written from the table.
pub fn reference() -> String {
    let keymap = Keymap::built_in();
    let mut text = String::from(
        "# Keys of the cockpit\n\nWritten from the program's own table; `just docs` writes it anew.\n\n| key | does |\n|---|---|\n",
    );
    for command in ALL {
        let keys: Vec<String> = keymap.keys_of(command.name).iter().map(|key| format!("`{key}`")).collect();
        text.push_str(&format!("| {} | {} |\n", keys.join(" "), command.doc));
    }
    text
}
