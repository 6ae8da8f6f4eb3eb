//! What the cockpit wants done outside, as comparable values.

use std::path::PathBuf;

use domain::RunId;
use domain::attempt::AttemptKey;
use domain::command::{Answer, Command};
use protocol::{OutputFile, OutputRange, RunRequest};

/// A request of an agent's own terminal to the person's, beside what is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tell {
    Bell,
    /// The window's title; `None` for the title that it had before.
    Title(Option<String>),
    Copy(terminal::ClipboardText),
    Modes(Modes),
}

/// Modes of the person's own terminal that a program asks for; by default, those that one has anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Modes {
    /// Keys that are one byte otherwise are told apart.
    pub(crate) apart: bool,
    /// The terminal reports whether its window is looked at.
    pub(crate) focus: bool,
    /// The terminal reports mere motion of the mouse.
    pub(crate) motion: bool,
    /// The cursor's form by its number; 0: the one that it has.
    pub(crate) cursor: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CockpitEffect {
    /// Have this run's events sent, or none.
    Look {
        run: Option<RunId>,
        /// How many of the run's last events.
        last: u64,
    },
    /// Have a piece of an attempt's output sent; of the last attempt when it is `None`.
    Output {
        run: RunId,
        /// The window that the piece is for.
        number: u64,
        attempt: Option<AttemptKey>,
        file: OutputFile,
        piece: OutputRange,
    },
    /// Have what the run changed read and made ready to be drawn.
    Diff {
        run: RunId,
    },
    /// Have the end of what a check wrote sent.
    CheckOutput {
        run: RunId,
        check: AttemptKey,
    },
    /// Have the calls of models that a run made sent.
    Calls {
        run: RunId,
    },
    /// Have sent what every run used.
    Spend,
    Run(RunRequest),
    /// Have sent what can be chosen for a new run in this folder, and what was chosen last.
    Choices(PathBuf),
    /// Have sent what removing these runs' worktrees would keep and leave out.
    Removable(Vec<RunId>),
    /// Something to be done with runs.
    Act {
        runs: Vec<RunId>,
        command: Command,
        /// The person was asked, and has said yes.
        asked: bool,
    },
    Answer {
        run: RunId,
        /// The question's id; `None` for what the agent asked with its last words.
        question: Option<String>,
        answer: Answer,
    },
    /// Open the person's editor in a folder, on a file of it and its line where one is looked at.
    Editor {
        folder: PathBuf,
        file: Option<String>,
        line: Option<u64>,
    },
    /// Have a text edited in the person's editor.
    EditText(String),
    /// Put a text on the clipboard of the person's terminal.
    Copy(String),
    /// Show a page in the person's browser; where they have none here, put its address on the clipboard.
    Browse(String),
    /// Tell the person, wherever they look, that a run needs them.
    Notify {
        title: String,
        body: String,
    },
    /// Something of an agent's own terminal for the person's.
    Tell(Tell),
    Mouse(bool),
    Suspend,
    Redraw,
    /// Have a run's terminal shown, at this size.
    Attach {
        run: RunId,
        columns: u16,
        rows: u16,
    },
    /// Send what was typed to the run's terminal.
    Type {
        run: RunId,
        data: String,
    },
    Resize {
        run: RunId,
        columns: u16,
        rows: u16,
    },
    Detach(RunId),
    Leave,
}
