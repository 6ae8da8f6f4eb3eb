//! Data of the events that pilothouse itself witnesses.

use serde::{Deserialize, Serialize};

use crate::attempt::{Exit, Frozen};
use crate::command::NewRun;
use crate::effect::{Effect, EffectId, Outcome};
use crate::status::By;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCreated {
    pub run: Box<NewRun>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunQueued {}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreeCreated {
    pub path: String,
    pub branch: String,
    /// The commit checked out, in full.
    pub head: String,
}

/// The worktree has what it gets beside what git checks out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentLeased {
    /// Paths inside the worktree; folders end with a slash.
    pub copied: Vec<String>,
    pub bytes: u64,
}

/// The set-up commands have all ended well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupFinished {
    pub commands: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseStarted {
    /// Counts from 1.
    pub index: u32,
    pub count: u32,
    /// The checkpoint that the attempt begins at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<u32>,
    /// The agent's session that the attempt continues; a new one when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptStarted {
    /// Process id of the agent.
    pub pid: u32,
    pub keeper_pid: u32,
    /// The name of what its output is written in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<String>,
    /// The sandbox that holds the agent inside of the places that it may write to; `None`: nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<String>,
    /// The gateway stands between it and its model: its own figures count, and no report of the agent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub metered: bool,
    /// Who pays for what it asks its models: a key, by where it comes from, or its own login; `None`: that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFinished {
    pub exit: Exit,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseFinished {
    /// The commit the branch stands at, in full.
    pub head: String,
    /// Files that pilothouse committed because the agent had not.
    pub leftovers: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunReady {
    /// Whether the branch differs from its base at all.
    #[serde(default)]
    pub changed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFailed {
    /// The phase that failed; `None` when the run failed before its first phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    pub reason: String,
}

/// Every process of the attempt that could be reached stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPaused {
    pub by: By,
    pub reason: String,
    pub frozen: Frozen,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunResumed {
    pub by: By,
}

/// Someone asked for the run's end; it ends when nothing of it lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminateRequested {
    pub by: By,
    /// Milliseconds between the polite signal and the last one.
    pub grace_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTerminated {
    pub by: By,
    /// Why something of it may live that can't be told from what is no run's; not set where nothing of it lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untold: Option<String>,
}

/// A daemon found the living keeper of a run that an earlier daemon had started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    pub keeper_pid: u32,
}

/// The keeper of an attempt is gone and left no exit record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    pub reason: String,
    /// Processes of the run that were found alive without their keeper.
    #[serde(default)]
    pub survivors: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectStarted {
    pub id: EffectId,
    pub effect: Effect,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectFinished {
    pub id: EffectId,
    pub outcome: Outcome,
}
