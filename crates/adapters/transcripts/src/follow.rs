//! A file that only grows, read from where the last look ended.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use agents::observed::{Traces, Transcribed};

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

#[derive(Debug, Default)]
pub(crate) struct Follow {
    /// Which file it was: one that was replaced is read from its beginning.
    inode: u64,
    at: u64,
    /// The beginning of a line whose end was not written yet.
    rest: Vec<u8>,
    pub(crate) told: Transcribed,
}

impl Follow {
    /// Takes up the lines that were added since.
    pub(crate) fn look(&mut self, path: &Path, traces: Traces) -> io::Result<()> {
        let mut file = File::open(path)?;
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(io::Error::other("not a file"));
        }
        if about.ino() != self.inode || about.len() < self.at {
            *self = Self { inode: about.ino(), ..Self::default() };
        }
        if about.len() == self.at {
            return Ok(());
        }
        file.seek(SeekFrom::Start(self.at))?;
        let mut piece = vec![0; PIECE];
        loop {
            let read = file.read(&mut piece)?;
            if read == 0 {
                return Ok(());
            }
            self.at += read as u64;
            self.take(&piece[..read], traces);
        }
    }

    fn take(&mut self, bytes: &[u8], traces: Traces) {
        let mut lines = bytes.split_inclusive(|b| *b == b'\n');
        for line in &mut lines {
            if line.last() != Some(&b'\n') {
                return self.rest.extend_from_slice(line);
            }
            if self.rest.is_empty() {
                self.told.line(traces, line);
            } else {
                self.rest.extend_from_slice(line);
                self.told.line(traces, &std::mem::take(&mut self.rest));
            }
        }
    }
}
