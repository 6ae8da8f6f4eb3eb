//! `calls.jsonl` of a run: what the gateway measured, a line when a call begins, when its bill is first known, and when it
//! ends. It holds no content of any conversation.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use domain::attempt::AttemptKey;
use domain::budget::Used;
use domain::event::{CallEnd, ModelCalled, UsedBeside};
use domain::tokens::Tokens;
use serde::{Deserialize, Serialize};

use crate::error::GatewayError;
use crate::files;

/// A line of `calls.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallLine {
    /// A call is being forwarded. Of the call nothing but its beginning is known.
    Began { attempt: AttemptKey, call: ModelCalled },
    /// The provider said what it bills so far.
    Known {
        id: String,
        model: Option<String>,
        tokens: Tokens,
        cache_write_1h: u64,
        #[serde(default)]
        beside: Vec<UsedBeside>,
        #[serde(default)]
        special: Option<String>,
        /// The upper bound of what the provider may bill beyond that.
        #[serde(default)]
        at_most: Option<Used>,
    },
    /// Nothing more will be told of the call.
    Ended { attempt: AttemptKey, call: ModelCalled },
}

/// The calls that ended, read from some offset on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CallsRead {
    pub ended: Vec<(AttemptKey, ModelCalled)>,
    /// The offset behind the last whole line.
    pub to: u64,
}

/// Reads the calls that ended, from `from` on. A line that can't be read is passed over.
///
/// # Errors
/// When the file can't be read; one that is not there is empty.
pub fn read(run: &Path, from: u64) -> io::Result<CallsRead> {
    let (lines, to) = lines(&run.join(domain::fold::CALLS), from)?;
    let ended = lines.into_iter().filter_map(|line| match line {
        CallLine::Ended { attempt, call } => Some((attempt, call)),
        CallLine::Began { .. } | CallLine::Known { .. } => None,
    });
    Ok(CallsRead { ended: ended.collect(), to })
}

/// Bytes that one call reads at most; the next call reads what follows them.
const LONGEST_READ: u64 = 64 << 20;

fn lines(path: &Path, from: u64) -> io::Result<(Vec<CallLine>, u64)> {
    let mut bytes = Vec::new();
    // Agents without a sandbox could put anything in its place.
    match files::open_own(OpenOptions::new().read(true), path) {
        Ok(mut file) => {
            file.seek(SeekFrom::Start(from))?;
            file.take(LONGEST_READ).read_to_end(&mut bytes)?;
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    let full = bytes.len() as u64 == LONGEST_READ;
    // One line that is longer than all that was read is none of ours.
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(if full { bytes.len() } else { 0 }, |at| at + 1);
    let mut lines: Vec<CallLine> =
        bytes[..whole].split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let mut to = from + whole as u64;
    if full {
        let (more, end) = self::lines(path, to)?;
        lines.extend(more);
        to = end;
    }
    Ok((lines, to))
}

/// The file, open for adding to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallLog {
    path: PathBuf,
}

impl CallLog {
    /// Returns the log of the run in this folder.
    pub fn of(run: &Path) -> Self {
        Self { path: run.join(domain::fold::CALLS) }
    }

    fn open(&self) -> io::Result<File> {
        files::open_own(OpenOptions::new().read(true).append(true).create(true).mode(0o600), &self.path)
    }

    /// Makes the file where there is none, so that it can be watched.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn make(&self) -> Result<PathBuf, GatewayError> {
        self.open().map_err(GatewayError::io("make", &self.path))?;
        Ok(self.path.clone())
    }

    /// Adds one line with a single write. A line that a killed gateway left half-written is closed first.
    pub(crate) fn add(&self, line: &CallLine) -> io::Result<File> {
        let mut file = self.open()?;
        let len = file.seek(SeekFrom::End(0))?;
        let mut text = Vec::new();
        if len > 0 {
            let mut last = [0];
            file.seek(SeekFrom::Start(len - 1))?;
            file.read_exact(&mut last)?;
            if last != [b'\n'] {
                text.push(b'\n');
            }
        }
        serde_json::to_writer(&mut text, line).expect("a line is plain values");
        text.push(b'\n');
        file.write_all(&text)?;
        Ok(file)
    }

    /// Ends the calls that an earlier gateway had open when it was killed, with what is known of their bills, at `now`.
    ///
    /// # Errors
    /// When the file can't be read or written.
    pub(crate) fn end_open(
        &self,
        now: domain::Timestamp,
        mut cost: impl FnMut(&mut ModelCalled),
    ) -> Result<(), GatewayError> {
        let read = lines(&self.path, 0).map_err(GatewayError::io("read", &self.path))?;
        let mut open: BTreeMap<String, (AttemptKey, ModelCalled)> = BTreeMap::new();
        for line in read.0 {
            match line {
                CallLine::Began { attempt, call } => drop(open.insert(call.id.clone(), (attempt, call))),
                CallLine::Known { id, model, tokens, cache_write_1h, beside, special, at_most } => {
                    if let Some((_, call)) = open.get_mut(&id) {
                        (call.answered, call.tokens, call.cache_write_1h) = (model, Some(tokens), cache_write_1h);
                        (call.beside, call.special, call.at_most) = (beside, special, at_most);
                    }
                }
                CallLine::Ended { call, .. } => drop(open.remove(&call.id)),
            }
        }
        for (_, (attempt, mut call)) in open {
            call.end = CallEnd::Interrupted;
            call.duration_ms = now.since(call.began_at);
            cost(&mut call);
            self.add(&CallLine::Ended { attempt, call }).map_err(GatewayError::io("write to", &self.path))?;
        }
        Ok(())
    }
}

/// How many calls are open by what stands in the file of the run in this folder.
///
/// # Errors
/// When it can't be read.
pub fn open_calls(run: &Path) -> io::Result<usize> {
    let mut open = BTreeSet::new();
    for line in lines(&run.join(domain::fold::CALLS), 0)?.0 {
        match line {
            CallLine::Began { call, .. } => drop(open.insert(call.id)),
            CallLine::Ended { call, .. } => drop(open.remove(&call.id)),
            CallLine::Known { .. } => {}
        }
    }
    Ok(open.len())
}
