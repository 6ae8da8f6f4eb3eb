//! Clients on the socket: who may come in, the handshake, and requests that need no dispatcher.

mod asker;
mod reading_rooms;

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use domain::RunId;
use futures_util::StreamExt;
use protocol::{CONTRACT, Code, FromDaemon, FromFace, Refused, Reply, Request};
use supervisor::{Killed, Peer, Standing, raise_open_limit};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, mpsc, oneshot};

use self::asker::Asker;
use self::reading_rooms::ReadingRooms;
use crate::error::DaemonError;
use crate::input::{Input, Inputs};
use crate::instance::Instance;
use crate::places::DaemonPlaces;
use crate::reading::{self, Reading};
use crate::seats::{ConnectionSeat, Seats};
use crate::terminal::{AttachedTerminal, Taken};
use crate::wire::{Heard, wire};

/// Frames that wait for a slow client before it is let go; fewer for a process of a run.
const PATIENCE: usize = 4096;
const PATIENCE_WITH_RUNS: usize = 256;
/// Most requests of one client that may be unanswered; beyond that it is not heard.
const UNANSWERED: usize = 64;
/// Time that a client may take for its first word.
const SILENCE: Duration = Duration::from_secs(5);
/// Most connections that are looked at at once.
const LOOKED_AT: usize = 16;
/// Time between two looks whether the socket is still there.
const LOOK: Duration = Duration::from_secs(2);

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
        places: &DaemonPlaces,
        keys: Vec<String>,
    ) -> Result<Self, DaemonError> {
        let path = instance.record.socket.clone();
        let _entered = runtime.enter();
        let listener = listen(&path).map_err(DaemonError::io("listen at", &path))?;
        let places = places.clone();
        let hello = FromDaemon::Hello {
            contract: CONTRACT,
            version: instance.record.version.clone(),
            pid: std::process::id(),
            keys,
        };
        runtime.spawn(end_on_signal(inputs.clone()));
        let accepting = runtime.spawn(accept(listener, path, inputs, places, hello));
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

async fn accept(mut listener: UnixListener, path: PathBuf, inputs: Inputs, places: DaemonPlaces, hello: FromDaemon) {
    let faces = AtomicU64::new(1);
    let (taken, _) = broadcast::channel(64);
    let rooms = ReadingRooms::default();
    let (seats, killed) = (Seats::new(raise_open_limit()), Arc::new(Killed::default()));
    let looks = Arc::new(Semaphore::new(LOOKED_AT));
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
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        if !stream.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::getuid().as_raw()) {
            tracing::warn!("someone else's connection was refused");
            continue;
        }
        // Who looks long at one lets others come in meanwhile; so many at once, and whoever comes then waits.
        let Ok(looking) = Arc::clone(&looks).acquire_owned().await else { return };
        let arrival = Arrival {
            face: faces.fetch_add(1, Ordering::Relaxed),
            inputs: inputs.clone(),
            places: places.clone(),
            killed: Arc::clone(&killed),
            taken: taken.clone(),
            seats: seats.clone(),
            rooms: rooms.clone(),
        };
        tokio::spawn(arrival.come_in(stream, looking, hello.clone()));
    }
}

/// A client that has connected and was not looked at yet.
struct Arrival {
    face: u64,
    inputs: Inputs,
    places: DaemonPlaces,
    killed: Arc<Killed>,
    taken: Taken,
    seats: Seats,
    rooms: ReadingRooms,
}

impl Arrival {
    /// Looks who the client is and serves it where there is a seat for it.
    async fn come_in(self, stream: UnixStream, looking: OwnedSemaphorePermit, hello: FromDaemon) {
        let Self { face, inputs, places, killed, taken, seats, rooms } = self;
        // Held at once, so that no other process can take its place under its number.
        let (peer, home) = (Peer::of(&stream), places.home.clone());
        let (tell, told) = oneshot::channel();
        let look = move || {
            // Whoever has gone away meanwhile does not want to know.
            let _gone = tell.send(Asker::of(peer, &home, &killed));
        };
        // A thread of its own: what only reads may take all of the runtime's, and persons must still get in.
        let begun = std::thread::Builder::new().name("arrival".to_owned()).spawn(look);
        let looked = if begun.is_ok() { told.await.ok() } else { None };
        drop(looking);
        let Some(asker) = looked else { return };
        // Whoever finds no room finds the connection closed, and may come again.
        let Some(seat) = seats.take(&asker.at_first) else { return };
        let DaemonPlaces { home, config, .. } = places;
        let room = rooms.of(asker.at_first == Standing::Person);
        let of_face =
            OfFace { face, inputs, home, config, asker, taken, reading: Reading::default(), room, _seat: seat };
        serve(stream, of_face, hello).await;
    }
}

/// The number, the standing and the places by which one client is served.
struct OfFace {
    face: u64,
    inputs: Inputs,
    home: PathBuf,
    /// The user's settings file.
    config: PathBuf,
    asker: Asker,
    taken: Taken,
    reading: Reading,
    /// The threads that read for clients of this standing.
    room: Arc<Semaphore>,
    _seat: ConnectionSeat,
}

async fn serve(stream: UnixStream, of_face: OfFace, hello: FromDaemon) {
    let OfFace { face, ref inputs, ref home, ref taken, .. } = of_face;
    let is_person = of_face.asker.at_first == Standing::Person;
    let mut terminal: Option<AttachedTerminal> = None;
    let (mut heard, mut wire) = wire(stream, is_person);
    if wire.say(&hello).await.is_err() {
        return;
    }
    let first = tokio::time::timeout(SILENCE, heard.next()).await;
    // Whoever has connected and says nothing makes room for others.
    let Ok(Some(Ok(mut next))) = first.map(|frame| frame.map(|frame| frame.map(Some))) else { return };
    let (sender, mut outgoing) = mpsc::channel(if is_person { PATIENCE } else { PATIENCE_WITH_RUNS });
    // Only the dispatcher holds it, so that letting a client go ends its connection.
    let replies = sender.downgrade();
    let _stopping = inputs.send(Input::FaceOpened { face, is_person, sender });
    let mut unanswered = 0;
    loop {
        tokio::select! {
            frame = next_frame(&mut next, &mut heard), if unanswered < UNANSWERED => {
                let Some(frame) = frame else { break };
                match serde_json::from_slice::<FromFace>(&frame) {
                    // Versions differ: only what every version knows is answered.
                    Ok(FromFace::Hello { .. }) => {}
                    // A key that an agent sends would be used for what others ask.
                    Ok(FromFace::Keys { values }) => {
                        if of_face.asker.is_person_now() {
                            let _stopping = inputs.send(Input::KeysSent { face, keys: values });
                        }
                    }
                    Ok(FromFace::Request { id, request })
                        if let Some(refused) = of_face.asker.objection(&request) =>
                    {
                        let reply = Reply::Refused(refused);
                        if wire.say(&FromDaemon::Reply { id, reply }).await.is_err() { break }
                    }
                    Ok(FromFace::Request { id, request: Request::Attach { run, columns, rows } }) => {
                        // The one that was shown goes first, so that it does not hear of being taken over.
                        terminal = None;
                        let size = (columns, rows);
                        let attached = AttachedTerminal::attach(home, run, size, face, taken);
                        let reply = match attached {
                            Ok((attached, reply)) => {
                                terminal = Some(attached);
                                reply
                            }
                            Err(refused) => Reply::Refused(refused),
                        };
                        if wire.say(&FromDaemon::Reply { id, reply }).await.is_err() { break }
                    }
                    Ok(FromFace::Request { id, request: request @ (Request::Type { .. } | Request::Resize { .. } | Request::Detach) }) => {
                        let reply = at_terminal(&mut terminal, request);
                        if wire.say(&FromDaemon::Reply { id, reply }).await.is_err() { break }
                    }
                    Ok(FromFace::Request { id, request }) => {
                        unanswered += 1;
                        asked(&of_face, id, request, &replies);
                    }
                    Err(error) => {
                        let reason = format!("this request is not known to this daemon: {error}");
                        let reply = Reply::Refused(Refused { code: Code::Usage, reason });
                        let id = request_id(&frame);
                        if wire.say(&FromDaemon::Reply { id, reply }).await.is_err() { break }
                    }
                }
            }
            frame = next_of(&mut terminal) => {
                if matches!(frame, FromDaemon::Detached { .. }) {
                    terminal = None;
                }
                if wire.say(&frame).await.is_err() { break }
            }
            frame = outgoing.recv() => {
                let Some(frame) = frame else { break };
                if matches!(frame, FromDaemon::Reply { .. }) {
                    unanswered = unanswered.saturating_sub(1);
                }
                if wire.say(&frame).await.is_err() { break }
            }
        }
    }
    let _stopping = inputs.send(Input::FaceClosed { face });
}

/// Returns the frame that came first, then those that follow; `None` at the end.
async fn next_frame(first: &mut Option<BytesMut>, heard: &mut Heard) -> Option<BytesMut> {
    match first.take() {
        Some(first) => Some(first),
        None => heard.next().await?.ok(),
    }
}

/// Returns the next frame of the terminal that a client is attached to; waits for ever without one.
async fn next_of(terminal: &mut Option<AttachedTerminal>) -> FromDaemon {
    match terminal {
        Some(terminal) => terminal.next().await,
        None => std::future::pending().await,
    }
}

/// Carries out what a client asks of the terminal that it is attached to.
fn at_terminal(terminal: &mut Option<AttachedTerminal>, request: Request) -> Reply {
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

/// Reads the id of a request whose body can't be read, so that whoever asked is not left waiting.
fn request_id(frame: &[u8]) -> u64 {
    let value: serde_json::Value = serde_json::from_slice(frame).unwrap_or_default();
    value["request"]["id"].as_u64().unwrap_or(0)
}

/// Takes up a request: one that only reads, or grants trust, is answered from disk, any other goes to the dispatcher.
fn asked(of_face: &OfFace, id: u64, request: Request, replies: &mpsc::WeakSender<FromDaemon>) {
    let OfFace { face, inputs, home, config, reading, .. } = of_face;
    let (face, home) = (*face, home.clone());
    let read: Box<dyn FnOnce() -> Result<Reply, Refused> + Send> = match request {
        Request::Events { run, from } => {
            let reading = Arc::clone(reading);
            Box::new(move || reading::events(&home, &reading, &run, from))
        }
        Request::Output { run, attempt, file, piece, len } => {
            Box::new(move || reading::output(&home, &run, attempt, file, piece, len))
        }
        Request::Choices { folder } => {
            let config = config.to_owned();
            Box::new(move || reading::choices(&home, &config, &folder))
        }
        Request::Worktrees { folder } => Box::new(move || reading::worktrees(&folder)),
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
    let room = Arc::clone(&of_face.room);
    tokio::spawn(async move {
        // Closed never, so there is a place sooner or later.
        let _place = room.acquire_owned().await;
        let answered = tokio::task::spawn_blocking(read).await;
        let reply = match answered {
            Ok(Ok(reply)) => reply,
            Ok(Err(refused)) => Reply::Refused(refused),
            Err(_) => Reply::Refused(Refused { code: Code::Failed, reason: "reading it failed badly".to_owned() }),
        };
        // A client that went away does not want to know.
        let _gone = sender.send(FromDaemon::Reply { id, reply }).await;
    });
}
