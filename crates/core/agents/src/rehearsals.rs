//! What the built-in agent can play.

/// Its models, each a scenario.
pub(crate) const REHEARSALS: &[&str] = &[
    "success",
    "slow",
    "chatty",
    "fails",
    "fails-once",
    "asks",
    "limited",
    "limit-ends",
    "forks",
    "no-change",
    "big-output",
    "escape",
    "hostile",
    "calls",
    "repairs",
    "edits",
];
