//! A phase: a slice of a run that fits one model context and can be retried alone.

use serde::{Deserialize, Serialize};

use crate::attempt::AttemptState;

/// What was asked for in one phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseSpec {
    pub name: String,
    pub prompt: String,
}

/// One phase of a run as folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseState {
    pub spec: PhaseSpec,
    pub attempts: Vec<AttemptState>,
    /// What the agent left uncommitted is on the branch; the commit the branch then stood at.
    pub committed: Option<String>,
    pub finished: bool,
}

impl PhaseState {
    pub fn new(spec: PhaseSpec) -> Self {
        Self { spec, attempts: Vec::new(), committed: None, finished: false }
    }

    pub fn attempt(&self) -> Option<&AttemptState> {
        self.attempts.last()
    }
}
