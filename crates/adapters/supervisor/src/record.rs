//! The files of an attempt's folder that daemon and keeper tell each other things by.

use std::fs;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use domain::attempt::Exit;
use ground::Lasts;
use rustix::fs::OFlags;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::SupervisorError;
use crate::identity::Identity;

/// Bytes of the largest record; the first input of an agent is in one.
const LARGEST: u64 = 256 << 20;

/// `start.json`: what the keeper is to start. Written by the daemon before the keeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeeperStart {
    pub run: String,
    /// The state folder, for the marker in the agent's environment.
    pub home: String,
    pub program: String,
    pub args: Vec<String>,
    /// The name of the format that the agent's output is written in; the keeper itself reads nothing of it.
    #[serde(default)]
    pub reads: String,
    /// Absolute working folder.
    pub cwd: String,
    /// Variables that are set on top of what the daemon hands down.
    pub env: Vec<(String, String)>,
    /// Variables of what is handed down that the agent does not get.
    #[serde(default)]
    pub unset: Vec<String>,
    /// The gateway stands between the agent and its models.
    #[serde(default)]
    pub metered: bool,
    /// Who pays for the agent's requests, where that is known.
    #[serde(default)]
    pub paid_by: Option<String>,
    /// Set for a terminal (interactive), not set for pipes (headless).
    pub terminal: Option<TerminalSpec>,
    /// Texts that are written to standard input first.
    pub input: Vec<StartInput>,
    /// Where the keeper's socket is to be; short, since socket paths are limited to 108 bytes.
    pub socket: PathBuf,
    /// Ends the attempt after this many milliseconds, daemon or not.
    pub limit_ms: Option<u64>,
    /// The agent's input is closed once the first input is written.
    #[serde(default)]
    pub close_input: bool,
    /// How many milliseconds the agent may live on when its input was closed on request; without an end if not set.
    #[serde(default)]
    pub leave_ms: Option<u64>,
    /// The only places that the agent and what it starts may write to; anywhere if not set.
    #[serde(default)]
    pub writable: Option<Vec<String>>,
    /// Use a control group where one can be made; signals alone otherwise.
    #[serde(default = "yes")]
    pub freezer: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalSpec {
    pub columns: u16,
    pub rows: u16,
    /// Who asks for its colours is told that dark text stands on a light ground.
    #[serde(default)]
    pub light: bool,
    /// The terminal shows colours of 24 bits.
    #[serde(default)]
    pub true_colour: bool,
}

impl Default for TerminalSpec {
    fn default() -> Self {
        Self { columns: 80, rows: 24, light: false, true_colour: false }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartInput {
    pub id: String,
    pub data: String,
}

/// `keeper.json`: who holds the attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeeperRecord {
    pub run: String,
    pub keeper: Identity,
    /// `None` until the agent is started; a keeper that died before that leaves it so.
    pub agent: Option<Identity>,
    pub socket: PathBuf,
    /// The control group of the agent and all it starts, where there is one.
    #[serde(default)]
    pub cgroup: Option<PathBuf>,
}

/// Reads `start.json` of an attempt's folder; `None` if there is none yet.
///
/// # Errors
/// When it can't be read.
pub fn start_record(folder: &Path) -> Result<Option<KeeperStart>, SupervisorError> {
    read(&folder.join("start.json"))
}

/// Reads `keeper.json` of an attempt's folder; `None` if there is none yet.
///
/// # Errors
/// When it can't be read.
pub fn keeper_record(folder: &Path) -> Result<Option<KeeperRecord>, SupervisorError> {
    read(&folder.join("keeper.json"))
}

/// Reads `exit.json` of an attempt's folder; `None` while there is none.
///
/// # Errors
/// When it can't be read.
pub fn exit_record(folder: &Path) -> Result<Option<Exit>, SupervisorError> {
    read(&folder.join("exit.json"))
}

pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, SupervisorError> {
    match bytes(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| SupervisorError::Record { path: path.to_owned(), source }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(SupervisorError::io("read", path)(e)),
    }
}

/// The bytes of a plain file: nothing else in its place is waited for, led by or read without end.
fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(std::io::Error::other)?;
    let file = fs::File::options().read(true).custom_flags(flags).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() || meta.len() > LARGEST {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "it is no plain file, or too large for a record",
        ));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a record whole or not at all.
pub(crate) fn write(folder: &Path, name: &str, record: &impl Serialize) -> Result<(), SupervisorError> {
    let path = folder.join(name);
    let bytes = serde_json::to_vec(record).expect("a record is plain values");
    ground::write_whole(&path, &bytes, Lasts::WhereNamed).map_err(SupervisorError::io("write", path))
}
