//! What the agent writes, kept byte by byte; a file's length is the offset of the next byte.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::agent::{AgentProcess, Streams};
use super::asked::TerminalQueries;
use crate::error::SupervisorError;
use crate::record::TerminalSpec;

/// How long to wait before trying again to write to a full disk.
pub(super) const RETRY: Duration = Duration::from_millis(500);
/// As much as a pipe holds.
const CHUNK: usize = 64 << 10;

/// A stream of the agent and the file it goes to.
pub(super) struct OutputStream {
    from: Option<OwnedFd>,
    to: File,
    form: OutputForm,
    /// Read and not yet written, since the disk is full; nothing more is read until it is.
    unwritten: Vec<u8>,
}

enum OutputForm {
    /// Bytes as they come.
    Raw,
    /// asciicast v2: a header line, then `[seconds, "o", text]` for each piece.
    Cast { began: Instant, cut_character: Vec<u8>, asked: Box<TerminalQueries> },
}

pub(super) enum Wants<'a> {
    Bytes(BorrowedFd<'a>),
    Space,
    Nothing,
}

pub(super) fn open(
    folder: &Path,
    agent: &AgentProcess,
    terminal: Option<TerminalSpec>,
) -> Result<Vec<OutputStream>, SupervisorError> {
    let file = |name: &str| {
        let path = folder.join(name);
        OpenOptions::new().append(true).create(true).mode(0o600).open(&path).map_err(SupervisorError::io("open", path))
    };
    let reader = |fd: BorrowedFd<'_>| {
        let fd = fd.try_clone_to_owned()?;
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(fd)
    };
    let reader = |fd| reader(fd).map_err(SupervisorError::io("read from", "the agent"));
    match &agent.streams {
        Streams::Pipes { stdout, stderr, .. } => Ok(vec![
            OutputStream::new(reader(stdout.as_fd())?, file("stdout")?, OutputForm::Raw),
            OutputStream::new(reader(stderr.as_fd())?, file("stderr")?, OutputForm::Raw),
        ]),
        Streams::Terminal(pty) => {
            let size = terminal.unwrap_or_default();
            let asked = Box::new(TerminalQueries::new(size));
            let form = OutputForm::Cast { began: Instant::now(), cut_character: Vec::new(), asked };
            let mut output = OutputStream::new(reader(pty.as_fd())?, file("output.cast")?, form);
            let header = format!("{{\"version\":2,\"width\":{},\"height\":{}}}\n", size.columns, size.rows);
            output.unwritten.extend_from_slice(header.as_bytes());
            output.flush();
            Ok(vec![output])
        }
    }
}

impl OutputStream {
    fn new(from: OwnedFd, to: File, form: OutputForm) -> Self {
        Self { from: Some(from), to, form, unwritten: Vec::new() }
    }

    /// Records that the terminal has another size from here on.
    pub(super) fn resized(&mut self, columns: u16, rows: u16) {
        if let OutputForm::Cast { began, asked, .. } = &mut self.form {
            asked.resized(columns, rows);
            let size = format!("{columns}x{rows}");
            let line = serde_json::to_string(&(began.elapsed().as_secs_f64(), "r", size));
            self.unwritten.extend_from_slice(line.expect("a number and text are JSON").as_bytes());
            self.unwritten.push(b'\n');
            self.flush();
        }
    }

    /// Takes the answers to what the agent asked its terminal since the last call.
    pub(super) fn take_answers(&mut self) -> String {
        match &mut self.form {
            OutputForm::Raw => String::new(),
            OutputForm::Cast { asked, .. } => asked.take_answers(),
        }
    }

    pub(super) fn wants(&self) -> Wants<'_> {
        match &self.from {
            _ if !self.unwritten.is_empty() => Wants::Space,
            Some(fd) => Wants::Bytes(fd.as_fd()),
            None => Wants::Nothing,
        }
    }

    /// Moves what is there now from the agent to the file.
    pub(super) fn pump(&mut self) {
        self.flush();
        let mut chunk = [0u8; CHUNK];
        // A few pieces at a time, so that a flood on one stream does not starve the socket.
        for _ in 0..4 {
            if !self.unwritten.is_empty() || !self.read(&mut chunk) {
                return;
            }
        }
    }

    /// As [`pump`](Self::pump), until the stream has nothing more now.
    pub(super) fn drain(&mut self) {
        self.flush();
        let mut chunk = [0u8; CHUNK];
        while self.unwritten.is_empty() && self.read(&mut chunk) {}
        if self.unwritten.is_empty() {
            // Whoever else held the other end is gone: nothing lives.
            self.from = None;
        }
    }

    pub(super) fn is_kept(&self) -> bool {
        self.from.is_none() && self.unwritten.is_empty()
    }

    /// Reads one piece and writes it; `false` when there is none.
    fn read(&mut self, chunk: &mut [u8]) -> bool {
        let Some(fd) = &self.from else { return false };
        match rustix::io::read(fd, &mut *chunk) {
            // EIO is how a terminal says that its last user is gone.
            Ok(0) | Err(rustix::io::Errno::IO) => {
                self.from = None;
                false
            }
            Ok(n) => {
                self.take(&chunk[..n]);
                true
            }
            Err(_) => false,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        match &mut self.form {
            OutputForm::Raw => self.unwritten.extend_from_slice(bytes),
            OutputForm::Cast { began, cut_character, asked } => {
                asked.hear(bytes);
                cut_character.extend_from_slice(bytes);
                let whole = cut_character.len() - unfinished(cut_character);
                let text = String::from_utf8_lossy(&cut_character[..whole]).into_owned();
                cut_character.drain(..whole);
                let line = serde_json::to_string(&(began.elapsed().as_secs_f64(), "o", text));
                self.unwritten.extend_from_slice(line.expect("a number and text are JSON").as_bytes());
                self.unwritten.push(b'\n');
            }
        }
        self.flush();
    }

    fn flush(&mut self) {
        while !self.unwritten.is_empty() {
            match self.to.write(&self.unwritten) {
                Ok(0) => return,
                Ok(n) => drop(self.unwritten.drain(..n)),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }
}

/// How many bytes at the end begin a UTF-8 character that is not all there yet.
fn unfinished(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    for (i, byte) in tail.iter().enumerate() {
        let wanted = match byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => continue,
        };
        if i + wanted > tail.len() {
            return tail.len() - i;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_character_waits_for_its_rest() {
        for (bytes, cut) in [
            (&b"abc"[..], 0),
            ("é".as_bytes(), 0),
            (&"é".as_bytes()[..1], 1),
            (&"x€".as_bytes()[..3], 2),
            (&"x😀".as_bytes()[..4], 3),
            (b"\xff\xff", 0),
        ] {
            assert_eq!(unfinished(bytes), cut, "{bytes:?}");
        }
    }
}
