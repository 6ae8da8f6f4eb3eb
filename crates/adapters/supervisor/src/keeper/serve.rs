//! The keeper's socket: who may ask, what is asked, and the answers.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::process::Signal;

use super::KeeperLoop;
use super::agent::Streams;
use super::freeze::Freeze;
use crate::error::SupervisorError;
use crate::peer::Peer;
use crate::processes;
use crate::wire::{KeeperReply, KeeperRequest, MAX_REQUEST};

/// A caller that has not finished its request by then is hung up on.
const PATIENCE: Duration = Duration::from_secs(10);
/// Callers that are looked at before the agent's output is taken up again.
const AT_ONCE: usize = 16;
/// Requests that may be under way; whoever comes then waits.
const MOST: usize = 64;

pub(super) struct KeeperServer {
    listener: UnixListener,
    open: Vec<Conversation>,
}

pub(super) struct Conversation {
    stream: UnixStream,
    heard: Vec<u8>,
    since: Instant,
}

impl KeeperServer {
    pub(super) fn bind(path: &Path) -> Result<Self, SupervisorError> {
        let bind = || {
            if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
                std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            }
            // Only the holder of the folder's lock gets here, so a socket of this name is a dead one.
            match std::fs::remove_file(path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
            let listener = UnixListener::bind(path)?;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        };
        let listener = bind().map_err(SupervisorError::io("listen at", path))?;
        Ok(Self { listener, open: Vec::new() })
    }

    /// Runtime folders are cleaned by others; a keeper that nobody can reach could be neither paused nor ended in peace.
    pub(super) fn keep(&mut self, path: &Path) {
        if !path.exists()
            && let Ok(again) = Self::bind(path)
        {
            self.listener = again.listener;
        }
    }

    pub(super) fn poll<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        fds.push(PollFd::new(&self.listener, PollFlags::IN));
        fds.extend(self.open.iter().map(|c| PollFd::new(&c.stream, PollFlags::IN)));
    }

    /// Takes up callers that may ask; the others are hung up on.
    pub(super) fn take_up(&mut self, may_ask: impl Fn(&UnixStream) -> bool) {
        for _ in 0..AT_ONCE {
            if self.open.len() >= MOST {
                return;
            }
            let Ok((stream, _)) = self.listener.accept() else { return };
            if may_ask(&stream) && stream.set_nonblocking(true).is_ok() {
                self.open.push(Conversation { stream, heard: Vec::new(), since: Instant::now() });
            }
        }
    }

    /// The next whole request of somebody who still may ask, if there is one.
    pub(super) fn next(&mut self, may_ask: impl Fn(&UnixStream) -> bool) -> Option<(KeeperRequest, Conversation)> {
        let mut i = 0;
        while i < self.open.len() {
            match self.open[i].hear() {
                Heard::Request(request) if may_ask(&self.open[i].stream) => {
                    return Some((request, self.open.swap_remove(i)));
                }
                Heard::Nothing => i += 1,
                Heard::TooMuch => {
                    let why = format!("that is more than a keeper takes at once ({} MB)", MAX_REQUEST >> 20);
                    self.open.swap_remove(i).answer(&KeeperReply::Refused(why));
                }
                Heard::Request(_) | Heard::End => drop(self.open.swap_remove(i)),
            }
        }
        None
    }

    pub(super) fn remove(self, path: &Path) {
        // The folder of sockets is cleaned with the runtime directory; a leftover socket harms nobody.
        let _gone = std::fs::remove_file(path);
    }
}

/// Whether the daemon of the state folder is at the other end.
fn is_of_daemon(stream: &UnixStream, home: &Path, held: &File) -> bool {
    Peer::of(stream).is_ok_and(|peer| peer.is_daemon(home, held))
}

enum Heard {
    Request(KeeperRequest),
    Nothing,
    TooMuch,
    End,
}

impl Conversation {
    fn hear(&mut self) -> Heard {
        let mut chunk = [0u8; 4096];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return Heard::End,
                Ok(n) => self.heard.extend_from_slice(&chunk[..n]),
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Heard::End,
            }
            if self.heard.len() > MAX_REQUEST {
                return Heard::TooMuch;
            }
            if self.heard.ends_with(b"\n") {
                break;
            }
        }
        match self.heard.strip_suffix(b"\n") {
            Some(line) => serde_json::from_slice(line).map_or(Heard::End, Heard::Request),
            None if self.since.elapsed() > PATIENCE => Heard::End,
            None => Heard::Nothing,
        }
    }

    pub(super) fn answer(mut self, reply: &KeeperReply) {
        let mut line = serde_json::to_vec(reply).expect("a reply is plain values");
        line.push(b'\n');
        // A caller that hung up does not want to know.
        let _sent = self.stream.write_all(&line);
    }
}

impl KeeperLoop {
    /// Answers who may ask.
    pub(super) fn serve(&mut self) {
        let (home, held) = (PathBuf::from(&self.start.home), self.held.lock.try_clone());
        let may_ask = |stream: &UnixStream| held.as_ref().is_ok_and(|held| is_of_daemon(stream, &home, held));
        self.server.take_up(may_ask);
        while let Some((request, conversation)) = self.server.next(may_ask) {
            let reply = self.answer(request);
            conversation.answer(&reply);
        }
    }

    fn answer(&mut self, request: KeeperRequest) -> KeeperReply {
        match request {
            KeeperRequest::Status => KeeperReply::Status {
                run: self.start.run.clone(),
                agent_pid: self.ended.is_none().then_some(self.agent.pid),
                agent_over: self.ended.is_some(),
                stopping: self.stop.is_some(),
                frozen: self.frozen.as_ref().map(|frozen| frozen.count(self.group.as_ref())),
            },
            KeeperRequest::Freeze if self.stop.is_some() || self.ended.is_some() => {
                KeeperReply::Refused("the agent has ended or is being ended".to_owned())
            }
            KeeperRequest::Freeze => {
                let frozen = self.frozen.get_or_insert_with(Freeze::begin);
                KeeperReply::Frozen(frozen.hold(self.group.as_ref()))
            }
            KeeperRequest::Thaw => {
                self.thaw();
                KeeperReply::Done
            }
            KeeperRequest::Interrupt => {
                let sent = self.ended.is_none() && processes::signal(self.agent.pid, Signal::INT);
                if sent { KeeperReply::Done } else { KeeperReply::Refused("the agent has ended".to_owned()) }
            }
            KeeperRequest::Stop { grace_ms } => {
                self.asked = true;
                self.begin_stop(grace_ms);
                KeeperReply::Done
            }
            KeeperRequest::Resize { columns, rows } => match &self.agent.streams {
                Streams::Terminal(pty) => match pty.resize(pty_process::Size::new(rows, columns)) {
                    Ok(()) => {
                        self.outputs.iter_mut().for_each(|output| output.resized(columns, rows));
                        KeeperReply::Done
                    }
                    Err(e) => KeeperReply::Refused(e.to_string()),
                },
                Streams::Pipes { .. } => KeeperReply::Refused("the agent has no terminal".to_owned()),
            },
            KeeperRequest::Type { data } => match &self.agent.streams {
                Streams::Terminal(_) if self.input.is_open() => {
                    self.input.type_in(&data);
                    KeeperReply::Done
                }
                Streams::Terminal(_) => KeeperReply::Refused("the agent has ended".to_owned()),
                Streams::Pipes { .. } => KeeperReply::Refused("the agent has no terminal".to_owned()),
            },
            KeeperRequest::Stdin { id, data } if self.input.is_open() => match self.input.write(&id, &data) {
                Ok(true) => KeeperReply::Done,
                Ok(false) => KeeperReply::Known,
                Err(e) => KeeperReply::Refused(e.to_string()),
            },
            KeeperRequest::Stdin { .. } => KeeperReply::Refused("the agent's input is closed".to_owned()),
            KeeperRequest::CloseStdin => {
                self.input.close();
                if let Some(ms) = self.start.leave_ms.filter(|_| self.start.terminal.is_none()) {
                    let leaves = Instant::now() + Duration::from_millis(ms);
                    self.limit = Some(self.limit.map_or(leaves, |limit| limit.min(leaves)));
                }
                KeeperReply::Done
            }
        }
    }
}
