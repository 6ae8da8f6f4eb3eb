//! An attempt's standard output as it grows, cut into lines and understood.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use agents::{Session, Task, Write};
use domain::Body;
use domain::attempt::Exit;

/// Most bytes that are understood in one go; more waits for the next, so that one flood stops nobody else.
const MOST: u64 = 1 << 20;
/// Bytes of a line above which it is not kept in memory, but becomes `unread`.
const LONGEST_LINE: usize = 32 << 20;

/// A reader that stands somewhere in the file.
#[derive(Debug)]
pub(crate) struct Stream {
    path: PathBuf,
    file: Option<File>,
    session: Session,
    /// Bytes before this offset became events or said nothing.
    done: u64,
    /// Bytes that were read and are not yet a whole line.
    part: Vec<u8>,
    /// Bytes at the beginning of the part that are known to hold no line's end.
    searched: usize,
    /// Bytes of a line that was too long to be kept: it is passed over up to the next one.
    skipped: u64,
}

/// Events of one look at the file.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) events: Vec<Body>,
    /// All bytes before this offset are accounted for once the events are appended.
    pub(crate) to: u64,
    /// Whether there is more to read.
    pub(crate) more: bool,
}

impl Stream {
    /// Goes on at `done` with the session that the attempt's events fold to.
    pub(crate) fn new(attempt: &Path, mut session: Session, done: u64, events: impl Iterator<Item = Body>) -> Self {
        for body in events {
            session.fold(&body);
        }
        Self { path: attempt.join("stdout"), file: None, session, done, part: Vec::new(), searched: 0, skipped: 0 }
    }

    /// Takes up an event of this attempt that did not come from its output.
    pub(crate) fn hear(&mut self, body: &Body) {
        self.session.fold(body);
    }

    /// Returns what is known of the agent's session.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Whether the agent is to be told something.
    pub(crate) fn is_due(&self) -> bool {
        agents::is_due(&self.session)
    }

    /// Returns what the agent is to be told next.
    pub(crate) fn due(&self, task: &Task<'_>) -> Option<Write> {
        agents::due(&self.session, task)
    }

    /// Returns how the work of an agent ended that says nothing of it itself.
    pub(crate) fn over(&self, exit: &Exit) -> Vec<Body> {
        let dialect = self.session.dialect();
        if dialect.says_its_end() {
            return Vec::new();
        }
        let side = dialect.side_file().and_then(|name| side_file(&self.path.with_file_name("agent").join(name)));
        agents::over(&self.session, exit, &String::from_utf8_lossy(&side.unwrap_or_default()))
    }

    /// Reads what is new. With `last` a line without its end counts too, since none will come.
    pub(crate) fn take(&mut self, last: bool) -> io::Result<Taken> {
        let read = self.fill()?;
        let mut taken = Taken { more: read == MOST, ..Taken::default() };
        let mut start = 0;
        let mut from = std::mem::take(&mut self.searched);
        while let Some(end) = self.part[from..].iter().position(|b| *b == b'\n') {
            let line = start..from + end;
            from = line.end + 1;
            self.understand(line, &mut taken);
            start = from;
            self.done += 1;
        }
        self.part.drain(..start);
        self.searched = self.part.len();
        if self.part.len() > LONGEST_LINE {
            self.skipped += self.part.len() as u64;
            self.part.clear();
            self.searched = 0;
        }
        if last && !taken.more && (!self.part.is_empty() || self.skipped > 0) {
            self.understand(0..self.part.len(), &mut taken);
            self.part.clear();
            self.searched = 0;
        }
        if last && !taken.more {
            taken.events.extend(agents::end(&mut self.session));
        }
        // What is held back is read again by the next reader, since no event tells of it.
        taken.to = self.session.held_from().unwrap_or(self.done);
        Ok(taken)
    }

    fn understand(&mut self, line: std::ops::Range<usize>, taken: &mut Taken) {
        let len = line.len() as u64 + self.skipped;
        if self.skipped > 0 {
            let why = format!("a line of {len} bytes is too long to read");
            taken.events.extend(agents::end(&mut self.session));
            taken.events.push(domain::event::Unread { from: self.done, len, why }.into());
        } else {
            taken.events.extend(agents::step(&mut self.session, &self.part[line], self.done));
        }
        self.done += len;
        self.skipped = 0;
    }

    fn fill(&mut self) -> io::Result<u64> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let mut file = match evidence::open_plain(&self.path) {
                    Ok(file) => file,
                    Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
                    Err(e) => return Err(e),
                };
                file.seek(SeekFrom::Start(self.done))?;
                self.file.insert(file)
            }
        };
        Ok(file.take(MOST).read_to_end(&mut self.part)? as u64)
    }
}

/// Reads a file that an agent wrote beside its output: a regular file, and no more of it than anyone would write.
fn side_file(path: &Path) -> Option<Vec<u8>> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).ok()?;
    let file = File::options().read(true).custom_flags(flags).open(path).ok()?;
    file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use agents::Dialect;

    use super::*;

    fn messages(taken: &Taken) -> usize {
        taken.events.iter().filter(|e| matches!(e, Body::AgentMessage(_))).count()
    }

    // And the offsets account for every byte.
    #[test]
    fn whole_lines_are_taken_once() {
        let temp = tempfile::tempdir().expect("a folder");
        let mut file = File::create(temp.path().join("stdout")).expect("a file");
        let mut stream = Stream::new(temp.path(), Session::new(Dialect::Plain, None), 0, std::iter::empty());
        file.write_all(b"one\ntw").expect("room");
        let taken = stream.take(false).expect("readable");
        assert_eq!((messages(&taken), taken.to), (1, 4));
        file.write_all(b"o\n\nthree").expect("room");
        let taken = stream.take(false).expect("readable");
        assert_eq!((messages(&taken), taken.to), (1, 9));
        let taken = stream.take(true).expect("readable");
        assert_eq!((messages(&taken), taken.to), (1, 14));
        let mut again = Stream::new(temp.path(), Session::new(Dialect::Plain, None), 4, std::iter::empty());
        assert_eq!(messages(&again.take(true).expect("readable")), 2, "a new reader goes on where it is told");
    }

    #[test]
    fn a_missing_file_is_empty() {
        let temp = tempfile::tempdir().expect("a folder");
        let mut stream = Stream::new(temp.path(), Session::new(Dialect::Plain, None), 0, std::iter::empty());
        assert_eq!(stream.take(false).expect("nothing").to, 0);
    }

    /// Takes everything that is left in the file.
    fn all(stream: &mut Stream) -> Taken {
        let mut all = Taken::default();
        loop {
            let taken = stream.take(true).expect("readable");
            all.events.extend(taken.events);
            all.to = taken.to;
            if !taken.more {
                return all;
            }
        }
    }

    #[test]
    fn huge_and_broken_lines_lose_nothing_after() {
        let temp = tempfile::tempdir().expect("a folder");
        let mut file = File::create(temp.path().join("stdout")).expect("a file");
        let result = |bytes: usize| {
            let text = "x".repeat(bytes);
            let part = format!(r#"{{"type":"tool_result","tool_use_id":"t","content":"{text}"}}"#);
            format!(r#"{{"type":"user","message":{{"role":"user","content":[{part}]}}}}"#)
        };
        let (long, longer) = (result(30 << 20), result(LONGEST_LINE + (5 << 20)));
        let lines: [&[u8]; 5] =
            [long.as_bytes(), b"{\"type\":\"assistant\", \xff\xfe", longer.as_bytes(), b"", b"[1, "];
        file.write_all(&lines.join(&b'\n')).expect("room");
        let mut stream = Stream::new(temp.path(), Session::new(Dialect::ClaudeStream, None), 0, std::iter::empty());
        let taken = all(&mut stream);
        let told: Vec<_> = taken.events.iter().filter(|event| !matches!(event, Body::WaitingEnded(_))).collect();
        let [Body::ToolReturned(returned), Body::Unread(broken), Body::Unread(skipped), Body::Unread(half)] = told[..]
        else {
            panic!("{:?}", told.iter().map(|event| format!("{event:.80?}")).collect::<Vec<_>>());
        };
        assert!(returned.text.chars().count() <= 301, "an event holds its beginning");
        let offsets = [broken, skipped, half].map(|unread| (unread.from, unread.len));
        let at = |n: usize| lines[..n].iter().map(|line| line.len() as u64 + 1).sum::<u64>();
        assert_eq!(offsets, [1, 2, 4].map(|n| (at(n), lines[n].len() as u64)));
        assert_eq!(taken.to, at(5) - 1, "every byte is accounted for");
    }
}
