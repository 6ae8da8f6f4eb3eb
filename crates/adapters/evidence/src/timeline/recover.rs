//! What a timeline holds after a crash: whole batches stay, a torn tail moves to `timeline.torn`.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use domain::Event;
use domain::digest::sha256_hex;
use domain::event::GENESIS;

use crate::error::EvidenceError;
use crate::plain;

/// A timeline with more bytes is none: a million events have a quarter of them.
pub(crate) const LARGEST: u64 = 1 << 30;

pub(super) struct RecoveredLines {
    pub(super) events: Vec<Event>,
    pub(super) len: u64,
    pub(super) head: String,
    pub(super) torn: u64,
}

/// Reads `file`, keeps what is whole and cuts off the rest after keeping it aside.
pub(super) fn recover(file: &mut File, path: &Path) -> Result<RecoveredLines, EvidenceError> {
    let copy = file.try_clone().map_err(EvidenceError::io("read", path))?;
    let bytes = plain::read_to_end(copy, LARGEST).map_err(EvidenceError::io("read", path))?;
    let mut found = whole_lines(&bytes, path)?;
    drop_open_batch(&mut found, &bytes);
    let len = usize::try_from(found.len).expect("a length of what was just read");
    let torn = &bytes[len..];
    if !torn.is_empty() {
        keep_aside(torn, path)?;
        file.set_len(found.len).map_err(EvidenceError::io("cut the torn tail of", path))?;
        found.torn = torn.len() as u64;
    }
    Ok(found)
}

/// All lines that are events and continue the chain. Only the last line may be torn.
pub(super) fn whole_lines(bytes: &[u8], path: &Path) -> Result<RecoveredLines, EvidenceError> {
    let mut found = RecoveredLines { events: Vec::new(), len: 0, head: GENESIS.to_owned(), torn: 0 };
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|b| *b == b'\n') {
        let (line, number) = (&rest[..end], found.events.len() + 1);
        rest = &rest[end + 1..];
        match next_event(line, found.events.last().map_or(0, |event| event.seq), &found.head) {
            Ok(event) => {
                found.events.push(event);
                found.head = sha256_hex(line);
                found.len += end as u64 + 1;
            }
            // A power loss can leave a last block of other bytes; anything earlier was changed by someone.
            Err(_) if rest.is_empty() => break,
            Err(why) => return Err(EvidenceError::Corrupt { path: path.to_owned(), line: number, why }),
        }
    }
    Ok(found)
}

/// The event of a line, if it follows the one with this number and hash.
pub(super) fn next_event(line: &[u8], seq: u64, head: &str) -> Result<Event, String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())?;
    let event = Event::from_line(text).map_err(|e| e.to_string())?;
    let expected = seq + 1;
    if event.seq != expected {
        return Err(format!("its seq is {}, {expected} was to follow", event.seq));
    }
    if event.prev != head {
        return Err("its prev is not the hash of the line before".to_owned());
    }
    Ok(event)
}

/// A batch read from a stream whose last event (the one with the offset) is missing is read again,
/// so what there is of it goes.
fn drop_open_batch(found: &mut RecoveredLines, bytes: &[u8]) {
    while found.events.last().is_some_and(|e| e.src.as_ref().is_some_and(|s| s.to.is_none())) {
        let event = found.events.pop().expect("a last event was just seen");
        found.head = event.prev;
        let end = usize::try_from(found.len).expect("a length of what was just read");
        let start = bytes[..end - 1].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        found.len = start as u64;
    }
}

fn keep_aside(torn: &[u8], path: &Path) -> Result<(), EvidenceError> {
    let aside = path.with_file_name("timeline.torn");
    let keep = || {
        let mut file = plain::append_plain(&aside)?;
        file.write_all(torn)?;
        file.sync_all()
    };
    keep().map_err(EvidenceError::io("keep the torn tail in", &aside))
}
