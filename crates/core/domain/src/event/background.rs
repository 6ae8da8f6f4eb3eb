//! Data of the events around turns that are no end: an agent's work may go on after it has said its result.

use serde::{Deserialize, Serialize};

/// A turn of an agent began that says itself when it is idle: a result of such a one is no end yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TurnStarted {}

/// The agent has said a good result; whether that is its end, is not known yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnEnded {
    pub text: String,
    /// How much background work was open then.
    #[serde(default)]
    pub open: u32,
}

/// Work that the agent goes on with when it is done: a command, a helper of its own, a time at which it wakes up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackgroundStarted {
    /// The agent's own name of it.
    pub id: String,
    pub about: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackgroundEnded {
    pub id: String,
    pub how: String,
}
