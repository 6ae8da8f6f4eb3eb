//! Frames: JSON with a 32-bit big-endian length in front; `hello` comes first from both sides.

use domain::budget::Budget;
use domain::key_values::KeyValues;
use domain::money::Usd;
use domain::{RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::reply::Reply;
use crate::request::Request;
use crate::row::Row;

/// The contract's version; both sides say it in `hello`. A face with a higher one replaces the daemon.
pub const CONTRACT: u32 = 11;

/// The oldest contract that this version still speaks with another side. A daemon on this machine is replaced when it is older
/// than [`CONTRACT`]; one that can't be replaced, since it serves on another machine, is spoken with from here on.
pub const OLDEST_CONTRACT: u32 = 11;

/// Whether the other side's contract is spoken here. Later ones are not: what they add can't be known.
pub fn speaks(contract: u32) -> bool {
    (OLDEST_CONTRACT..=CONTRACT).contains(&contract)
}

/// The longest frame in bytes.
pub const MAX_FRAME: usize = 64 << 20;

/// A message of a face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromFace {
    Hello {
        contract: u32,
        version: String,
    },
    /// The keys' variables that the daemon asked for in its `hello` and that are set where the face is. They count for the runs
    /// that this face asks for.
    Keys {
        values: KeyValues,
    },
    /// `id` comes back with the reply.
    Request {
        id: u64,
        request: Request,
    },
}

/// Room on a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// Bytes that may still be written.
    pub free: u64,
    pub at: Timestamp,
}

/// The use of all runs since midnight of this machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Today {
    pub tokens: u64,
    /// The cost of those tokens that have a price.
    pub usd: Usd,
    /// Tokens without a price.
    pub unpriced: u64,
    /// Whether some of it is what agents report.
    pub reported: bool,
    /// Answers were cut, so that more may be billed.
    pub cut: u64,
    pub budget: Budget,
}

/// Where a run of a repository begins when nothing else is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The main checkout's path.
    pub repo: String,
    /// The branch as it would be typed.
    pub name: String,
    pub commit: String,
}

/// A message of the daemon: a reply, or what a face watches as it happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromDaemon {
    Hello {
        contract: u32,
        version: String,
        pid: u32,
        /// The variables that the settings name as keys.
        #[serde(default)]
        keys: Vec<String>,
    },
    Reply {
        id: u64,
        reply: Reply,
    },
    /// Rows that are new or have changed, of the scope this face watches.
    Rows {
        rows: Vec<Row>,
    },
    /// All agents that were started by hand in the scope this face watches, instead of those sent before.
    Observed {
        rows: Vec<Row>,
    },
    /// New events of the run this face looks into, as the lines of its timeline.
    Events {
        run: RunId,
        lines: Vec<String>,
    },
    /// How much room there is where state and worktrees are kept; sent to those who watch when it changes visibly.
    Disk {
        disk: Disk,
    },
    /// The use of all runs today, and their budget.
    Today {
        today: Today,
    },
    /// Where runs of the one repository that this face watches begin; sent when that is another commit.
    Base {
        base: Base,
    },
    /// The output that the terminal which this face is attached to shows next, as the agent wrote it.
    Terminal {
        run: RunId,
        text: String,
        /// The terminal's size from here on, when it changes.
        size: Option<(u16, u16)>,
        /// Whether the text was written while this face was attached, and not before.
        #[serde(default)]
        live: bool,
    },
    /// The terminal is over, or another face has taken it over.
    Detached {
        run: RunId,
        why: String,
    },
    /// State can't be written; the reason, or `None` when it can again.
    Degraded {
        reason: Option<String>,
    },
}
