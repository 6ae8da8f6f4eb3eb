//! The process at the other end of a Unix socket, held so that no other can take its place under its number.

use std::fs::{self, File};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::belongs;
use crate::killed::Killed;
use crate::locks::is_daemon;
use crate::syscalls::{peer_credentials, peer_handle};

/// A process that has connected.
#[derive(Debug)]
pub struct Peer {
    pid: u32,
    handle: OwnedFd,
}

/// Whose word it is that comes from a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No run has anything to do with it, as far as can be known.
    Person,
    /// The process is one of this run's, or was started by one.
    OfRun(String),
    /// The standing can't be told, and why: then the process is nobody's.
    Unknown(String),
}

impl Peer {
    /// The process that connected this socket.
    ///
    /// # Errors
    /// Why it can't be told; then nothing it asks is a person's word.
    pub fn of(socket: impl AsFd) -> Result<Self, String> {
        let (pid, uid) = peer_credentials(socket.as_fd()).map_err(|e| format!("nothing tells who connected ({e})"))?;
        if uid != rustix::process::getuid().as_raw() {
            return Err("another user connected".to_owned());
        }
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let number = number.ok_or("it is in another pid namespace, where it can't be looked at")?;
        let ended = |_| format!("process {pid} has ended");
        let handle = match peer_handle(socket.as_fd()).map_err(ended)? {
            Some(handle) => handle,
            // Before Linux 6.5 the number may be another's already, if it has ended just now.
            None => pidfd_open(number, PidfdFlags::empty()).map_err(|e| ended(e.into()))?,
        };
        let peer = Self { pid, handle };
        if peer.lives() { Ok(peer) } else { Err(format!("process {pid} has ended")) }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the very process that connected still runs.
    pub fn lives(&self) -> bool {
        let mut ended = [PollFd::new(&self.handle, PollFlags::IN)];
        matches!(poll(&mut ended, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(0))
    }

    /// Whether it is the daemon of the state folder `home`: it holds the daemon's lock, and no run's process has started it. Its
    /// program says nothing, since an agent can start that too. `own` is a file that the process that asks has locked itself.
    pub fn is_daemon(&self, home: &Path, own: &File) -> bool {
        is_daemon(self.pid, home, own) && self.descent(home) == Standing::Person
    }

    /// Tells the standing of the process by who started it, which is found out at once.
    pub fn descent(&self, home: &Path) -> Standing {
        match belongs::ancestry(self.pid, home) {
            Err(why) => Standing::Unknown(why),
            Ok(belongs::Ancestry { run: Some(run), .. }) => Standing::OfRun(run),
            Ok(_) if self.lives() => Standing::Person,
            Ok(_) => Standing::Unknown(format!("process {} has ended", self.pid)),
        }
    }

    /// Whose word it is just now that this process asks for. To be asked anew for each request: who its parents are changes.
    pub fn standing(&self, home: &Path, killed: &Killed) -> Standing {
        let unknown = |why| Standing::Unknown(why);
        let chain = match belongs::ancestry(self.pid, home) {
            Err(why) => return unknown(why),
            Ok(belongs::Ancestry { run: Some(run), .. }) => return Standing::OfRun(run),
            Ok(belongs::Ancestry { chain, .. }) => chain,
        };
        // What hides its environment could hide a run's mark.
        if fs::read(format!("/proc/{}/environ", self.pid)).is_err() {
            return unknown(format!("process {} can't be looked at", self.pid));
        }
        if let Some(run) = killed.may_have_left(&chain, home) {
            return unknown(format!(
                "the keeper of run {run} was killed, and what it held can't be told from what a person started since; \
                 ask from a session that is older than the run, or log in anew over ssh"
            ));
        }
        // What was read is of this very process only if it still runs.
        if self.lives() { Standing::Person } else { unknown(format!("process {} has ended", self.pid)) }
    }
}
