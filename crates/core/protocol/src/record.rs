//! `daemon.json`: where the daemon of a state folder is; faces read it and never compute a path.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Who serves a state folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonRecord {
    pub pid: u32,
    /// When it started, in milliseconds since the Unix epoch.
    pub started_ms: i64,
    pub socket: PathBuf,
    pub contract: u32,
    pub version: String,
}
