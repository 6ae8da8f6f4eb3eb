//! What each action makes of the model; the only code that changes it.

mod details;
mod runs;

use domain::command::{Answer, Command};
use domain::{RunId, Timestamp};
use protocol::{Output, Row};

use crate::effect::Effect;
use crate::model::Model;
use crate::overlays::{Confirm, NewRun, Overlay};

/// What happened to the cockpit: a key's meaning, a frame from the daemon, or time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// All rows of the scope; others are gone.
    AllRows(Vec<Row>),
    Rows(Vec<Row>),
    /// The last events of the run looked at, then new ones.
    Events {
        run: RunId,
        lines: Vec<String>,
    },
    Output {
        run: RunId,
        output: Output,
    },
    Notice(String),
    Degraded(Option<String>),
    Connected(bool),
    /// Two seconds have passed without a key.
    Regroup,
    Minute(Timestamp),
    Move(isize),
    NextInNeed,
    NextTab,
    Scroll(isize),
    Zoom,
    Back,
    ShowFinished,
    Help,
    NewRun,
    AskToTerminate,
    Answer(Answer),
    /// Have something done with the selected run.
    Act(Command),
    PauseOrResume,
    /// Yes to what the open dialog names.
    Confirm,
    Type(char),
    Paste(String),
    Backspace,
    NextField,
    Leave,
}

/// How long a run may take to end by itself, in milliseconds.
const GRACE_MS: u64 = 10_000;

/// Changes the model and gives what is to be done outside.
pub(crate) fn update(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::AllRows(rows) => {
            model.rows = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
            runs::regroup(model)
        }
        Action::Rows(rows) => runs::take_up(model, rows),
        Action::Events { run, lines } => details::events(model, &run, &lines),
        Action::Output { run, output } => details::output(model, &run, output),
        Action::Notice(text) => {
            model.notice = Some(text);
            Vec::new()
        }
        Action::Degraded(reason) => {
            model.degraded = reason;
            Vec::new()
        }
        Action::Connected(connected) => {
            model.connected = connected;
            // A daemon that can't write says so anew.
            model.degraded = None;
            if connected { details::look_again(model) } else { Vec::new() }
        }
        Action::Regroup => runs::regroup(model),
        Action::Minute(now) => {
            model.now = now;
            Vec::new()
        }
        Action::Move(by) => runs::go(model, by),
        Action::NextInNeed => runs::next_in_need(model),
        Action::NextTab => details::next_tab(model),
        Action::Scroll(by) => details::scroll(model, by),
        Action::Zoom => {
            model.zoomed = !model.zoomed;
            Vec::new()
        }
        Action::Back => {
            if model.overlay.take().is_none() {
                model.zoomed = false;
                model.scroll = 0;
            }
            Vec::new()
        }
        Action::ShowFinished => {
            model.show_finished = !model.show_finished;
            runs::regroup(model)
        }
        Action::Help => open(model, Overlay::Help),
        Action::NewRun => open(model, Overlay::NewRun(NewRun::default())),
        Action::AskToTerminate => match model.selected() {
            Some(row) => {
                let confirm = Confirm { run: row.id.clone(), name: row.name.clone() };
                open(model, Overlay::Terminate(confirm))
            }
            None => Vec::new(),
        },
        Action::Answer(answer) => runs::answer(model, answer),
        Action::Act(command) => runs::act(model, command),
        Action::PauseOrResume => runs::pause_or_resume(model),
        Action::Confirm => confirm(model),
        Action::Type(c) => with_form(model, |form| form.insert(&c.to_string())),
        Action::Paste(text) => with_form(model, |form| form.insert(&text)),
        Action::Backspace => with_form(model, NewRun::backspace),
        Action::NextField => with_form(model, NewRun::next_field),
        Action::Leave => vec![Effect::Leave],
    }
}

fn open(model: &mut Model, overlay: Overlay) -> Vec<Effect> {
    model.overlay = Some(overlay);
    Vec::new()
}

fn with_form(model: &mut Model, change: impl FnOnce(&mut NewRun)) -> Vec<Effect> {
    if let Some(Overlay::NewRun(form)) = &mut model.overlay {
        change(form);
    }
    Vec::new()
}

fn confirm(model: &mut Model) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Terminate(confirm)) => {
            vec![Effect::Act { run: confirm.run, command: Command::Terminate { grace_ms: GRACE_MS } }]
        }
        Some(Overlay::NewRun(form)) if form.task.trim().is_empty() => {
            let problem = Some("say what is to be done".to_owned());
            open(model, Overlay::NewRun(NewRun { problem, ..form }))
        }
        Some(Overlay::NewRun(form)) => match model.folder.clone() {
            Some(folder) => vec![crate::effect::run_request(folder, form.task, form.agent)],
            None => Vec::new(),
        },
        Some(Overlay::Help) | None => Vec::new(),
    }
}
