//! What the daemon and its faces say to each other: frames, requests, replies, rows.
//!
//! Rows (the fields of `ls --json`), events, commands and frames are the only serialised contract.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod frame;
mod observed;
mod record;
mod reply;
mod request;
mod row;

pub use frame::{Base, CONTRACT, Disk, FromDaemon, FromFace, MAX_FRAME, OLDEST_CONTRACT, Today, speaks};
pub use observed::{OBSERVED, ObservedAgent, observed};
pub use record::DaemonRecord;
pub use reply::{
    Acted, AgentChoice, CallsReply, Choices, Code, DaemonStatus, DiffReply, Fact, FileChange, KeptReply, KeptRow,
    LastChoice, MovedRow, Output, Refused, RemovableRow, Reply, SpendReply, SpendRow, TerminalReply, TrustRow,
    WorktreeRow,
};
pub use request::{Field, OutputFile, OutputRange, Request, RunRequest, Scope};
pub use row::{
    Changes, CheckRow, CheckpointRow, CommentRow, CommentsRow, FrozenRow, InMain, Observations, Observed, PhaseRow,
    ProofRow, PullRequest, QuestionRow, Row, TokensRow, WorkRow, row,
};
