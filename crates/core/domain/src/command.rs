//! What someone asks of pilothouse, before it is decided whether and how it happens.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::budget::Budget;
use crate::check::CheckSpec;
use crate::comment::Comment;
use crate::environment::EnvironmentSpec;
use crate::event::Review;
use crate::gate::{GateSpec, Method};
use crate::ids::RunId;
use crate::money::Usd;
use crate::phase::PhaseSpec;
use crate::policy::Policy;
use crate::pull_request::{DeliverSpec, PullState};

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
    /// A worktree in which nothing was changed goes by itself.
    #[serde(default)]
    pub release_unchanged: bool,
    /// The agent shows its own screen in a terminal, instead of writing what it does to a pipe.
    #[serde(default)]
    pub interactive: bool,
    /// Tokens after which the run is paused until a person lets it go on.
    #[serde(default)]
    pub budget_tokens: Option<u64>,
    /// USD after which it is.
    #[serde(default)]
    pub budget_usd: Option<Usd>,
    /// The amount that all runs of its repository may use in a day, as its settings said.
    #[serde(default)]
    pub repository_budget: Budget,
    /// The policy that says what the run's agents may do without asking.
    #[serde(default)]
    pub policy: Policy,
    /// Milliseconds within which a provider must lift its limit for the run to go on by itself then; `None`: never.
    #[serde(default)]
    pub go_on_within_ms: Option<u64>,
    /// Milliseconds for which an agent whose turn is over is waited for while background work of its own goes on;
    /// `None`: as long as is usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_within_ms: Option<u64>,
    /// The repository's settings file in the checkout was another than that of the base commit, which counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settings_differ: bool,
    /// The content that the run's worktree gets beside what git checks out.
    #[serde(default)]
    pub environment: EnvironmentSpec,
    /// The checks of its work, as the base commit's settings define them.
    #[serde(default)]
    pub checks: Vec<CheckSpec>,
    /// The conditions of its merge.
    #[serde(default)]
    pub gate: GateSpec,
    /// Where it is delivered.
    #[serde(default)]
    pub deliver: DeliverSpec,
    /// Variables of whoever asked for it: where programs are, and what the terminal can do. Never keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub caller: BTreeMap<String, String>,
    /// The names of the keys' variables that were set where it was asked for; `None` where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
}

impl NewRun {
    /// A run of which nothing is known but its id.
    pub fn unknown(id: RunId) -> Self {
        Self {
            name: id.to_string(),
            id,
            repo: String::new(),
            base: String::new(),
            base_commit: String::new(),
            branch: String::new(),
            worktree: String::new(),
            agent: String::new(),
            model: None,
            task: String::new(),
            phases: Vec::new(),
            release_unchanged: false,
            interactive: false,
            budget_tokens: None,
            budget_usd: None,
            repository_budget: Budget::NONE,
            policy: Policy::default(),
            go_on_within_ms: None,
            background_within_ms: None,
            settings_differ: false,
            environment: EnvironmentSpec::default(),
            checks: Vec::new(),
            gate: GateSpec::default(),
            caller: BTreeMap::new(),
            keys: None,
            deliver: DeliverSpec::default(),
        }
    }

    /// The amount that the run may use until a person is asked.
    pub fn budget(&self) -> Budget {
        Budget { tokens: self.budget_tokens, usd: self.budget_usd }
    }
}

/// An answer to an agent's question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Allow,
    AllowRun,
    Deny,
    Text(String),
    /// Each question with its own answer, in their order or as `NAME=ANSWER`.
    Each(Vec<String>),
    /// A form is taken away without an answer.
    Cancel,
}

/// How `allowed for this run` is written in `waiting.ended`; later questions for the same tool are then
/// answered by pilothouse itself.
pub const ALLOWED_FOR_RUN: &str = "allowed for this run";

/// A command that someone gives to existing runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Pause,
    Resume {
        /// The amount that the run may use in all from now on; none: as much again as was asked for, where a budget
        /// stopped it.
        #[serde(default)]
        budget: Budget,
    },
    Retry {
        /// `None`: the phase that is to go on.
        phase: Option<String>,
        /// Whether to continue the agent's session; `None`: when it was cut short. With no phase either, a step of
        /// pilothouse's own that failed is taken again alone.
        resume: Option<bool>,
    },
    /// An answer to what its agent asked with its last words; its session goes on with it.
    Reply {
        text: String,
    },
    Terminate {
        /// Milliseconds between the polite signal and the last one.
        grace_ms: u64,
    },
    Rollback {
        to: u32,
    },
    /// Runs checks again on the worktree as it is; all of them where none is named.
    Check {
        names: Vec<String>,
    },
    /// Measures the work and writes a proof pack of it.
    Proof,
    /// A person's verdict on the work as it is.
    Review {
        verdict: Review,
        text: String,
    },
    /// A person's comment on one line of the work, to go with the next verdict.
    Comment {
        comment: Comment,
    },
    /// Opens its pull request, makes a draft of it, or closes it.
    Pr {
        to: PullState,
    },
    /// Looks whether it may be merged.
    Gate,
    Merge {
        /// `None`: as the settings say.
        method: Option<Method>,
    },
    Dismiss,
    /// Takes over a run whose repository was moved and is where this folder lies now.
    Adopt {
        folder: PathBuf,
    },
    /// Lets the checkpoints of a run go that is over.
    DropCheckpoints,
    Rm,
    Restore,
}

impl Command {
    /// Whether it may only be decided with the count of the run's living processes.
    pub fn needs_count(&self) -> bool {
        let moves = matches!(self, Self::Retry { .. } | Self::Rollback { .. } | Self::Rm | Self::Adopt { .. });
        let moves = moves || matches!(self, Self::Reply { .. });
        moves || matches!(self, Self::Check { .. } | Self::DropCheckpoints) || self.judges()
    }

    /// Whether it may only be decided with the work as it is at this moment.
    pub fn judges(&self) -> bool {
        matches!(self, Self::Review { .. } | Self::Gate | Self::Merge { .. })
    }
}
