//! What is to be done outside, as comparable values; each is written to the timeline before it is done.

use serde::{Deserialize, Serialize};

use crate::attempt::AttemptKey;
use crate::check;
use crate::environment::SETUP;
use crate::gate::Method;
use crate::pull_request::PullWork;
use crate::status::By;

/// An effect's number inside its run; it counts from 1 and is never used twice.
pub type EffectId = u64;

/// Prefix of the id of a write that says something to an agent whose turn is over, so that another turn begins.
pub const WORDS: &str = "words:";

/// Something to be done to the world for one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Makes the branch and the worktree that `run.created` names.
    CreateWorktree,
    /// Puts ignored files and folders of the main checkout into the worktree.
    LeaseEnvironment,
    /// Runs the set-up commands in the worktree, for the `n`th time.
    SetUp { n: u32 },
    /// Starts a keeper for this attempt, which starts the agent.
    StartAttempt(AttemptKey),
    /// Ends every process of the attempt: TERM, `grace_ms`, KILL, until nothing is left.
    StopAttempt { attempt: AttemptKey, grace_ms: u64, by: By },
    /// Commits what the agent left uncommitted to the run's branch.
    CommitLeftovers { phase: String },
    /// Runs this check in the worktree, for the `n`th time in the run.
    RunCheck { name: String, n: u32 },
    /// Looks how the work stands: its commit and tree, what it changes, whether it merges.
    MeasureWork,
    /// Writes proof pack `k` of the events up to `seq`.
    WriteProof { k: u32, seq: u64 },
    /// Brings the commit `head` into the branch `onto`, which stands at `before`.
    Merge {
        method: Method,
        head: String,
        onto: String,
        before: String,
        /// The number of the pull request that is merged by it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pull: Option<u64>,
    },
    /// Has the forge's pull request say this; opens it where there is none.
    Deliver { work: PullWork },
    /// Writes a line to the agent's standard input, once; the keeper knows `write` if it did so before.
    Write {
        attempt: AttemptKey,
        write: String,
        data: String,
        question: Option<String>,
        /// The answer in words, for the timeline.
        #[serde(default)]
        how: String,
    },
    /// Closes the agent's standard input: nothing more will be asked of it.
    CloseInput(AttemptKey),
    /// Makes every process of the attempt stand still, and counts them.
    Freeze { attempt: AttemptKey, by: By, reason: String },
    /// Lets a frozen attempt go on.
    Thaw { attempt: AttemptKey, by: By },
    /// Keeps the whole worktree as checkpoint `n`.
    SaveCheckpoint { n: u32, why: String },
    /// Lets the run's checkpoints go, and what ways back overwrote.
    DropCheckpoints,
    /// Puts files, index and branch back to checkpoint `n`; the present was kept as another one before.
    RestoreCheckpoint { n: u32 },
    /// Keeps everything in a snapshot of this name, then removes worktree and branch.
    RemoveWorktree {
        snapshot: String,
        by: By,
        /// Nobody is asked: it may go only if it is clean at this commit. Without one: at the base.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
    },
    /// Makes worktree and branch again out of a snapshot.
    RestoreWorktree { snapshot: String },
}

impl Effect {
    /// The attempt that it is about, where there is one.
    pub fn attempt(&self) -> Option<AttemptKey> {
        match self {
            Self::StartAttempt(key) | Self::CloseInput(key) => Some(key.clone()),
            Self::StopAttempt { attempt, .. }
            | Self::Write { attempt, .. }
            | Self::Freeze { attempt, .. }
            | Self::Thaw { attempt, .. } => Some(attempt.clone()),
            Self::SetUp { n } => Some(AttemptKey { phase: SETUP.to_owned(), attempt: *n }),
            Self::RunCheck { name, n } => Some(check::key(name, *n)),
            Self::CreateWorktree
            | Self::LeaseEnvironment
            | Self::CommitLeftovers { .. }
            | Self::MeasureWork
            | Self::WriteProof { .. }
            | Self::Merge { .. }
            | Self::Deliver { .. }
            | Self::SaveCheckpoint { .. }
            | Self::DropCheckpoints
            | Self::RestoreCheckpoint { .. }
            | Self::RemoveWorktree { .. }
            | Self::RestoreWorktree { .. } => None,
        }
    }
}

/// How an effect went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Done,
    /// Tried, failed, and what had been done of it is undone.
    Failed(String),
    /// Not done, because it would lose work or touch what is not ours.
    Refused(String),
    /// Not known whether it took place; never tried again blindly.
    Unknown(String),
}
