//! What a run is doing, from facts only; what is not known is `Unknown`, a status of its own.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// Who asked for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Person,
    Budget,
    Pilothouse,
}

/// A run's status with the data that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    Queued,
    /// Worktree, lease and setup are being made.
    Preparing,
    Working(Activity),
    /// The agent asks a human; the question is in the run's state.
    Waiting,
    /// Stopped by a provider's limit; `None` when the provider gave no time.
    Limited {
        resets_at: Option<Timestamp>,
    },
    Paused {
        by: By,
        reason: String,
    },
    Checking,
    Ready,
    Merged,
    Failed {
        phase: String,
        reason: String,
    },
    Terminated {
        by: By,
    },
    /// The keeper is gone without an exit record.
    Lost {
        reason: String,
    },
    Unknown {
        reason: String,
    },
}

/// The activity of a working agent just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activity {
    Starting,
    Thinking,
    Streaming,
    Tool {
        name: String,
        about: String,
    },
    Retrying {
        attempt: u32,
    },
    /// The agent's turn is over, and work of its own goes on without it.
    Background,
    Finishing,
}

impl Status {
    /// The one word used on screen, in `ls --json` and in the documents.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Preparing => "preparing",
            Self::Working(_) => "working",
            Self::Waiting => "waiting",
            Self::Limited { .. } => "limited",
            Self::Paused { .. } => "paused",
            Self::Checking => "checking",
            Self::Ready => "ready",
            Self::Merged => "merged",
            Self::Failed { .. } => "failed",
            Self::Terminated { .. } => "terminated",
            Self::Lost { .. } => "lost",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Whether nothing more happens to the run by itself.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Ready | Self::Merged | Self::Failed { .. } | Self::Terminated { .. } | Self::Lost { .. })
    }
}

impl Activity {
    pub fn word(&self) -> String {
        match self {
            Self::Starting => "starting".to_owned(),
            Self::Thinking => "thinking".to_owned(),
            Self::Streaming => "streaming".to_owned(),
            Self::Tool { name, about } if about.is_empty() => name.clone(),
            Self::Tool { name, about } => format!("{name} {about}"),
            Self::Retrying { attempt: 0 } => "retrying".to_owned(),
            Self::Retrying { attempt } => format!("retrying ({attempt})"),
            Self::Background => "waiting for its background work".to_owned(),
            Self::Finishing => "finishing".to_owned(),
        }
    }
}
