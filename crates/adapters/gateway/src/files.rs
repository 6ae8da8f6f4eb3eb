//! The gateway's own folder in the state folder: its lock, its port, and who serves.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ground::Lasts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::GatewayError;

/// `gateway/serving.json`: who serves, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serving {
    pub pid: u32,
    /// When this process was started, in clock ticks since boot; a number alone may be another's by now.
    #[serde(default)]
    pub started: Option<u64>,
    /// On 127.0.0.1; the next gateway takes the same one.
    pub port: u16,
    /// Names of the variables whose values the gateway was given.
    #[serde(default)]
    pub keys: Vec<String>,
}

/// `HOME/gateway`.
pub(crate) fn folder(home: &Path) -> PathBuf {
    home.join("gateway")
}

/// Makes a folder that only its owner can enter.
pub(crate) fn make_folder(path: &Path) -> Result<(), GatewayError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(GatewayError::io("make the folder", path))
}

/// The right to be the gateway of a state folder, held until dropped; `None` while another has it.
pub(crate) fn lock(home: &Path) -> Result<Option<File>, GatewayError> {
    let path = folder(home).join("lock");
    ground::take_writers_lock(&path).map_err(GatewayError::io("lock", &path))
}

/// Whether a gateway holds the lock of this state folder.
pub fn is_serving(home: &Path) -> bool {
    ground::is_writers_locked(&folder(home).join("lock"))
}

/// Returns which gateway served last, and where; `None` before the first one. The pid is 0 where it is another
/// process's by now.
///
/// # Errors
/// When that can't be read.
pub fn serving(home: &Path) -> Result<Option<Serving>, GatewayError> {
    let told: Option<Serving> = read_own(&folder(home).join("serving.json"), 64 << 10)?;
    Ok(told.map(|told| {
        let another = told.started.is_some() && told.started != start_of(told.pid);
        if another { Serving { pid: 0, ..told } } else { told }
    }))
}

/// When a process was started, in clock ticks since boot (`/proc/PID/stat` field 22); `None` when there is none.
pub(crate) fn start_of(pid: u32) -> Option<u64> {
    let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    // The name in parentheses may hold anything, so fields count from the last one.
    text[text.rfind(')')? + 1..].split_ascii_whitespace().nth(19)?.parse().ok()
}

pub(crate) fn announce(home: &Path, serving: &Serving) -> Result<(), GatewayError> {
    write(&folder(home).join("serving.json"), serving)
}

/// Opens a file that others may have put there: only a plain one, and never one elsewhere; nothing is waited for.
pub(crate) fn open_own(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.custom_flags(libc_flags()).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no plain file")) }
}

fn libc_flags() -> i32 {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    i32::try_from(flags.bits()).expect("flags of open(2) are an int")
}

/// Reads a record of at most so many bytes from a plain file.
pub(crate) fn read_own<T: DeserializeOwned>(path: &Path, longest: u64) -> Result<Option<T>, GatewayError> {
    let mut text = Vec::new();
    let file = match open_own(OpenOptions::new().read(true), path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(GatewayError::io("open", path))?,
    };
    file.take(longest).read_to_end(&mut text).map_err(GatewayError::io("read", path))?;
    let wrong = |e: serde_json::Error| GatewayError::Record { path: path.to_owned(), why: e.to_string() };
    serde_json::from_slice(&text).map(Some).map_err(wrong)
}

/// Writes a record whole or not at all, for its owner only.
pub(crate) fn write(path: &Path, record: &impl Serialize) -> Result<(), GatewayError> {
    let bytes = serde_json::to_vec(record).expect("a record is plain values");
    ground::write_whole(path, &bytes, Lasts::UntilRestart).map_err(GatewayError::io("write", path))
}
