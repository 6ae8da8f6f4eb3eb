//! What a face asks the daemon for.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::RunId;
use domain::attempt::AttemptKey;
use domain::command::{Answer, Command};
use domain::money::Usd;
use domain::policy::Policy;
use serde::{Deserialize, Serialize};

/// Which runs are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The runs of the repository that this folder lies in.
    Here(PathBuf),
    All,
}

/// A run as a person asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRequest {
    /// The folder the person stands in.
    pub folder: PathBuf,
    pub task: String,
    /// `None`: the default agent.
    pub agent: Option<String>,
    pub model: Option<String>,
    pub name: Option<String>,
    pub base: Option<String>,
    /// How many runs of the same task.
    pub count: u32,
    /// Phases as typed, each `NAME` (one of the settings') or `NAME:PROMPT`; none: the settings' phases.
    #[serde(default)]
    pub phases: Vec<String>,
    /// Tokens after which the run is paused until a person lets it go on; `None`: no limit.
    #[serde(default)]
    pub budget_tokens: Option<u64>,
    /// USD after which it is; `None`: as the settings say.
    #[serde(default)]
    pub budget_usd: Option<Usd>,
    /// The agent shows its own screen in a terminal.
    #[serde(default)]
    pub interactive: bool,
    /// The policy that says what the run's agents may do without asking; `None`: as the settings say.
    #[serde(default)]
    pub policy: Option<Policy>,
    /// Variables of whoever asks: where programs are, and what the terminal can do. The client fills them in.
    #[serde(default)]
    pub caller: BTreeMap<String, String>,
}

/// Which file of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFile {
    Stdout,
    Stderr,
}

impl OutputFile {
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// Which part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputRange {
    /// Bytes from this offset on.
    From(u64),
    /// Whole lines from this offset on; what is no whole line only when nothing will be added to it.
    Lines(u64),
    /// Whole lines that end at or before this offset; past the end of the file it means its last lines.
    Before(u64),
}

/// The field of a request for a run that a mistake is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Task,
    Agent,
    Model,
    Name,
    Base,
    Phases,
    Count,
}

/// A request of a face. RUN is an exact id, an exact name in the scope, or a unique prefix of an id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Starts runs; replied to when they are queued on disk.
    Run(Box<RunRequest>),
    Rows(Scope),
    Row {
        run: String,
        scope: Scope,
    },
    /// From now on every changed row of the scope is sent; replied to with all of them.
    Watch(Scope),
    /// The next events of a run from `from` on (a seq), as lines: a piece of them, which is empty when there are no more. The
    /// rest is asked for from the last one on.
    Events {
        run: RunId,
        from: u64,
    },
    /// The last `last` events of this run, and from now on every new one; `None` stops that.
    Look {
        run: Option<RunId>,
        last: u64,
    },
    /// Bytes of an attempt's output.
    Output {
        run: RunId,
        attempt: Option<AttemptKey>,
        file: OutputFile,
        piece: OutputRange,
        /// Bytes at most.
        len: u64,
    },
    /// The choices for a run begun in this folder, and those that were made last.
    Choices {
        folder: PathBuf,
    },
    /// From now on the screen of a run's terminal is sent, from its beginning; it is made this large.
    Attach {
        run: RunId,
        columns: u16,
        rows: u16,
    },
    /// Types into the terminal of the run that this face is attached to.
    Type {
        run: RunId,
        data: String,
    },
    Resize {
        run: RunId,
        columns: u16,
        rows: u16,
    },
    /// The terminal is no longer sent.
    Detach,
    /// Something to be done with runs; replied to when it is done, or can't be.
    Act {
        runs: Vec<String>,
        scope: Scope,
        command: Command,
        /// A person has said yes to that being done with agents that were started by hand, too.
        #[serde(default)]
        by_hand_too: bool,
    },
    /// The changes of a run since its base, or since one of its checkpoints.
    Diff {
        run: String,
        scope: Scope,
        since: Option<u32>,
        /// Whether the diff is to be applied, not read: binaries have their bytes, and text that is no UTF-8 comes in
        /// `bytes`, too.
        #[serde(default)]
        patch: bool,
    },
    /// The calls of models that the gateway measured, the last `last` of them.
    Calls {
        run: String,
        scope: Scope,
        last: u64,
    },
    /// The use of every run of the scope, by quarter of an hour, agent and model.
    Spend(Scope),
    /// The facts that are known of a run just now, and from where.
    Explain {
        run: String,
        scope: Scope,
    },
    /// The reasons against removing these runs' worktrees, and what a snapshot would leave out.
    Removable {
        runs: Vec<String>,
        scope: Scope,
    },
    /// The commands of a repository that are trusted, or with `grant` are from now on.
    Trust {
        folder: PathBuf,
        /// Where a run would begin; `None`: as the settings say.
        base: Option<String>,
        /// The digest of the commands that a person looked at.
        grant: Option<String>,
    },
    /// Every worktree of the repository with whether it may go and why.
    Gc {
        folder: PathBuf,
    },
    /// The refs that are kept of runs in this folder's repository beside their branches, and which checkpoints may go.
    Kept {
        folder: PathBuf,
    },
    /// The runs that are known in this folder's repository and were made when it lay elsewhere.
    Moved {
        folder: PathBuf,
    },
    Answer {
        run: String,
        scope: Scope,
        /// The question's id; `None` means the one that is open, for a person who just read it.
        question: Option<String>,
        answer: Answer,
    },
    Worktrees {
        folder: PathBuf,
    },
    Status,
    /// Ends the daemon; runs go on.
    Stop,
}

impl Request {
    /// Whether it changes something, so that only a person may ask for it.
    pub fn acts(&self) -> bool {
        match self {
            Self::Run(_)
            | Self::Act { .. }
            | Self::Answer { .. }
            | Self::Attach { .. }
            | Self::Type { .. }
            | Self::Resize { .. }
            | Self::Stop => true,
            Self::Trust { grant, .. } => grant.is_some(),
            Self::Rows(_)
            | Self::Watch(_)
            | Self::Row { .. }
            | Self::Look { .. }
            | Self::Events { .. }
            | Self::Output { .. }
            | Self::Choices { .. }
            | Self::Diff { .. }
            | Self::Calls { .. }
            | Self::Spend(_)
            | Self::Explain { .. }
            | Self::Removable { .. }
            | Self::Gc { .. }
            | Self::Moved { .. }
            | Self::Kept { .. }
            | Self::Worktrees { .. }
            | Self::Detach
            | Self::Status => false,
        }
    }
}
