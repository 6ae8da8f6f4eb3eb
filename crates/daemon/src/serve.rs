//! Faces on the socket: who may come in, the handshake, and requests that need no dispatcher.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use domain::RunId;
use domain::attempt::AttemptKey;
use evidence::StateFolder;
use futures_util::{SinkExt, StreamExt};
use protocol::{
    CONTRACT, Code, FromDaemon, FromFace, MAX_FRAME, OutputFile, Piece, Refused, Reply, Request, WorktreeRow,
};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{broadcast, mpsc};
use tokio_util::codec::{Framed, LengthDelimitedCodec};
use worktrees::Repository;

use crate::Places;
use crate::error::DaemonError;
use crate::input::{Input, Inputs};
use crate::instance::Instance;
use crate::prepare;
use crate::terminal::{Taken, Terminal};

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
        places: &Places,
    ) -> Result<Self, DaemonError> {
        let path = instance.record.socket.clone();
        let _entered = runtime.enter();
        let listener = listen(&path).map_err(DaemonError::io("listen at", &path))?;
        let (places, version) = (places.clone(), instance.record.version.clone());
        runtime.spawn(end_on_signal(inputs.clone()));
        let accepting = runtime.spawn(accept(listener, path, inputs, places, version));
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

async fn accept(mut listener: UnixListener, path: PathBuf, inputs: Inputs, places: Places, version: String) {
    let faces = AtomicU64::new(1);
    let (taken, _) = broadcast::channel(64);
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
        let peer = stream.peer_cred().ok().filter(|peer| peer.uid() == rustix::process::getuid().as_raw());
        let Some(peer) = peer else {
            tracing::warn!("someone else's connection was refused");
            continue;
        };
        let face = faces.fetch_add(1, Ordering::Relaxed);
        let of_face = OfFace {
            face,
            inputs: inputs.clone(),
            home: places.home.clone(),
            config: places.config.clone(),
            of_run: peer.pid().and_then(|pid| supervisor::run_of(u32::try_from(pid).ok()?, &places.home)),
            taken: taken.clone(),
        };
        tokio::spawn(serve(stream, of_face, version.clone()));
    }
}

type Wire = Framed<UnixStream, LengthDelimitedCodec>;

/// What serving one face takes.
struct OfFace {
    face: u64,
    inputs: Inputs,
    home: PathBuf,
    /// The user's settings file.
    config: PathBuf,
    /// The run that the process at the other end belongs to; `None`: a person's.
    of_run: Option<String>,
    taken: Taken,
}

async fn serve(stream: UnixStream, of_face: OfFace, version: String) {
    let OfFace { face, ref inputs, ref home, ref taken, .. } = of_face;
    let mut terminal: Option<Terminal> = None;
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
                    Ok(FromFace::Request { id, request }) if of_face.of_run.is_some() && request.acts() => {
                        let run = of_face.of_run.as_deref().unwrap_or_default();
                        let reason = format!(
                            "this comes from inside of run {run}: what an agent asks for is no person's word; do it \
                             outside of any run"
                        );
                        let reply = Reply::Refused(Refused { code: Code::Refused, reason });
                        if send(&mut wire, &FromDaemon::Reply { id, reply }).await.is_err() { break }
                    }
                    Ok(FromFace::Request { id, request: Request::Attach { run, columns, rows } }) => {
                        // The one that was shown goes first, so that it does not hear of being taken over.
                        terminal = None;
                        let size = (columns, rows);
                        let attached = Terminal::attach(home, run, size, face, taken);
                        let reply = match attached {
                            Ok((attached, reply)) => {
                                terminal = Some(attached);
                                reply
                            }
                            Err(refused) => Reply::Refused(refused),
                        };
                        if send(&mut wire, &FromDaemon::Reply { id, reply }).await.is_err() { break }
                    }
                    Ok(FromFace::Request { id, request: request @ (Request::Type { .. } | Request::Resize { .. } | Request::Detach) }) => {
                        let reply = at_terminal(&mut terminal, request);
                        if send(&mut wire, &FromDaemon::Reply { id, reply }).await.is_err() { break }
                    }
                    Ok(FromFace::Request { id, request }) => asked(&of_face, id, request, &replies),
                    Err(error) => {
                        let reason = format!("this request is not known to this daemon: {error}");
                        let reply = Reply::Refused(Refused { code: Code::Usage, reason });
                        let id = request_id(&frame);
                        if send(&mut wire, &FromDaemon::Reply { id, reply }).await.is_err() { break }
                    }
                }
            }
            frame = next_of(&mut terminal) => {
                if matches!(frame, FromDaemon::Detached { .. }) {
                    terminal = None;
                }
                if send(&mut wire, &frame).await.is_err() { break }
            }
            frame = outgoing.recv() => {
                let Some(frame) = frame else { break };
                if send(&mut wire, &frame).await.is_err() { break }
            }
        }
    }
    let _stopping = inputs.send(Input::FaceClosed { face });
}

/// The next frame of the terminal that a face is attached to.
async fn next_of(terminal: &mut Option<Terminal>) -> FromDaemon {
    match terminal {
        Some(terminal) => terminal.next().await,
        None => std::future::pending().await,
    }
}

/// What a face asks of the terminal that it is attached to.
fn at_terminal(terminal: &mut Option<Terminal>, request: Request) -> Reply {
    let of = |run: &RunId| terminal.as_ref().filter(|terminal| terminal.run == *run);
    let not_attached = || {
        let reason = "this face is not attached to the run's terminal".to_owned();
        Reply::Refused(Refused { code: Code::Usage, reason })
    };
    match request {
        Request::Type { run, data } => of(&run).map_or_else(not_attached, |terminal| terminal.type_in(data)),
        Request::Resize { run, columns, rows } => {
            of(&run).map_or_else(not_attached, |terminal| terminal.resize(columns, rows))
        }
        _ => {
            *terminal = None;
            Reply::Typed
        }
    }
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
fn asked(of_face: &OfFace, id: u64, request: Request, replies: &mpsc::WeakSender<FromDaemon>) {
    let OfFace { face, inputs, home, config, .. } = of_face;
    let (face, home) = (*face, home.clone());
    let read: Box<dyn FnOnce() -> Result<Reply, Refused> + Send> = match request {
        Request::Events { run, from } => Box::new(move || events(&home, &run, from)),
        Request::Output { run, attempt, file, piece, len } => {
            Box::new(move || output(&home, &run, attempt, file, piece, len))
        }
        Request::Choices { folder } => {
            let config = config.to_owned();
            Box::new(move || choices(&home, &config, &folder))
        }
        Request::Worktrees { folder } => Box::new(move || worktrees(&folder)),
        Request::Trust { folder, base, grant } => {
            let config = config.to_owned();
            Box::new(move || {
                crate::trust::trust(&home, &config, &folder, base.as_deref(), grant.as_deref()).map(Reply::Trust)
            })
        }
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
    piece: Piece,
    len: u64,
) -> Result<Reply, Refused> {
    let folder = StateFolder::open(home).map_err(broken)?.run(run);
    let nothing = || Refused { code: Code::NotFound, reason: "there is no output yet".to_owned() };
    let attempt = match attempt {
        Some(attempt) => attempt,
        None => folder.last_attempt().ok_or_else(nothing)?,
    };
    let (name, most) = (file.name(), len.min(MOST_OUTPUT));
    let read = match piece {
        Piece::From(from) => folder.output(&attempt, name, from, most),
        Piece::Lines(from) => folder.output_lines(&attempt, name, from, most),
        Piece::Before(to) => folder.output_before(&attempt, name, to, most),
    };
    let evidence::Piece { text, from, next, len, over } = read.map_err(broken)?;
    let start = supervisor::start_record(&folder.attempt(&attempt)).ok().flatten();
    let reads = start.map(|start| start.reads).filter(|reads| !reads.is_empty());
    Ok(Reply::Output(protocol::Output { text, from, next, len, over, reads }))
}

fn choices(home: &Path, config: &Path, folder: &Path) -> Result<Reply, Refused> {
    let repo = Repository::find(folder).map_err(prepare::refused)?;
    let state = StateFolder::open(home).map_err(broken)?;
    // A run whose folder can't be read is none to go by.
    let specs = state.runs().map_err(broken)?.into_iter().filter_map(|run| {
        let folder = state.run(&run);
        let made = std::fs::metadata(folder.path().join("spec.json")).and_then(|m| m.modified()).ok()?;
        Some((made, folder))
    });
    let mut newest_first: Vec<_> = specs.collect();
    newest_first.sort_by_key(|(made, _)| std::cmp::Reverse(*made));
    let here = repo.main().to_string_lossy();
    let newest = newest_first.into_iter().filter_map(|(_, folder)| folder.spec().ok()).find(|spec| spec.repo == here);
    prepare::choices(config, folder, newest.as_ref()).map(Reply::Choices)
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
