//! What the daemon answers.

use domain::RunId;
use domain::budget::Budget;
use domain::event::ModelCalled;
use domain::money::Usd;
use domain::spend::Spent;
use serde::{Deserialize, Serialize};

use crate::row::{CommentRow, Row};

/// The exit codes of the command line's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    Done = 0,
    Failed = 1,
    Usage = 2,
    NotFound = 3,
    Refused = 4,
    Unreachable = 5,
    HumanNeeded = 6,
}

/// Why a request was not carried out, in words that end with the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub code: Code,
    pub reason: String,
}

/// The result of an acting verb for one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// The run's id, or what was typed when it names none.
    pub run: String,
    pub name: Option<String>,
    pub code: Code,
    pub reason: Option<String>,
    /// A note on what was done that a person should know.
    #[serde(default)]
    pub note: Option<String>,
}

/// The commands that a repository's file has run, and whether they are trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustRow {
    pub repo: String,
    /// The file that names them; `None` when none does.
    pub file: Option<String>,
    /// The commands that are run, in their order: the key of the settings and the command.
    pub commands: Vec<(String, String)>,
    pub digest: String,
    pub trusted: bool,
}

/// A piece of an attempt's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Invalid UTF-8 as U+FFFD; the file has the bytes.
    pub text: String,
    /// Offset of the first byte of this piece.
    pub from: u64,
    /// Offset of the byte after this piece.
    pub next: u64,
    /// Bytes the file has now.
    pub len: u64,
    /// The attempt is over and nothing will be added.
    pub over: bool,
    /// The name of what it is written in; `None` when that was not written down.
    #[serde(default)]
    pub reads: Option<String>,
}

/// The daemon about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonStatus {
    pub pid: u32,
    pub version: String,
    pub contract: u32,
    pub home: String,
    /// Milliseconds since it started.
    pub uptime_ms: u64,
    pub runs: u32,
    pub live: u32,
    pub queued: u32,
    /// How many runs may be at work at once.
    pub limit: u32,
    pub faces: u32,
    pub rss_bytes: Option<u64>,
    pub degraded: Option<String>,
    /// Notes on what does not work as it should here, and what is done instead.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A worktree, as `worktrees --json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreeRow {
    pub path: String,
    pub branch: Option<String>,
    pub head: Option<String>,
    pub detached: bool,
    pub locked: bool,
    pub prunable: bool,
    pub foreign: bool,
    pub owner: Option<String>,
    pub run: Option<String>,
    pub dirty: Option<bool>,
    pub ahead: Option<u64>,
    pub behind: Option<u64>,
    pub disk_bytes: Option<u64>,
    pub merged: Option<bool>,
}

/// A file in a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    pub path: String,
    /// Lines; `null` for a binary.
    pub added: Option<u64>,
    pub removed: Option<u64>,
}

/// The changes of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffReply {
    /// The commit compared with, in full.
    pub from: String,
    /// A unified diff as git words it; bytes that are no UTF-8 as U+FFFD.
    pub text: String,
    /// The bytes of such a text in hexadecimal digits, where a patch was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    pub files: Vec<FileChange>,
    /// The text was cut: it is longer than one reply may be.
    pub cut: bool,
    /// Files of the worktree that are not in the diff, each with the reason.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// Comments of a reviewer on lines of the diff, the oldest first.
    #[serde(default)]
    pub comments: Vec<CommentRow>,
}

/// The use of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendRow {
    pub run: RunId,
    pub name: String,
    pub repo: String,
    pub spend: Vec<Spent>,
}

/// The use of all runs of a scope, and the budget of a day.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SpendReply {
    pub runs: Vec<SpendRow>,
    /// The budget of a day.
    pub day: Budget,
}

/// The calls of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallsReply {
    pub run: RunId,
    /// Calls in all.
    pub count: u64,
    /// The last of them, the oldest first.
    pub calls: Vec<ModelCalled>,
}

/// A fact that is known of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub about: String,
    pub says: String,
    /// Where it comes from: a file, a process, git.
    pub source: String,
    /// When it was so: now for what was just looked at.
    pub at: Option<domain::Timestamp>,
}

/// A worktree with its removal in mind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovableRow {
    pub path: String,
    pub run: Option<String>,
    pub name: Option<String>,
    pub may_go: bool,
    /// Why it may go, or everything that stands against it.
    pub why: String,
    /// Bytes that a snapshot would keep; `null` when that can't be told.
    pub bytes: Option<u64>,
    /// Ignored folders and files that a snapshot would leave out.
    pub left_out: Vec<String>,
}

/// The refs that are kept of one run below `refs/pilothouse/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRow {
    pub run: String,
    /// `None` when no run of this state folder has that id.
    pub name: Option<String>,
    /// Checkpoints, and what ways back overwrote.
    pub checkpoints: u32,
    /// Refs that stay in any case: snapshots, stashes, merges.
    pub others: u32,
    /// Whether the run's checkpoints may go.
    pub may_go: bool,
    /// Why, or what stands against it.
    pub why: String,
}

/// The refs that are kept of runs, and the space that letting the checkpoints go would free.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeptReply {
    pub runs: Vec<KeptRow>,
    /// Bytes on disk that only the checkpoints which may go reach; `null` when git can't tell.
    pub bytes: Option<u64>,
}

/// A run that was made in a repository when that lay elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedRow {
    pub run: RunId,
    pub name: String,
    /// Where its repository was.
    pub from: String,
    /// Where its worktree is now, or would be brought back; `None` when it can't be taken over.
    pub worktree: Option<String>,
    /// Why it can't be taken over as things are.
    pub why_not: Option<String>,
}

/// An agent that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentChoice {
    pub name: String,
    pub doc: String,
    /// The models it can be asked for; empty when any name may be one.
    pub models: Vec<String>,
    /// The program that starts it, as a path or as its name in PATH; `null` where pilothouse is that itself.
    #[serde(default)]
    pub program: Option<String>,
    /// A face does not find that program where it is; never sent.
    #[serde(skip)]
    pub missing: bool,
}

/// The choices for a new run in a repository, and those that were made for its newest one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Choices {
    pub agents: Vec<AgentChoice>,
    /// NAME or NAME:MODEL that the settings name.
    pub agent: String,
    /// Branches, the one a run would start from first.
    pub bases: Vec<String>,
    /// The phases of the settings.
    pub phases: Vec<String>,
    /// As it would be typed; `None` before the first run.
    pub last: Option<LastChoice>,
}

/// The choices that were made for the newest run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LastChoice {
    pub agent: String,
    pub model: Option<String>,
    pub base: String,
    /// Each NAME or NAME:PROMPT; empty for those of the settings.
    pub phases: Vec<String>,
    pub budget_tokens: Option<u64>,
    #[serde(default)]
    pub budget_usd: Option<Usd>,
    /// `None`: that of the settings.
    #[serde(default)]
    pub policy: Option<domain::policy::Policy>,
}

/// The terminal of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalReply {
    pub attempt: domain::attempt::AttemptKey,
    /// The size of the terminal when it was opened.
    pub columns: u16,
    pub rows: u16,
}

/// A reply of the daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    Rows(Vec<Row>),
    Row(Box<Row>),
    Lines(Vec<String>),
    Looking(RunId),
    NotLooking,
    Output(Output),
    Acted(Vec<Acted>),
    Worktrees(Vec<WorktreeRow>),
    Diff(DiffReply),
    Facts(Vec<Fact>),
    Calls(CallsReply),
    Spend(SpendReply),
    Removable(Vec<RemovableRow>),
    Moved(Vec<MovedRow>),
    Kept(KeptReply),
    Trust(TrustRow),
    Status(DaemonStatus),
    Choices(Choices),
    Attached(TerminalReply),
    Typed,
    Stopping,
    Refused(Refused),
    /// A run can't be started for what stands in this field.
    Mistake {
        field: crate::request::Field,
        refused: Refused,
    },
}
