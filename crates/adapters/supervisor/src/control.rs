//! The daemon's side of a keeper's socket.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with, sockopt};

use crate::error::SupervisorError;
use crate::identity::Identity;
use crate::record::KeeperRecord;
use crate::syscalls::peer_credentials;
use crate::wire::{KeeperReply, KeeperRequest, MAX_REQUEST};

/// How long a keeper may take to answer; it never does more than one short thing at a time.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of an answer; the longest ones are reasons.
const LONGEST_ANSWER: usize = 1 << 20;

/// A keeper as the daemon sees it. It answers its daemon only: who holds the lock of the state folder, and is no process of
/// a run.
#[derive(Debug, Clone)]
pub struct Keeper {
    run: String,
    keeper: Identity,
    socket: PathBuf,
}

impl Keeper {
    pub fn new(record: &KeeperRecord) -> Self {
        Self { run: record.run.clone(), keeper: record.keeper.clone(), socket: record.socket.clone() }
    }

    /// Sends one request and returns its reply. Blocks for at most five seconds, or a little longer when much is
    /// written.
    ///
    /// # Errors
    /// When the keeper can't be reached, does not answer, or refuses; at once when it would not take so much.
    pub fn ask(&self, request: &KeeperRequest) -> Result<KeeperReply, SupervisorError> {
        let line = line(request);
        if line.len() > MAX_REQUEST {
            return Err(SupervisorError::TooMuch(line.len()));
        }
        let talk = || {
            let stream = connect(&self.socket)?;
            if !self.serves(&stream) {
                return Err(io::Error::other("someone else serves there"));
            }
            stream.set_read_timeout(Some(PATIENCE))?;
            // One that hangs up has said why before.
            let written = (&stream).write_all(&line);
            let heard = hear(&stream)?;
            if heard.is_empty() { written.map(|()| heard) } else { Ok(heard) }
        };
        let answer = talk().map_err(SupervisorError::io("ask the keeper at", &self.socket))?;
        match serde_json::from_slice(&answer) {
            Ok(KeeperReply::Refused(why)) => Err(SupervisorError::Refused(why)),
            Ok(reply) => Ok(reply),
            Err(_) => Err(SupervisorError::Silent(self.socket.clone())),
        }
    }

    /// Whether the keeper of the record listens there, and not whoever has put a socket in its place.
    fn serves(&self, stream: &UnixStream) -> bool {
        let by = peer_credentials(stream.as_fd());
        by.is_ok_and(|(pid, uid)| uid == rustix::process::getuid().as_raw() && pid == self.keeper.pid)
            && self.keeper.is_alive()
    }

    /// Whether the keeper answers and holds the run it should.
    pub fn answers(&self) -> bool {
        matches!(self.ask(&KeeperRequest::Status), Ok(KeeperReply::Status { run, .. }) if run == self.run)
    }
}

/// Whether a keeper takes a request of this length.
pub fn fits(request: &KeeperRequest) -> bool {
    line(request).len() <= MAX_REQUEST
}

fn line(request: &KeeperRequest) -> Vec<u8> {
    let mut line = serde_json::to_vec(request).expect("a request is plain values");
    line.push(b'\n');
    line
}

/// As connect(2), but a keeper that takes up nobody is not waited for without an end.
fn connect(path: &Path) -> io::Result<UnixStream> {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Send, Some(PATIENCE))?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(UnixStream::from(socket))
}

/// Reads one line, or what has come of it when the time is over.
fn hear(mut stream: &UnixStream) -> io::Result<Vec<u8>> {
    let (deadline, mut heard, mut chunk) = (Instant::now() + PATIENCE, Vec::new(), [0u8; 4096]);
    while !heard.ends_with(b"\n") && heard.len() < LONGEST_ANSWER && Instant::now() < deadline {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => heard.extend_from_slice(&chunk[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(heard)
}
