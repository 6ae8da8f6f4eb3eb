//! `summary.json`: the cached row of a finished run, dropped when its timeline is not the one it was made of.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;

use serde::{Deserialize, Serialize};

use domain::digest::sha256_hex;

use crate::atomic;
use crate::error::EvidenceError;
use crate::plain::{open_plain, read_plain};
use crate::run_folder::RunFolder;
use crate::timeline::recover;

/// A larger one is none: it has one row, and a cell for each quarter of an hour.
const LARGEST: u64 = 64 << 20;

/// A row with the timeline it was folded from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The timeline's length in bytes.
    pub len: u64,
    /// SHA-256 of the timeline's last line.
    pub head: String,
    /// When the timeline was last written, in nanoseconds since 1970: an edit that keeps its length shows here.
    #[serde(default)]
    pub written: i128,
    pub row: serde_json::Value,
    /// The run's usage by quarter of an hour; `null` in older summaries.
    #[serde(default)]
    pub spend: serde_json::Value,
}

impl RunFolder {
    /// Keeps the summary beside the timeline.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_summary(&self, summary: &Summary) -> Result<(), EvidenceError> {
        let written = fs::metadata(self.timeline()).as_ref().map(written).unwrap_or_default();
        let json = serde_json::to_vec(&Summary { written, ..summary.clone() }).expect("a summary is plain values");
        // Another daemon takes it up only when it fits the timeline to the byte, and folds that otherwise.
        atomic::write_cache(&self.summary(), &json)
    }

    /// The cached row, if it belongs to the timeline as it is now; `None` means: fold it.
    pub fn fresh_summary(&self) -> Option<Summary> {
        let summary: Summary = serde_json::from_slice(&read_plain(&self.summary(), LARGEST).ok()?).ok()?;
        let mut file = open_plain(&self.timeline()).ok()?;
        let meta = file.metadata().ok()?;
        if meta.len() > recover::LARGEST || meta.len() != summary.len || written(&meta) != summary.written {
            return None;
        }
        (last_line_hash(&mut file, summary.len)? == summary.head).then_some(summary)
    }
}

fn written(meta: &fs::Metadata) -> i128 {
    i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec())
}

/// The hash of the last line of a file that ends with a newline, read from its end.
fn last_line_hash(file: &mut File, len: u64) -> Option<String> {
    let mut tail = Vec::new();
    let mut window = 4096u64;
    loop {
        let start = len.saturating_sub(window);
        file.seek(SeekFrom::Start(start)).ok()?;
        tail.clear();
        file.read_to_end(&mut tail).ok()?;
        let line = tail.strip_suffix(b"\n")?;
        match line.iter().rposition(|b| *b == b'\n') {
            Some(at) => return Some(sha256_hex(&line[at + 1..])),
            None if start == 0 => return Some(sha256_hex(line)),
            None => window *= 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::event::Note;

    use super::*;
    use crate::timeline::Timeline;

    #[test]
    fn a_summary_holds_until_its_timeline_changes() {
        let temp = tempfile::tempdir().expect("a folder");
        let run = RunFolder::new(temp.path().to_owned());
        let mut timeline = Timeline::open(run.path()).expect("new").timeline;
        let note = |text: String| vec![(None, Note { text }.into())];
        timeline.append(Timestamp::default(), note("x".repeat(9000)), None).expect("room");
        let row = serde_json::json!({"id": "abc234"});
        let summary = Summary {
            len: timeline.len(),
            head: timeline.head().to_owned(),
            written: 0,
            row,
            spend: serde_json::Value::Null,
        };
        run.write_summary(&summary).expect("room");
        assert_eq!(run.fresh_summary().map(|s| s.row), Some(summary.row));

        let text = fs::read_to_string(run.timeline()).expect("text");
        fs::write(run.timeline(), text.replace("xxx", "yyy")).expect("writable");
        assert_eq!(run.fresh_summary(), None, "same length, other bytes");
        fs::write(run.timeline(), &text).expect("writable");
        timeline.append(Timestamp::default(), note("more".to_owned()), None).expect("room");
        assert_eq!(run.fresh_summary(), None, "it grew");
    }
}
