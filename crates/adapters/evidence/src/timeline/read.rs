//! Reading a timeline without owning it.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use domain::Event;

use super::recover::{LARGEST, whole_lines};
use crate::error::EvidenceError;
use crate::plain::{open_plain, read_plain};
use crate::run_folder::RunFolder;

/// The whole events in the folder `run`; a line that is being written just now is left out.
///
/// # Errors
/// When the file is gone or can't be read, or an event before the last one is broken.
pub fn read(run: &Path) -> Result<Vec<Event>, EvidenceError> {
    let path = run.join("timeline.jsonl");
    RunFolder::new(run.to_owned()).check_timeline()?;
    let bytes = read_plain(&path, LARGEST).map_err(EvidenceError::io("read", &path))?;
    Ok(whole_lines(&bytes, &path)?.events)
}

/// The timeline's lines as they are.
///
/// # Errors
/// When the file can't be read, or is no text.
pub fn text(run: &Path) -> Result<String, EvidenceError> {
    let path = run.join("timeline.jsonl");
    let bytes = read_plain(&path, LARGEST).map_err(EvidenceError::io("read", &path))?;
    let text = String::from_utf8(bytes).map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error));
    text.map_err(EvidenceError::io("read", &path))
}

/// The last `count` whole lines in the folder `run`, without reading what lies before them.
///
/// # Errors
/// When the file can't be read.
pub fn tail(run: &Path, count: usize) -> Result<Vec<String>, EvidenceError> {
    let path = run.join("timeline.jsonl");
    let mut file = open_plain(&path).map_err(EvidenceError::io("read", &path))?;
    let len = file.metadata().map_err(EvidenceError::io("read", &path))?.len();
    if len > LARGEST {
        let error = std::io::Error::new(std::io::ErrorKind::FileTooLarge, format!("it has more than {LARGEST} bytes"));
        return Err(EvidenceError::io("read", &path)(error));
    }
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
