//! A file that only grows, read from where the last look ended.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Instant;

use agents::traces::{Traces, Transcribed};
use rustix::fs::OFlags;

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;
/// Bytes that are read in one look; the rest waits for the next.
const MOST: u64 = 32 << 20;
/// Bytes of the longest line; a longer one is passed over: no answer of a model is so long.
const LONGEST: usize = 16 << 20;

#[derive(Debug, Default)]
pub(crate) struct Follow {
    /// The file's inode: a file that was replaced is read from its beginning.
    inode: u64,
    at: u64,
    /// The beginning of a line whose end was not written yet.
    rest: Vec<u8>,
    /// A line that is too long is being skipped until its end.
    skips: bool,
    /// The file has more than was read.
    pub(crate) behind: bool,
    pub(crate) used: Option<Instant>,
    pub(crate) told: Transcribed,
}

impl Follow {
    /// Takes up the lines that were added since the last look.
    pub(crate) fn look(&mut self, path: &Path, traces: Traces) -> io::Result<()> {
        self.used = Some(Instant::now());
        let (mut file, about) = open(path)?;
        if about.ino() != self.inode || about.len() < self.at {
            *self = Self { inode: about.ino(), used: self.used, ..Self::default() };
        }
        let to = about.len().min(self.at.saturating_add(MOST));
        self.behind = to < about.len();
        if to == self.at {
            return Ok(());
        }
        file.seek(SeekFrom::Start(self.at))?;
        let mut piece = vec![0; PIECE];
        while self.at < to {
            let read = file.read(&mut piece)?;
            if read == 0 {
                break;
            }
            self.at += read as u64;
            self.take(&piece[..read], traces);
        }
        Ok(())
    }

    fn take(&mut self, bytes: &[u8], traces: Traces) {
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            let ends = line.last() == Some(&b'\n');
            if self.skips {
                self.skips = !ends;
            } else if !ends {
                self.rest.extend_from_slice(line);
                if self.rest.len() > LONGEST {
                    (self.rest, self.skips) = (Vec::new(), true);
                }
            } else if self.rest.is_empty() {
                self.told.line(traces, line);
            } else {
                self.rest.extend_from_slice(line);
                self.told.line(traces, &std::mem::take(&mut self.rest));
            }
        }
    }
}

/// A regular file and what is known of it. Nothing else is waited for: these folders are an agent's to write to.
pub(crate) fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    let about = file.metadata()?;
    if about.is_file() { Ok((file, about)) } else { Err(io::Error::other("not a file")) }
}
