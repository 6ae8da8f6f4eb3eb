//! What is written to the agent: each write has an id, is logged before it is sent, and is sent once.

use std::collections::{HashSet, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::SupervisorError;

/// The bytes that may wait for an agent that asks its terminal and does not read.
const MOST_ANSWERS: usize = 64 << 10;

pub(super) struct AgentInput {
    to: Option<OwnedFd>,
    log: File,
    path: PathBuf,
    known: HashSet<String>,
    unsent: VecDeque<u8>,
    close: bool,
}

#[derive(Serialize)]
struct Logged<'a> {
    id: &'a str,
    data: &'a str,
}

impl AgentInput {
    pub(super) fn open(folder: &Path) -> Result<Self, SupervisorError> {
        let path = folder.join("stdin.jsonl");
        let log = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        let log = log.map_err(SupervisorError::io("open", &path))?;
        Ok(Self { to: None, log, path, known: HashSet::new(), unsent: VecDeque::new(), close: false })
    }

    pub(super) fn attach(&mut self, to: Option<OwnedFd>) {
        if let Some(fd) = &to {
            // Blocking would only mean that a stuck agent makes the keeper deaf.
            let _set = rustix::io::ioctl_fionbio(fd, true);
        }
        self.to = to;
    }

    /// Logs and sends `data`; `false` when `id` was written before.
    pub(super) fn write(&mut self, id: &str, data: &str) -> Result<bool, SupervisorError> {
        if self.known.contains(id) {
            return Ok(false);
        }
        let mut line = serde_json::to_vec(&Logged { id, data }).expect("text is JSON");
        line.push(b'\n');
        let logged = self.log.write_all(&line).and_then(|()| self.log.sync_data());
        logged.map_err(SupervisorError::io("log to", &self.path))?;
        self.known.insert(id.to_owned());
        self.unsent.extend(data.as_bytes());
        self.pump();
        Ok(true)
    }

    /// Sends what a person types, which no one is to read later.
    pub(super) fn type_in(&mut self, data: &str) {
        self.unsent.extend(data.as_bytes());
        self.pump();
    }

    /// Sends what its terminal answers. An agent that asks and does not read is answered no more after a while.
    pub(super) fn answer(&mut self, data: &str) {
        if !data.is_empty() && self.is_open() && self.unsent.len() + data.len() <= MOST_ANSWERS {
            self.type_in(data);
        }
    }

    /// Closes the agent's input when everything is sent.
    pub(super) fn close(&mut self) {
        self.close = true;
        self.pump();
    }

    pub(super) fn is_open(&self) -> bool {
        self.to.is_some() && !self.close
    }

    pub(super) fn wants(&self) -> Option<BorrowedFd<'_>> {
        if self.unsent.is_empty() { None } else { self.to.as_ref().map(AsFd::as_fd) }
    }

    pub(super) fn pump(&mut self) {
        while let (Some(fd), false) = (&self.to, self.unsent.is_empty()) {
            match rustix::io::write(fd, self.unsent.as_slices().0) {
                Ok(n) => drop(self.unsent.drain(..n)),
                Err(rustix::io::Errno::AGAIN) => return,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => {
                    // The agent closed its input or is gone; what it did not read is in the log.
                    self.to = None;
                    self.unsent.clear();
                }
            }
        }
        if self.close {
            self.to = None;
        }
    }
}
