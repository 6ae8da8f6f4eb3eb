//! Where a run's time went.

use serde::{Deserialize, Serialize};

use crate::figures;

/// Milliseconds in which an attempt was open, by what was going on. Time between two events counts as what was known
/// after the first of them, so while no daemon ran it counts as what went on before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Times {
    /// The model answered, or the agent worked by itself.
    pub thinking_ms: u64,
    pub tools_ms: u64,
    /// The agent waited for a person's answer.
    pub waiting_ms: u64,
    /// A provider's limit stopped it, or a request was tried again.
    pub limited_ms: u64,
    pub paused_ms: u64,
}

impl Times {
    /// `thinking 2m10s, in tools 3.0s`: what took half a second at least.
    pub fn says(&self) -> String {
        let parts = [
            ("thinking", self.thinking_ms),
            ("in tools", self.tools_ms),
            ("waiting for you", self.waiting_ms),
            ("limited", self.limited_ms),
            ("paused", self.paused_ms),
        ];
        let parts = parts.into_iter().filter(|(name, ms)| *ms >= 500 || *name == "thinking");
        parts.map(|(name, ms)| format!("{name} {}", figures::seconds(ms))).collect::<Vec<_>>().join(", ")
    }
}
