//! Reading a timeline without owning it.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use domain::Event;

use super::recover::whole_lines;
use crate::error::EvidenceError;

/// The whole events in the folder `run`; a line that is being written just now is left out.
///
/// # Errors
/// When the file can't be read, or an event before the last one is broken.
pub fn read(run: &Path) -> Result<Vec<Event>, EvidenceError> {
    let path = run.join("timeline.jsonl");
    let bytes = fs::read(&path).map_err(EvidenceError::io("read", &path))?;
    Ok(whole_lines(&bytes, &path)?.events)
}

/// The last `count` whole lines in the folder `run`, without reading what lies before them.
///
/// # Errors
/// When the file can't be read.
pub fn tail(run: &Path, count: usize) -> Result<Vec<String>, EvidenceError> {
    let path = run.join("timeline.jsonl");
    let mut file = File::open(&path).map_err(EvidenceError::io("read", &path))?;
    let len = file.metadata().map_err(EvidenceError::io("read", &path))?.len();
    let mut window = 64u64 << 10;
    loop {
        let start = len.saturating_sub(window);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(start)).map_err(EvidenceError::io("read", &path))?;
        file.read_to_end(&mut bytes).map_err(EvidenceError::io("read", &path))?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let text = String::from_utf8_lossy(&bytes[..whole]);
        let mut lines: Vec<&str> = text.lines().collect();
        if start > 0 && lines.len() <= count {
            // The first of them may have been cut by the window.
            window *= 4;
            continue;
        }
        let skip = lines.len().saturating_sub(count);
        return Ok(lines.drain(skip..).map(str::to_owned).collect());
    }
}
