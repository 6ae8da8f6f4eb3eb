//! `timeline.jsonl`: events as lines, each with the hash of the line before it.

mod pieces;
mod read;
pub(crate) mod recover;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use domain::attempt::AttemptKey;
use domain::digest::sha256_hex;
use domain::event::GENESIS;
use domain::{Body, Event, Source, Timestamp};

pub use pieces::TimelineReader;
pub use read::{read, tail, text};
use rustix::fs::OFlags;

use crate::error::EvidenceError;
use crate::plain;

/// A timeline open for appending; only the daemon holds one.
#[derive(Debug)]
pub struct Timeline {
    path: PathBuf,
    file: File,
    /// Bytes of whole events; what lies behind them after a failed write is not part of the timeline.
    len: u64,
    seq: u64,
    /// SHA-256 of the last line.
    head: String,
    /// Appended since the last sync.
    unsynced: bool,
    /// A write failed half-way and the file must be cut back to `len` first.
    overhang: bool,
}

/// A timeline that was opened, and what its file held.
#[derive(Debug)]
pub struct Opened {
    pub timeline: Timeline,
    pub events: Vec<Event>,
    /// Bytes that were no whole event or no whole batch, moved to `timeline.torn`.
    pub torn: u64,
}

impl Timeline {
    /// Opens or makes the timeline in the folder `run`, with a torn tail moved aside.
    ///
    /// # Errors
    /// When a line before the tail is not an event or breaks the chain; the file is not changed then.
    pub fn open(run: &Path) -> Result<Opened, EvidenceError> {
        let path = run.join("timeline.jsonl");
        let mut how = OpenOptions::new();
        how.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = plain::open_as(&path, &mut how, OFlags::NOFOLLOW);
        let mut file = file.map_err(EvidenceError::io("open", &path))?;
        let found = recover::recover(&mut file, &path)?;
        file.seek(SeekFrom::Start(found.len)).map_err(EvidenceError::io("seek in", &path))?;
        let timeline = Self {
            path,
            file,
            len: found.len,
            seq: found.events.last().map_or(0, |e| e.seq),
            head: found.head,
            unsynced: found.torn > 0,
            overhang: false,
        };
        Ok(Opened { timeline, events: found.events, torn: found.torn })
    }

    /// Appends one batch with a single write and returns the events as written.
    /// With `src` every event of the batch carries the file's name, the last one the offset too.
    ///
    /// # Errors
    /// When the write fails; then nothing of the batch is part of the timeline.
    pub fn append(
        &mut self,
        at: Timestamp,
        batch: Vec<(Option<AttemptKey>, Body)>,
        src: Option<&Source>,
    ) -> Result<Vec<Event>, EvidenceError> {
        let mut events = Vec::with_capacity(batch.len());
        let mut text = String::new();
        let (mut seq, mut head) = (self.seq, self.head.clone());
        let last = batch.len().saturating_sub(1);
        for (i, (key, body)) in batch.into_iter().enumerate() {
            seq += 1;
            let (phase, attempt) = key.map(|k| (k.phase, k.attempt)).unzip();
            let src = src.map(|s| Source { file: s.file.clone(), to: s.to.filter(|_| i == last) });
            let event = Event { seq, at, phase, attempt, body, src, prev: head };
            let line = event.to_line();
            head = sha256_hex(line.as_bytes());
            text.push_str(&line);
            text.push('\n');
            events.push(event);
        }
        self.write(text.as_bytes()).map_err(EvidenceError::io("append to", &self.path))?;
        (self.seq, self.head) = (seq, head);
        Ok(events)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.overhang {
            self.file.set_len(self.len)?;
            self.file.seek(SeekFrom::Start(self.len))?;
            self.overhang = false;
        }
        self.overhang = true;
        self.file.write_all(bytes)?;
        self.overhang = false;
        self.len += bytes.len() as u64;
        self.unsynced = true;
        Ok(())
    }

    /// Makes everything appended so far survive a power loss; does nothing when it does already.
    ///
    /// # Errors
    /// When the disk can't take it.
    pub fn sync(&mut self) -> Result<(), EvidenceError> {
        if self.unsynced {
            self.file.sync_data().map_err(EvidenceError::io("sync", &self.path))?;
            self.unsynced = false;
        }
        Ok(())
    }

    /// Bytes of whole events.
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// SHA-256 of the last line; [`GENESIS`] for an empty timeline.
    pub fn head(&self) -> &str {
        if self.seq == 0 { GENESIS } else { &self.head }
    }
}
