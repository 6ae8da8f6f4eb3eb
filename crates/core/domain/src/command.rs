//! What someone asks of pilothouse, before it is decided whether and how it happens.

use serde::{Deserialize, Serialize};

use crate::ids::RunId;
use crate::phase::PhaseSpec;
use crate::status::By;

/// A run that someone asks for, with everything resolved that the dispatcher can't look up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRun {
    pub id: RunId,
    pub name: String,
    /// Absolute path of the repository's main worktree (or of a bare repository).
    pub repo: String,
    /// The ref the run starts from, as a person would write it.
    pub base: String,
    /// The commit that ref stood at, in full.
    pub base_commit: String,
    pub branch: String,
    /// Absolute path where the worktree is to be.
    pub worktree: String,
    pub agent: String,
    pub model: Option<String>,
    pub task: String,
    pub phases: Vec<PhaseSpec>,
}

/// An answer to an agent's question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Allow,
    AllowRun,
    Deny,
    Text(String),
}

/// How `allowed for this run` is written in `waiting.ended`; later questions for the same tool are then
/// answered by pilothouse itself.
pub const ALLOWED_FOR_RUN: &str = "allowed for this run";

/// What someone asks of an existing run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Terminate {
        grace_ms: u64,
        by: By,
    },
    /// Answers the question with this id; refused when another question is open by now.
    Answer {
        question: String,
        answer: Answer,
    },
}
