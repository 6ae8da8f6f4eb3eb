//! Reading a timeline piece by piece, for one that is too long to be held at once.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use domain::digest::sha256_hex;
use domain::event::GENESIS;

use super::recover::next_event;
use crate::error::EvidenceError;
use crate::plain::open_plain;

/// No event is longer; a file of a terabyte of zeros is no timeline.
const LONGEST: u64 = 256 << 20;

/// A timeline that is being read from its beginning, each line checked as [`read`](super::read) does.
#[derive(Debug)]
pub struct TimelineReader {
    path: PathBuf,
    file: BufReader<File>,
    /// Bytes of the events that were read.
    at: u64,
    seq: u64,
    head: String,
}

impl TimelineReader {
    /// Opens the timeline in the folder `run`.
    ///
    /// # Errors
    /// When the file can't be opened.
    pub fn open(run: &Path) -> Result<Self, EvidenceError> {
        let path = run.join("timeline.jsonl");
        let file = open_plain(&path).map_err(EvidenceError::io("read", &path))?;
        Ok(Self { path, file: BufReader::new(file), at: 0, seq: 0, head: GENESIS.to_owned() })
    }

    /// The number of the event that was read last; 0 before the first.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The next events whose numbers are `from` or higher, as lines of about `most` bytes together, at least one; none when
    /// there is nothing more now. A line that is being written just now is left for the next time.
    ///
    /// # Errors
    /// When the file can't be read, or an event before the last one is broken.
    pub fn piece(&mut self, from: u64, most: usize) -> Result<Vec<String>, EvidenceError> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while bytes < most {
            let Some(line) = self.line()? else { break };
            if self.seq >= from {
                bytes += line.len();
                lines.push(line);
            }
        }
        Ok(lines)
    }

    fn line(&mut self) -> Result<Option<String>, EvidenceError> {
        let mut line = Vec::new();
        let mut read = || -> io::Result<bool> {
            (&mut self.file).take(LONGEST).read_until(b'\n', &mut line)?;
            if line.len() as u64 == LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line of it has no end"));
            }
            Ok(line.pop_if(|b| *b == b'\n').is_some())
        };
        let whole = read().map_err(EvidenceError::io("read", &self.path))?;
        match next_event(&line, self.seq, &self.head) {
            Ok(event) if whole => {
                self.at += line.len() as u64 + 1;
                (self.seq, self.head) = (event.seq, sha256_hex(&line));
                Ok(String::from_utf8(line).ok())
            }
            // Anything that is not the last line was changed by someone.
            Err(why) if whole && self.goes_on()? => {
                let line = usize::try_from(self.seq + 1).unwrap_or(usize::MAX);
                Err(EvidenceError::Corrupt { path: self.path.clone(), line, why })
            }
            _ => {
                self.file.seek(SeekFrom::Start(self.at)).map_err(EvidenceError::io("seek in", &self.path))?;
                Ok(None)
            }
        }
    }

    fn goes_on(&mut self) -> Result<bool, EvidenceError> {
        let more = self.file.fill_buf().map(|rest| !rest.is_empty());
        more.map_err(EvidenceError::io("read", &self.path))
    }
}
