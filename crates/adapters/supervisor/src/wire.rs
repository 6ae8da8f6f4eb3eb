//! What is said on a keeper's socket: one line of JSON each way, then the connection closes.

use domain::attempt::Frozen;
use serde::{Deserialize, Serialize};

/// The longest request in bytes; a pasted task is far below.
pub(crate) const MAX_REQUEST: usize = 16 << 20;

/// A request to a keeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeeperRequest {
    Status,
    /// Sends SIGINT to the agent alone.
    Interrupt,
    /// Ends every process of the attempt: TERM, `grace_ms`, KILL, until nothing is left.
    Stop {
        grace_ms: u64,
    },
    Resize {
        columns: u16,
        rows: u16,
    },
    /// Writes `data` to the agent's standard input unless `id` was written before.
    Stdin {
        id: String,
        data: String,
    },
    /// Types into the agent's terminal. It is not logged: a person may type a password.
    Type {
        data: String,
    },
    CloseStdin,
    /// Makes every process of the attempt stand still; answered when they do, or can't be made to.
    Freeze,
    /// Lets the processes go on.
    Thaw,
}

/// A keeper's reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeeperReply {
    Status {
        run: String,
        agent_pid: Option<u32>,
        /// The agent itself has ended; its descendants are being ended.
        agent_over: bool,
        stopping: bool,
        #[serde(default)]
        frozen: Option<Frozen>,
    },
    Frozen(Frozen),
    Done,
    /// The id was written before; it is not written again.
    Known,
    Refused(String),
}
