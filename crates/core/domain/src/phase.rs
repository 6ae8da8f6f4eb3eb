//! A phase: a slice of a run that fits one model context and can be retried alone.

use serde::{Deserialize, Serialize};

use crate::attempt::AttemptState;
use crate::event::CheckFinished;

/// Whether a phase begins a new session of its agent or goes on with the one of the phase before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionUse {
    #[default]
    New,
    Continue,
}

/// The changes that pilothouse commits at the end of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitUse {
    /// Changes that the agent left uncommitted.
    #[default]
    Leftovers,
    Never,
}

/// A phase as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PhaseSpec {
    pub name: String,
    pub prompt: String,
    /// Another agent than the run's, with its model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default)]
    pub session: SessionUse,
    #[serde(default)]
    pub commit: CommitUse,
    /// No agent works in it: it is nothing but its checks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_checks: bool,
    /// The checks that are run at its end, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
    /// How often an agent is asked to mend what a required check found.
    #[serde(default)]
    pub repair: u32,
}

/// How far a phase has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhaseProgress {
    /// The checkpoint that it began at.
    pub began_at: Option<u32>,
    /// The commit that the branch stood at once everything that the agent left uncommitted was on it.
    pub committed: Option<String>,
    pub finished: bool,
    /// The checkpoint that keeps how it ended.
    pub ended_at: Option<u32>,
    /// Whether the phase was rolled back since its last attempt, whose session then knows nothing of how things are.
    pub rolled_back: bool,
}

/// A phase of a run, as folded from its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseState {
    pub spec: PhaseSpec,
    pub attempts: Vec<AttemptState>,
    /// The session that the attempt about to be started continues.
    pub resumes: Option<String>,
    pub progress: PhaseProgress,
    /// The results of its checks since its work was last committed.
    pub checks: Vec<CheckFinished>,
    /// The results of its checks before that, where they were failures.
    pub failed_before: Vec<CheckFinished>,
    /// How often an agent was asked to mend those failures.
    pub repairs: u32,
    /// A repair that was asked for, until its work is committed.
    pub repair: Option<Repair>,
}

/// An attempt at mending what a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repair {
    /// The wishes of a reviewer, where it was no check that found something.
    pub review: Option<String>,
    /// The present was kept as a checkpoint.
    pub saved: bool,
    /// The number of its first attempt, once that was begun.
    pub attempt: Option<u32>,
}

impl PhaseState {
    pub fn new(spec: PhaseSpec) -> Self {
        Self {
            spec,
            attempts: Vec::new(),
            resumes: None,
            progress: PhaseProgress::default(),
            checks: Vec::new(),
            failed_before: Vec::new(),
            repairs: 0,
            repair: None,
        }
    }

    pub fn attempt(&self) -> Option<&AttemptState> {
        self.attempts.last()
    }

    /// The number of the attempt that would come next.
    pub fn next_attempt(&self) -> u32 {
        self.attempt().map_or(1, |attempt| attempt.number + 1)
    }

    /// Takes the phase back to before its end; one that goes on in its session still has to mend what it had to.
    pub(crate) fn try_again(&mut self, resume: bool) {
        let mending = (self.repair.take(), self.repairs, std::mem::take(&mut self.failed_before));
        self.reopen(self.progress.began_at);
        if resume {
            (self.repair, self.repairs, self.failed_before) = mending;
        }
    }

    /// Takes the phase back to before its end, beginning at another checkpoint. Its attempts stay known.
    pub(crate) fn reopen(&mut self, began_at: Option<u32>) {
        self.progress = PhaseProgress { began_at, ..PhaseProgress::default() };
        self.checks.clear();
        self.failed_before.clear();
        self.repairs = 0;
        self.repair = None;
    }
}
