//! What the built-in agent can play.

/// Models of the built-in agent, each a scenario.
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
