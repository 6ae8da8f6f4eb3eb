//! Pieces of an attempt's output, as its keeper wrote it.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use domain::attempt::AttemptKey;

use crate::error::EvidenceError;
use crate::plain::open_plain;
use crate::run_folder::RunFolder;

/// A piece of a file that may still grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePiece {
    /// Invalid UTF-8 as U+FFFD; a character cut by the piece's end is left for the next one.
    pub text: String,
    /// Offset of the piece's first byte.
    pub from: u64,
    /// Offset of the byte after the piece.
    pub next: u64,
    /// Bytes the file has now.
    pub len: u64,
    /// The attempt has its exit record: nothing will be added.
    pub over: bool,
}

impl RunFolder {
    /// The attempt that was begun last: one of an agent, and before there is any a set-up or a check.
    pub fn last_attempt(&self) -> Option<AttemptKey> {
        let entries = fs::read_dir(self.path().join("attempts")).ok()?;
        let dated = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let (phase, number) = name.rsplit_once('.')?;
            let key = AttemptKey { phase: phase.to_owned(), attempt: number.parse().ok()? };
            let made = fs::metadata(entry.path().join("start.json")).and_then(|m| m.modified()).ok();
            Some((key.is_of_agent(), made, key))
        });
        dated.max().map(|(.., key)| key)
    }

    /// Up to `len` bytes of the attempt's file `name` from offset `from` on; nothing when there is no file yet.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn output(&self, attempt: &AttemptKey, name: &str, from: u64, len: u64) -> Result<FilePiece, EvidenceError> {
        let (bytes, mut piece) = self.bytes(attempt, name, from, len)?;
        let cut = match std::str::from_utf8(&bytes) {
            Err(e) if e.error_len().is_none() && e.valid_up_to() > 0 => e.valid_up_to(),
            _ => bytes.len(),
        };
        piece.give(&bytes, 0..cut);
        Ok(piece)
    }

    /// As [`output`](Self::output), but no line is cut unless it is longer than `len`, or the last one of an attempt
    /// that is over.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn output_lines(
        &self,
        attempt: &AttemptKey,
        name: &str,
        from: u64,
        len: u64,
    ) -> Result<FilePiece, EvidenceError> {
        let (bytes, mut piece) = self.bytes(attempt, name, from, len)?;
        let rest_is_all = piece.over && piece.from + bytes.len() as u64 == piece.len;
        let end = match bytes.iter().rposition(|b| *b == b'\n') {
            _ if rest_is_all => bytes.len(),
            Some(end) => end + 1,
            None if (bytes.len() as u64) < len => 0,
            None => bytes.len(),
        };
        piece.give(&bytes, 0..end);
        Ok(piece)
    }

    /// Whole lines of the attempt's file `name` that end at or before `to`, up to `len` bytes of them. A line that is
    /// longer than that is given without its beginning.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn output_before(
        &self,
        attempt: &AttemptKey,
        name: &str,
        to: u64,
        len: u64,
    ) -> Result<FilePiece, EvidenceError> {
        let size = self.bytes(attempt, name, u64::MAX, 0)?.1.len;
        let to = to.min(size);
        let start = to.saturating_sub(len);
        let (bytes, mut piece) = self.bytes(attempt, name, start, to - start)?;
        // A line whose end has not come is left to whoever reads on from here.
        let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let first = bytes.iter().position(|b| *b == b'\n').map_or(0, |at| at + 1);
        let begin = if start == 0 || first == end { 0 } else { first };
        piece.give(&bytes, begin..end);
        Ok(piece)
    }

    fn bytes(
        &self,
        attempt: &AttemptKey,
        name: &str,
        from: u64,
        len: u64,
    ) -> Result<(Vec<u8>, FilePiece), EvidenceError> {
        let folder = self.attempt(attempt);
        let path = folder.join(name);
        // Looked for first: with it nothing is added to what is read then.
        let over = folder.join("exit.json").exists();
        let mut file = match open_plain(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let from = if from == u64::MAX { 0 } else { from };
                return Ok((Vec::new(), FilePiece { text: String::new(), from, next: from, len: 0, over }));
            }
            Err(e) => return Err(EvidenceError::io("read", path)(e)),
        };
        let size = file.metadata().map_err(EvidenceError::io("read", &path))?.len();
        let from = from.min(size);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from)).map_err(EvidenceError::io("read", &path))?;
        file.take(len).read_to_end(&mut bytes).map_err(EvidenceError::io("read", &path))?;
        Ok((bytes, FilePiece { text: String::new(), from, next: from, len: size, over }))
    }
}

impl FilePiece {
    /// The part of `bytes`, which were read from `from` on, that the piece is made of.
    fn give(&mut self, bytes: &[u8], part: Range<usize>) {
        let begun = self.from;
        self.text = String::from_utf8_lossy(&bytes[part.clone()]).into_owned();
        self.from = begun + part.start as u64;
        self.next = begun + part.end as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn a_check_is_no_agents_last_attempt() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::new(home.path().to_owned());
        let begin = |phase: &str, attempt: u32, second: u64| {
            let key = AttemptKey { phase: phase.to_owned(), attempt };
            let path = folder.attempt(&key);
            fs::create_dir_all(&path).expect("a folder");
            let start = File::create(path.join("start.json")).expect("written");
            start.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(second)).expect("ours");
            folder.last_attempt().expect("one").to_string()
        };
        assert_eq!(begin("setup", 1, 1), "setup.1", "there is nothing else yet");
        assert_eq!(begin("build", 1, 2), "build.1");
        assert_eq!(begin("build", 2, 4), "build.2");
        assert_eq!(begin("check.test", 1, 5), "build.2");
        assert_eq!(begin("setup", 2, 6), "build.2");
        assert_eq!(begin("verify", 1, 7), "verify.1");
    }

    #[test]
    fn pieces_of_any_length_meet() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::new(home.path().to_owned());
        let key = AttemptKey { phase: "build".to_owned(), attempt: 1 };
        let path = folder.attempt(&key);
        fs::create_dir_all(&path).expect("a folder");
        let text = b"one\n\xff\xfe broken\n\xc3\xa9t\xc3\xa9\n\nlast without an end";
        fs::write(path.join("stdout"), text).expect("written");
        let whole = 21;
        for len in 1..=text.len() as u64 + 1 {
            let (mut at, mut read) = (0, String::new());
            while at < whole.min(folder.output(&key, "stdout", 0, u64::MAX).expect("read").next) {
                let piece = folder.output_lines(&key, "stdout", at, len).expect("read");
                assert_eq!(piece.from, at);
                if piece.next == at {
                    break;
                }
                read.push_str(&piece.text);
                at = piece.next;
            }
            assert!(read.starts_with("one\n"), "{len}: {read:?}");
            let (mut to, mut back) = (u64::MAX, Vec::new());
            loop {
                let piece = folder.output_before(&key, "stdout", to, len.max(12)).expect("read");
                assert!(piece.text.is_empty() || piece.text.ends_with('\n'), "{piece:?}");
                back.insert(0, piece.text.clone());
                if piece.from == 0 {
                    break;
                }
                to = piece.from;
            }
            let back = back.concat();
            assert!(back.ends_with("\u{e9}t\u{e9}\n\n"), "{len}: {back:?}");
        }
        let unfinished = folder.output_lines(&key, "stdout", 21, 1 << 20).expect("read");
        assert_eq!((unfinished.text.as_str(), unfinished.next), ("", 21), "it may go on");
        fs::write(path.join("exit.json"), "{}").expect("written");
        let last = folder.output_lines(&key, "stdout", 21, 1 << 20).expect("read");
        assert_eq!(last.text, "last without an end");
    }
}
