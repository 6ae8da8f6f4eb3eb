//! The daemon's side of a keeper's socket.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, flock};

use crate::error::SupervisorError;
use crate::record::KeeperRecord;
use crate::wire::{Reply, Request};

/// How long a keeper may take to answer; it never does more than one short thing at a time.
const PATIENCE: Duration = Duration::from_secs(5);

/// A keeper as the daemon sees it.
#[derive(Debug, Clone)]
pub struct Keeper {
    run: String,
    socket: PathBuf,
}

impl Keeper {
    pub fn new(record: &KeeperRecord) -> Self {
        Self { run: record.run.clone(), socket: record.socket.clone() }
    }

    /// Asks one thing. Blocks for at most five seconds.
    ///
    /// # Errors
    /// When the keeper can't be reached, does not answer, or refuses.
    pub fn ask(&self, request: &Request) -> Result<Reply, SupervisorError> {
        let mut line = serde_json::to_vec(request).expect("a request is plain values");
        line.push(b'\n');
        let talk = || {
            let mut stream = UnixStream::connect(&self.socket)?;
            if !is_ours(&stream) {
                return Err(std::io::Error::other("someone else serves there"));
            }
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            stream.write_all(&line)?;
            let mut answer = String::new();
            BufReader::new(stream).read_line(&mut answer)?;
            Ok(answer)
        };
        let answer = talk().map_err(SupervisorError::io("ask the keeper at", &self.socket))?;
        match serde_json::from_str(&answer) {
            Ok(Reply::Refused(why)) => Err(SupervisorError::Refused(why)),
            Ok(reply) => Ok(reply),
            Err(_) => Err(SupervisorError::Silent(self.socket.clone())),
        }
    }

    /// Whether the keeper answers and holds the run it should.
    pub fn answers(&self) -> bool {
        matches!(self.ask(&Request::Status), Ok(Reply::Status { run, .. }) if run == self.run)
    }
}

/// Opens a folder; whatever else is in its place is not waited for.
pub(crate) fn open_folder(folder: &Path) -> std::io::Result<File> {
    let flags = i32::try_from(OFlags::DIRECTORY.bits()).map_err(std::io::Error::other)?;
    File::options().read(true).custom_flags(flags).open(folder)
}

/// Takes the lock of an attempt's folder; `None` when another has it, or had: a folder with a record had a keeper before,
/// and its agent is never started a second time.
pub(crate) fn hold(folder: &Path) -> std::io::Result<Option<File>> {
    let file = open_folder(folder)?;
    let taken = flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
    let used_up = || folder.join("keeper.json").exists() || folder.join("exit.json").exists();
    Ok((taken && !used_up()).then_some(file))
}

/// Whether a keeper holds this attempt's folder now.
pub fn is_held(folder: &Path) -> bool {
    let Ok(file) = open_folder(folder) else { return false };
    flock(&file, FlockOperation::NonBlockingLockShared).is_err()
}

/// Whether the other end of a socket is a process of this user.
pub(crate) fn is_ours(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream.as_fd()).is_ok_and(|peer| peer.uid == rustix::process::getuid())
}
