//! Faces on the socket: who may come in, the handshake, and requests that need no dispatcher.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use domain::RunId;
use domain::attempt::AttemptKey;
use evidence::StateFolder;
use futures_util::{SinkExt, StreamExt};
use protocol::{CONTRACT, Code, FromDaemon, FromFace, MAX_FRAME, OutputFile, Refused, Reply, Request, WorktreeRow};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio_util::codec::{Framed, LengthDelimitedCodec};
use worktrees::Repository;

use crate::error::DaemonError;
use crate::input::{Input, Inputs};
use crate::instance::Instance;
use crate::prepare;

/// Frames that wait for a slow face before it is let go.
const PATIENCE: usize = 4096;
/// How often it is looked whether the socket is still there.
const LOOK: std::time::Duration = std::time::Duration::from_secs(2);
/// The most output in one reply, in bytes.
const MOST_OUTPUT: u64 = 1 << 20;

pub(crate) struct Server {
    accepting: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Server {
    pub(crate) fn bind(
        instance: &Instance,
        runtime: &tokio::runtime::Runtime,
        inputs: Inputs,
        home: &Path,
    ) -> Result<Self, DaemonError> {
        let path = instance.record.socket.clone();
        let _entered = runtime.enter();
        let listener = listen(&path).map_err(DaemonError::io("listen at", &path))?;
        let (home, version) = (home.to_owned(), instance.record.version.clone());
        runtime.spawn(end_on_signal(inputs.clone()));
        let accepting = runtime.spawn(accept(listener, path, inputs, home, version));
        Ok(Self { accepting })
    }
}

async fn end_on_signal(inputs: Inputs) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    let _stopping = inputs.send(Input::Stop);
}

/// Binds the socket anew; whoever holds the instance's lock owns its name, so one found there is a dead one.
fn listen(path: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn accept(mut listener: UnixListener, path: PathBuf, inputs: Inputs, home: PathBuf, version: String) {
    let faces = AtomicU64::new(1);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = tokio::time::sleep(LOOK) => {
                // Runtime folders are cleaned by others; without its socket nobody could reach this daemon.
                if !path.exists() {
                    match listen(&path) {
                        Ok(again) => listener = again,
                        Err(error) => tracing::error!(%error, "the socket is gone and can't be made again"),
                    }
                }
                continue;
            }
        };
        let Ok((stream, _)) = accepted else {
            // Out of descriptors, most likely: others must end before more can come in.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        let ours = stream.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::getuid().as_raw());
        if !ours {
            tracing::warn!("someone else's connection was refused");
            continue;
        }
        let face = faces.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(serve(stream, face, inputs.clone(), home.clone(), version.clone()));
    }
}

type Wire = Framed<UnixStream, LengthDelimitedCodec>;

async fn serve(stream: UnixStream, face: u64, inputs: Inputs, home: PathBuf, version: String) {
    let mut wire: Wire = LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME).new_framed(stream);
    let hello = FromDaemon::Hello { contract: CONTRACT, version, pid: std::process::id() };
    if send(&mut wire, &hello).await.is_err() {
        return;
    }
    let (sender, mut outgoing) = mpsc::channel(PATIENCE);
    // Only the dispatcher holds it, so that letting a face go ends its connection.
    let replies = sender.downgrade();
    let _stopping = inputs.send(Input::FaceOpened { face, sender });
    loop {
        tokio::select! {
            frame = wire.next() => {
                let Some(Ok(frame)) = frame else { break };
                match serde_json::from_slice::<FromFace>(&frame) {
                    // Versions differ: only what every version knows is answered.
                    Ok(FromFace::Hello { .. }) => {}
                    Ok(FromFace::Request { id, request }) => asked(face, id, request, &inputs, &replies, &home),
                    Err(error) => {
                        let reason = format!("this request is not known to this daemon: {error}");
                        let reply = Reply::Refused(Refused { code: Code::Usage, reason });
                        let id = request_id(&frame);
                        if send(&mut wire, &FromDaemon::Reply { id, reply }).await.is_err() { break }
                    }
                }
            }
            frame = outgoing.recv() => {
                let Some(frame) = frame else { break };
                if send(&mut wire, &frame).await.is_err() { break }
            }
        }
    }
    let _stopping = inputs.send(Input::FaceClosed { face });
}

/// The id of a request whose body can't be read, so that whoever asked is not left waiting.
fn request_id(frame: &[u8]) -> u64 {
    let value: serde_json::Value = serde_json::from_slice(frame).unwrap_or_default();
    value["request"]["id"].as_u64().unwrap_or(0)
}

async fn send(wire: &mut Wire, frame: &FromDaemon) -> std::io::Result<()> {
    let json = serde_json::to_vec(frame).expect("a frame is plain values");
    wire.send(Bytes::from(json)).await
}

/// Reading requests are answered from disk; the others go to the dispatcher.
fn asked(face: u64, id: u64, request: Request, inputs: &Inputs, replies: &mpsc::WeakSender<FromDaemon>, home: &Path) {
    let home = home.to_owned();
    let read: Box<dyn FnOnce() -> Result<Reply, Refused> + Send> = match request {
        Request::Events { run, from } => Box::new(move || events(&home, &run, from)),
        Request::Output { run, attempt, file, from, len } => {
            Box::new(move || output(&home, &run, attempt, file, from, len))
        }
        Request::Worktrees { folder } => Box::new(move || worktrees(&folder)),
        request => {
            let _stopping = inputs.send(Input::Asked { face, id, request });
            return;
        }
    };
    let Some(sender) = replies.upgrade() else { return };
    tokio::spawn(async move {
        let answered = tokio::task::spawn_blocking(read).await;
        let reply = match answered {
            Ok(Ok(reply)) => reply,
            Ok(Err(refused)) => Reply::Refused(refused),
            Err(_) => Reply::Refused(Refused { code: Code::Failed, reason: "reading it failed badly".to_owned() }),
        };
        // A face that went away does not want to know.
        let _gone = sender.send(FromDaemon::Reply { id, reply }).await;
    });
}

fn events(home: &Path, run: &RunId, from: u64) -> Result<Reply, Refused> {
    let folder = StateFolder::open(home).map_err(broken)?.run(run);
    let events = evidence::read(folder.path()).map_err(broken)?;
    Ok(Reply::Lines(events.iter().filter(|e| e.seq >= from).map(domain::Event::to_line).collect()))
}

fn output(
    home: &Path,
    run: &RunId,
    attempt: Option<AttemptKey>,
    file: OutputFile,
    from: u64,
    len: u64,
) -> Result<Reply, Refused> {
    let folder = StateFolder::open(home).map_err(broken)?.run(run);
    let nothing = || Refused { code: Code::NotFound, reason: "there is no output yet".to_owned() };
    let attempt = match attempt {
        Some(attempt) => attempt,
        None => folder.last_attempt().ok_or_else(nothing)?,
    };
    let piece = folder.output(&attempt, file.name(), from, len.min(MOST_OUTPUT)).map_err(broken)?;
    Ok(Reply::Output(protocol::Output { text: piece.text, next: piece.next, len: piece.len, over: piece.over }))
}

fn worktrees(folder: &Path) -> Result<Reply, Refused> {
    let repo = Repository::find(folder).map_err(prepare::refused)?;
    let listed = repo.worktrees().map_err(prepare::refused)?;
    let base = listed.iter().find(|w| w.main).and_then(|w| w.head.clone());
    let row = |w: &worktrees::Worktree| {
        let there = !w.prunable && w.path.exists();
        let dirty = if there { repo.dirt(&w.path).ok().map(|d| !d.is_clean()) } else { None };
        let between = w.head.as_ref().zip(base.as_ref()).and_then(|(head, base)| repo.ahead_behind(head, base).ok());
        WorktreeRow {
            path: w.path.to_string_lossy().into_owned(),
            branch: w.branch.clone(),
            head: w.head.clone(),
            detached: w.detached,
            locked: w.locked.is_some(),
            prunable: w.prunable,
            foreign: w.is_foreign(),
            owner: w.owner().map(str::to_owned),
            run: w.run().map(str::to_owned),
            dirty,
            ahead: between.map(|(ahead, _)| ahead),
            behind: between.map(|(_, behind)| behind),
            disk_bytes: None,
            // Commits of its own may have been squashed into the base, which is not looked into here.
            merged: between.and_then(|(ahead, _)| (ahead == 0 && !w.main).then_some(true)),
        }
    };
    Ok(Reply::Worktrees(listed.iter().map(row).collect()))
}

fn broken(error: impl ToString) -> Refused {
    Refused { code: Code::Failed, reason: error.to_string() }
}
