//! What each action makes of the model; the only code that changes it.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use domain::attempt::AttemptKey;
use domain::command::Answer;
use domain::{RunId, Timestamp};
use protocol::{Base, CallsReply, Choices, Disk, Output, RemovableRow, Row, SpendReply, Today};

use crate::effect::Effect;
use crate::model::{Model, Tab};
use crate::overlays;
use crate::screens::diff::{Colours, Difference};
use crate::screens::{attach, calls, checks, details, diff, output, runs, timeline};

/// What happened to the cockpit: a key's meaning, a frame from the daemon, or time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// All rows of the scope; others are gone.
    AllRows(Vec<Row>),
    Rows(Vec<Row>),
    /// All agents that were started by hand.
    Observed(Vec<Row>),
    /// Rows of runs that this cockpit has just started.
    Started(Vec<Row>),
    /// The last events of the run looked at, then new ones.
    Events {
        run: RunId,
        lines: Vec<String>,
    },
    Output {
        run: RunId,
        number: u64,
        output: Output,
    },
    NoOutput {
        number: u64,
        why: String,
    },
    Diff {
        run: RunId,
        diff: Result<Arc<Difference>, String>,
    },
    /// The end of what a check wrote.
    CheckOutput {
        run: RunId,
        check: AttemptKey,
        text: String,
    },
    Calls {
        run: RunId,
        reply: Result<CallsReply, String>,
    },
    /// What every run used.
    Spent(SpendReply),
    /// Show what was used today.
    Spend,
    /// Syntax colours of one file of the diff that is shown.
    Coloured {
        diff: Arc<Difference>,
        colours: Colours,
    },
    Choices(Choices),
    Removable {
        runs: Vec<RunId>,
        rows: Vec<RemovableRow>,
    },
    /// What would be kept can't be told.
    NotRemovable {
        runs: Vec<RunId>,
        why: String,
    },
    /// A run can't be started for what stands in a field of the form.
    Mistake {
        field: protocol::Field,
        why: String,
    },
    /// What was asked for in a dialog was refused.
    Refused(String),
    Notice(String),
    /// What was said has been read.
    Read,
    Degraded(Option<String>),
    Disk(Disk),
    Today(Today),
    Base(Base),
    Connected(bool),
    /// Two seconds have passed without a key.
    Regroup,
    Minute(Timestamp),
    Resized(u16, u16),
    Move(isize),
    /// The row of this run was clicked.
    Select(RunId),
    NextInNeed,
    Mark,
    MarkAll,
    Sort,
    ShowFinished,
    ByRepository,
    Open,
    Zoom,
    Back,
    Tab(isize),
    ShowTab(Tab),
    ShowDiff,
    ShowChecks,
    Line(isize),
    Page(isize),
    Jump(Jump, isize),
    Match(isize),
    Unfold,
    FoldAll,
    Kinds,
    Wrap,
    Attempt(isize),
    Pan(isize),
    SideBySide,
    Find,
    Palette,
    Help,
    NewRun,
    ChooseCheckpoint,
    AskAnswer,
    AskChanges,
    /// Say something of the line under the diff's cursor.
    Comment,
    /// Open the page of the run's pull request.
    PullRequest,
    Verb(Verb),
    Answer(Answer),
    Editor,
    CopyPath,
    CopyBranch,
    CopyId,
    Mouse,
    Redraw,
    Suspend,
    /// Yes to what is open.
    Accept,
    Close,
    /// A key that is text where something is typed.
    Edit(KeyEvent),
    Paste(String),
    Field(isize),
    Choice(isize),
    NewLine,
    /// Take away what stands in the field.
    Clear,
    EditOutside,
    /// The text as the person's editor left it.
    Edited(String),
    Attach,
    Attached {
        run: RunId,
        columns: u16,
        rows: u16,
    },
    Terminal {
        run: RunId,
        text: String,
        size: Option<(u16, u16)>,
        /// It was written while it was looked at.
        live: bool,
    },
    Detached {
        run: RunId,
        why: String,
    },
    /// A key or something else for the terminal of the run.
    Typed(String),
    /// Lines to go back in it; down is negative.
    ScrollBack(isize),
    Detach,
    Leave,
}

/// What is jumped to in a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jump {
    Hunk,
    File,
}

/// Something that is done with every run that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    PauseOrResume,
    Retry,
    Continue,
    Terminate,
    Restore,
    Remove,
    Dismiss,
    Check,
    Approve,
    Merge,
}

/// Changes the model and gives what is to be done outside.
pub(crate) fn update(model: &mut Model, action: Action) -> Vec<Effect> {
    let mut effects = match action {
        Action::AllRows(rows) => runs::replace(model, rows),
        Action::Rows(rows) => {
            let effects = runs::take_up(model, rows);
            runs::tell_merge_anew(model);
            effects
        }
        Action::Observed(rows) => runs::take_up_observed(model, rows),
        Action::Started(rows) => overlays::started(model, rows),
        Action::Events { run, lines } => {
            calls::heard(model, &run, &lines);
            timeline::events(model, &run, lines)
        }
        Action::Output { run, number, output } => output::piece(model, &run, number, output),
        Action::NoOutput { number, why } => output::refused(model, number, why),
        Action::Diff { run, diff } => diff::loaded(model, &run, diff),
        Action::Coloured { diff, colours } => diff::coloured(model, &diff, colours),
        Action::Choices(choices) => overlays::choices(model, choices),
        Action::Removable { runs, rows } => overlays::removable(model, &runs, &rows),
        Action::NotRemovable { runs, why } => overlays::not_removable(model, &runs, why),
        Action::Mistake { field, why } => overlays::mistake(model, field, why),
        Action::Refused(why) => overlays::refused(model, why),
        Action::Notice(text) => with(model, |model| model.notice = Some(text)),
        Action::Read => Vec::new(),
        Action::Degraded(reason) => with(model, |model| model.degraded = reason),
        Action::CheckOutput { run, check, text } => checks::loaded(model, &run, &check, &text),
        Action::Calls { run, reply } => calls::loaded(model, &run, reply),
        Action::Spend => overlays::spend(model),
        Action::Spent(reply) => overlays::spent(model, reply),
        Action::Disk(disk) => with(model, |model| model.disk = Some(disk)),
        Action::Today(today) => with(model, |model| model.today = Some(today)),
        Action::Base(base) => with(model, |model| model.base = Some(base)),
        Action::Connected(connected) => reconnected(model, connected),
        Action::Regroup => runs::regroup(model),
        Action::Minute(now) => with(model, |model| {
            model.now = now;
            attach::hear_anew(model);
        }),
        Action::Resized(columns, rows) => resized(model, columns, rows),
        Action::Move(by) => runs::go(model, by),
        Action::Select(run) => runs::select(model, run),
        Action::NextInNeed => runs::next_in_need(model),
        Action::Mark => runs::mark(model),
        Action::MarkAll => runs::mark_all(model),
        Action::Sort => runs::sort(model),
        Action::ShowFinished => runs::show_finished(model),
        Action::ByRepository => runs::by_repository(model),
        Action::Open => details::open(model),
        Action::Zoom => details::zoom(model),
        Action::Back => details::back(model),
        Action::Tab(by) => details::tab(model, by),
        Action::ShowDiff => details::show_diff(model),
        Action::ShowChecks => details::show_checks(model),
        Action::ShowTab(tab) => details::show(model, tab),
        Action::Line(by) if model.overlay.is_some() => overlays::line(model, by),
        Action::Page(by) if model.overlay.is_some() => overlays::line(model, by * 10),
        Action::Line(by) => details::line(model, by),
        Action::Page(by) => details::page(model, by),
        Action::Jump(to, by) => diff::jump(model, to, by),
        Action::Match(by) => details::go_to_match(model, by),
        Action::Unfold => timeline::unfold(model),
        Action::FoldAll => timeline::fold_all(model),
        Action::Kinds => timeline::kinds(model),
        Action::Wrap => with(model, |model| model.output.wrap = !model.output.wrap),
        Action::Attempt(by) => output::attempt(model, by),
        Action::Pan(by) => diff::pan(model, by),
        Action::SideBySide => diff::side_by_side(model),
        Action::Find => overlays::find(model),
        Action::Palette => overlays::palette(model),
        Action::Help => overlays::help(model),
        Action::NewRun => overlays::new_run(model),
        Action::ChooseCheckpoint => overlays::checkpoints(model),
        Action::AskAnswer => overlays::ask_answer(model),
        Action::AskChanges => overlays::ask_changes(model),
        Action::Comment => overlays::ask_comment(model),
        Action::PullRequest => runs::pull_request(model),
        Action::Verb(verb) => runs::verb(model, verb),
        Action::Answer(answer) => runs::answer(model, answer),
        Action::Editor => runs::editor(model),
        Action::CopyPath => runs::copy(model, |row| row.worktree.clone()),
        Action::CopyBranch => runs::copy(model, |row| row.branch.clone()),
        Action::CopyId => runs::copy(model, |row| Some(row.id.to_string())),
        Action::Mouse => mouse(model),
        Action::Redraw => vec![Effect::Redraw],
        Action::Suspend => vec![Effect::Suspend],
        Action::Accept => overlays::accept(model),
        Action::Close => overlays::close(model),
        Action::Edit(key) => overlays::edit(model, key),
        Action::Paste(text) => overlays::paste(model, &text),
        Action::Field(by) => overlays::field(model, by),
        Action::Choice(by) => overlays::choice(model, by),
        Action::NewLine => overlays::new_line(model),
        Action::Clear => overlays::clear(model),
        Action::EditOutside => overlays::edit_outside(model),
        Action::Edited(text) => overlays::edited(model, &text),
        Action::Attach => attach::attach(model),
        Action::Attached { run, columns, rows } => attach::attached(model, run, columns, rows),
        Action::Terminal { run, text, size, live } => attach::shown(model, &run, &text, size, live),
        Action::Detached { run, why } => attach::detached(model, &run, why),
        Action::Typed(data) => attach::typed(model, data),
        Action::ScrollBack(by) => attach::scroll_back(model, by),
        Action::Detach => attach::detach(model),
        Action::Leave => vec![Effect::Leave],
    };
    runs::keep_in_view(model);
    // What has come into view is loaded.
    effects.extend(details::look(model));
    effects
}

fn with(model: &mut Model, change: impl FnOnce(&mut Model)) -> Vec<Effect> {
    change(model);
    Vec::new()
}

fn reconnected(model: &mut Model, connected: bool) -> Vec<Effect> {
    model.connected = connected;
    // A daemon that can't write says so anew.
    model.degraded = None;
    if !connected {
        return Vec::new();
    }
    // What was said of its absence is over.
    model.notice = None;
    overlays::asked_in_vain(model);
    let mut effects = details::look_again(model);
    effects.extend(attach::again(model));
    effects
}

fn resized(model: &mut Model, columns: u16, rows: u16) -> Vec<Effect> {
    let line = diff::top_line(model);
    model.size = (columns, rows);
    diff::show_again(model, line);
    let beside = if columns >= runs::WIDE { columns * 2 / 5 } else { 0 };
    model.timeline.width = usize::from(columns.saturating_sub(beside + 23));
    if !model.tabs().contains(&model.open_tab()) {
        model.tab = Tab::Timeline;
    }
    attach::resized(model)
}

fn mouse(model: &mut Model) -> Vec<Effect> {
    model.mouse = !model.mouse;
    let says = if model.mouse { "the mouse selects runs" } else { "the mouse selects text; shift-m takes it back" };
    model.notice = Some(says.to_owned());
    vec![Effect::Mouse(model.mouse)]
}
