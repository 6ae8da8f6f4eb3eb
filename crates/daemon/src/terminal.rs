//! The terminal of an interactive attempt for a client: its recorded screen from the beginning, then what comes, and
//! what the person types.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::RunId;
use evidence::StateFolder;
use notify::Watcher;
use protocol::{Code, FromDaemon, Refused, Reply, TerminalReply};
use supervisor::{Keeper, KeeperRequest};
use tokio::sync::{broadcast, mpsc};

/// Bytes of a recording that are read at once.
const PIECE: u64 = 1 << 20;
/// Time between two looks at a recording that can't be watched.
const LOOK: Duration = Duration::from_millis(100);

/// The news of which client has taken over which run's terminal.
pub(crate) type Taken = broadcast::Sender<(RunId, u64)>;

/// The terminal that one client is attached to.
pub(crate) struct AttachedTerminal {
    pub(crate) run: RunId,
    folder: PathBuf,
    following: tokio::task::JoinHandle<()>,
    /// Frames for the client; a few, so that a long recording waits on disk and not in memory.
    frames: mpsc::Receiver<FromDaemon>,
}

/// Most frames that wait to be sent.
const WAITING: usize = 4;

impl Drop for AttachedTerminal {
    fn drop(&mut self) {
        self.following.abort();
    }
}

impl AttachedTerminal {
    /// Takes the terminal over from whoever had it and begins to send it.
    pub(crate) fn attach(
        home: &Path,
        run: RunId,
        size: (u16, u16),
        face: u64,
        taken: &Taken,
    ) -> Result<(Self, Reply), Refused> {
        let refused = |code, reason: String| Refused { code, reason };
        let folder = StateFolder::open(home).map_err(|e| refused(Code::Failed, e.to_string()))?.run(&run);
        let attempt = folder.last_attempt();
        let attempt = attempt.ok_or_else(|| refused(Code::NotFound, "the agent has not started yet".to_owned()))?;
        let folder = folder.attempt(&attempt);
        let mut recording = Recording::open(&folder).map_err(|error| {
            let reason = match error.kind() {
                io::ErrorKind::NotFound => {
                    "this agent has no terminal of its own; `pilothouse logs` shows what it writes".to_owned()
                }
                _ => format!("its recording can't be read: {error}"),
            };
            refused(Code::Refused, reason)
        })?;
        let (columns, rows) = recording.size().map_err(|e| refused(Code::Failed, e.to_string()))?;
        let mut others = taken.subscribe();
        // Nobody else may be listening.
        let _told = taken.send((run.clone(), face));
        let (sender, frames) = mpsc::channel(WAITING);
        let of = run.clone();
        let at = folder.clone();
        let following = tokio::spawn(async move {
            let follow = recording.follow(&at, &of, &sender);
            let another = async {
                loop {
                    match others.recv().await {
                        Ok((run, by)) if run == of && by != face => {
                            return "another cockpit has taken it over".to_owned();
                        }
                        Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                        Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                    }
                }
            };
            let why = tokio::select! {
                why = follow => why,
                why = another => why,
            };
            // A client that went away does not want to know.
            let _gone = sender.send(FromDaemon::Detached { run: of.clone(), why }).await;
        });
        let terminal = Self { run, folder, following, frames };
        // What the client can show decides how large it is; without a keeper it is only looked at.
        let _over = terminal.ask(KeeperRequest::Resize { columns: size.0, rows: size.1 });
        Ok((terminal, Reply::Attached(TerminalReply { attempt, columns, rows })))
    }

    /// Returns the next frame for the client.
    pub(crate) async fn next(&mut self) -> FromDaemon {
        match self.frames.recv().await {
            Some(frame) => frame,
            None => std::future::pending().await,
        }
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) -> Reply {
        self.ask(KeeperRequest::Resize { columns, rows })
    }

    /// Types into the terminal; what is typed is nowhere kept, since it may be a password.
    pub(crate) fn type_in(&self, data: String) -> Reply {
        self.ask(KeeperRequest::Type { data })
    }

    fn ask(&self, request: KeeperRequest) -> Reply {
        let refused = |reason: String| Reply::Refused(Refused { code: Code::Refused, reason });
        match supervisor::keeper_record(&self.folder) {
            Ok(Some(record)) => match tokio::task::block_in_place(|| Keeper::new(&record).ask(&request)) {
                Ok(_) => Reply::Typed,
                Err(error) => refused(format!("its terminal can't be reached: {error}")),
            },
            Ok(None) => refused("no keeper holds this terminal".to_owned()),
            Err(error) => refused(error.to_string()),
        }
    }
}

/// An asciicast as it grows: a line with the size, then `[seconds, "o" or "r", text]` for each piece.
struct Recording {
    path: PathBuf,
    file: File,
    part: Vec<u8>,
}

/// Content of a piece of a recording: text, or another size.
#[derive(Debug, PartialEq, Eq)]
enum ScreenPiece {
    Text(String),
    Size(u16, u16),
}

impl Recording {
    fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("output.cast");
        Ok(Self { file: evidence::open_plain(&path)?, path, part: Vec::new() })
    }

    /// Reads the size in the recording's first line.
    fn size(&mut self) -> io::Result<(u16, u16)> {
        let mut head = vec![0u8; 4096];
        let n = self.file.read(&mut head)?;
        let line = head[..n].split(|b| *b == b'\n').next().unwrap_or_default().to_vec();
        self.file.seek(SeekFrom::Start(line.len() as u64 + 1))?;
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap_or_default();
        let number = |field: &str, or: u16| value[field].as_u64().and_then(|n| u16::try_from(n).ok()).unwrap_or(or);
        Ok((number("width", 80), number("height", 24)))
    }

    /// Sends what there is and what comes until the attempt is over; returns why nothing more comes.
    async fn follow(&mut self, folder: &Path, run: &RunId, sender: &mpsc::Sender<FromDaemon>) -> String {
        let (wake, mut woken) = mpsc::channel(1);
        let told = move |_: Result<notify::Event, notify::Error>| {
            // A wake that is still to be taken is enough.
            let _known = wake.try_send(());
        };
        let watcher = notify::recommended_watcher(told)
            .and_then(|mut watcher| watcher.watch(&self.path, notify::RecursiveMode::NonRecursive).map(|()| watcher));
        let patience = if watcher.is_ok() { Duration::from_secs(1) } else { LOOK };
        // What stood in the recording when the client came is read until there is no more of it.
        let mut live = false;
        loop {
            // Looked for first: what came before it is then sure to be read.
            let over = folder.join("exit.json").exists();
            let (pieces, more) = match self.read() {
                Ok(read) => read,
                Err(error) => return format!("its recording can't be read: {error}"),
            };
            for piece in pieces {
                let (text, size) = match piece {
                    ScreenPiece::Text(text) => (text, None),
                    ScreenPiece::Size(columns, rows) => (String::new(), Some((columns, rows))),
                };
                if sender.send(FromDaemon::Terminal { run: run.clone(), text, size, live }).await.is_err() {
                    return "the face is gone".to_owned();
                }
            }
            if over && !more {
                return "the agent has ended".to_owned();
            }
            live |= !more;
            if !more {
                let _late = tokio::time::timeout(patience, woken.recv()).await;
            }
        }
    }

    /// Reads the new pieces, texts that follow each other as one, and whether there is more.
    fn read(&mut self) -> io::Result<(Vec<ScreenPiece>, bool)> {
        let mut pieces: Vec<ScreenPiece> = Vec::new();
        let n = (&mut self.file).take(PIECE).read_to_end(&mut self.part)?;
        let end = self.part.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        for line in self.part[..end].split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            match (read_line(line), pieces.last_mut()) {
                (Some(ScreenPiece::Text(text)), Some(ScreenPiece::Text(before))) => before.push_str(&text),
                (Some(piece), _) => pieces.push(piece),
                (None, _) => {}
            }
        }
        self.part.drain(..end);
        Ok((pieces, n as u64 == PIECE))
    }
}

fn read_line(line: &[u8]) -> Option<ScreenPiece> {
    let (_, kind, text): (f64, String, String) = serde_json::from_slice(line).ok()?;
    match kind.as_str() {
        "o" => Some(ScreenPiece::Text(text)),
        "r" => {
            let (columns, rows) = text.split_once('x')?;
            Some(ScreenPiece::Size(columns.parse().ok()?, rows.parse().ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_growing_recording_skips_broken_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("output.cast");
        let mut file = File::create(&path).expect("a file");
        write!(
            file,
            "{{\"version\":2,\"width\":100,\"height\":30}}\n[0.1,\"o\",\"a\"]\n[0.2,\"o\",\"b\"]\n[0.3,\"r\","
        )
        .expect("room");
        let mut recording = Recording::open(folder.path()).expect("a recording");
        assert_eq!(recording.size().expect("a size"), (100, 30));
        assert_eq!(recording.read().expect("read").0, [ScreenPiece::Text("ab".to_owned())]);
        write!(file, "\"80x24\"]\nnonsense\n[0.4,\"o\",\"\\u001b[1m\"]\n").expect("room");
        let expected = [ScreenPiece::Size(80, 24), ScreenPiece::Text("\u{1b}[1m".to_owned())];
        assert_eq!(recording.read().expect("read").0, expected);
    }
}
