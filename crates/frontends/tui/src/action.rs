//! Everything that can happen to the cockpit, as one closed list.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use domain::attempt::AttemptKey;
use domain::command::Answer;
use domain::{RunId, Timestamp};
use protocol::{Base, CallsReply, Choices, Disk, Output, RemovableRow, Row, SpendReply, Today};

use crate::model::Tab;
use crate::screens::diff::{Colours, Difference};

/// An event of the cockpit: a key's meaning, a frame from the daemon, or time.
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
    /// The usage of every run.
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
    /// A snapshot's contents can't be told.
    NotRemovable {
        runs: Vec<RunId>,
        why: String,
    },
    /// A run can't be started for what stands in a field of the form.
    Mistake {
        field: protocol::Field,
        why: String,
    },
    /// The request of a dialog was refused.
    Refused(String),
    Notice(String),
    /// The notice has been read.
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
    Verb(RunVerb),
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
        /// The text was written while the terminal was looked at.
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

/// The aim of a jump in a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jump {
    Hunk,
    File,
}

/// Something that is done with every run that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunVerb {
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
