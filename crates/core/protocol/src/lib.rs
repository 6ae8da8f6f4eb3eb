//! What the daemon and its faces say to each other: frames, requests, replies, rows.
//!
//! Rows (the fields of `ls --json`), events, commands and frames are the only serialised contract.

mod frame;
mod record;
mod reply;
mod request;
mod row;

pub use frame::{CONTRACT, FromDaemon, FromFace, MAX_FRAME};
pub use record::DaemonRecord;
pub use reply::{
    Acted, Code, DaemonStatus, DiffReply, Fact, FileChange, Output, Refused, RemovableRow, Reply, WorktreeRow,
};
pub use request::{OutputFile, Request, RunRequest, Scope};
pub use row::{
    Changes, CheckpointRow, Frozen, Observations, Observed, PhaseRow, PullRequest, QuestionRow, Row, TokensRow, row,
};
