//! What an agent may do without asking a person.

use serde::{Deserialize, Serialize};

/// How much an agent is trusted; each agent's own settings are derived from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Asks before it changes a file or runs a command.
    Ask,
    /// Changes files in its worktree; asks before commands that need leave.
    #[default]
    Edits,
    /// Does everything without asking.
    All,
    /// As `All`, but writes outside its worktree, its git folder and its scratch folders fail.
    Sandboxed,
}

impl Policy {
    pub const ALL: [Self; 4] = [Self::Ask, Self::Edits, Self::All, Self::Sandboxed];

    pub fn word(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Edits => "edits",
            Self::All => "all",
            Self::Sandboxed => "sandboxed",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.word() == word)
    }

    /// Whether nothing is asked of a person.
    pub fn allows_everything(self) -> bool {
        matches!(self, Self::All | Self::Sandboxed)
    }
}
