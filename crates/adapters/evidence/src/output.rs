//! Pieces of an attempt's output, as its keeper wrote it.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};

use domain::attempt::AttemptKey;

use crate::error::EvidenceError;
use crate::run_folder::RunFolder;

/// A piece of a file that may still grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Invalid UTF-8 as U+FFFD; a character cut by the piece's end is left for the next one.
    pub text: String,
    /// Offset of the byte after the piece.
    pub next: u64,
    /// Bytes the file has now.
    pub len: u64,
    /// The attempt has its exit record: nothing will be added.
    pub over: bool,
}

impl RunFolder {
    /// The attempt whose folder was made last.
    pub fn last_attempt(&self) -> Option<AttemptKey> {
        let entries = fs::read_dir(self.path().join("attempts")).ok()?;
        let dated = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let (phase, number) = name.rsplit_once('.')?;
            let key = AttemptKey { phase: phase.to_owned(), attempt: number.parse().ok()? };
            let made = fs::metadata(entry.path().join("start.json")).and_then(|m| m.modified()).ok();
            Some((made, key))
        });
        dated.max().map(|(_, key)| key)
    }

    /// Up to `len` bytes of the attempt's file `name` from offset `from` on; nothing when there is no file yet.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn output(&self, attempt: &AttemptKey, name: &str, from: u64, len: u64) -> Result<Piece, EvidenceError> {
        let folder = self.attempt(attempt);
        let path = folder.join(name);
        let over = folder.join("exit.json").exists();
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Piece { text: String::new(), next: from, len: 0, over });
            }
            Err(e) => return Err(EvidenceError::io("read", path)(e)),
        };
        let mut bytes = Vec::new();
        let size = file.metadata().map_err(EvidenceError::io("read", &path))?.len();
        let from = from.min(size);
        file.seek(SeekFrom::Start(from)).map_err(EvidenceError::io("read", &path))?;
        file.take(len).read_to_end(&mut bytes).map_err(EvidenceError::io("read", &path))?;
        let cut = match std::str::from_utf8(&bytes) {
            Err(e) if e.error_len().is_none() && e.valid_up_to() > 0 => e.valid_up_to(),
            _ => bytes.len(),
        };
        let text = String::from_utf8_lossy(&bytes[..cut]).into_owned();
        Ok(Piece { text, next: from + cut as u64, len: size, over })
    }
}
