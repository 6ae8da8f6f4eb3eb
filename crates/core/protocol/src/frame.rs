//! Frames: JSON with a 32-bit big-endian length in front; `hello` comes first from both sides.

use domain::RunId;
use serde::{Deserialize, Serialize};

use crate::reply::Reply;
use crate::request::Request;
use crate::row::Row;

/// The contract's version; both sides say it in `hello`. A face with a higher one replaces the daemon.
pub const CONTRACT: u32 = 2;

/// The longest frame in bytes.
pub const MAX_FRAME: usize = 64 << 20;

/// What a face sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromFace {
    Hello {
        contract: u32,
        version: String,
    },
    /// `id` comes back with the reply.
    Request {
        id: u64,
        request: Request,
    },
}

/// What the daemon sends: replies, and what a face watches as it happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromDaemon {
    Hello {
        contract: u32,
        version: String,
        pid: u32,
    },
    Reply {
        id: u64,
        reply: Reply,
    },
    /// Rows that are new or have changed, of the scope this face watches.
    Rows {
        rows: Vec<Row>,
    },
    /// New events of the run this face looks into, as the lines of its timeline.
    Events {
        run: RunId,
        lines: Vec<String>,
    },
    /// State can't be written; the reason, or `None` when it can again.
    Degraded {
        reason: Option<String>,
    },
}
