//! One connection: `hello` both ways, then requests with ids, and whatever is watched.

use std::collections::VecDeque;
use std::path::Path;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use protocol::{CONTRACT, Code, FromDaemon, FromFace, MAX_FRAME, Refused, Reply, Request};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use crate::caller;
use crate::error::ClientError;

/// Bytes to the daemon, over whatever leads to it.
type ToDaemon = Box<dyn AsyncWrite + Send + Unpin>;
/// Bytes from the daemon.
type FromWire = Box<dyn AsyncRead + Send + Unpin>;

/// A connection to the daemon.
pub struct Connection {
    outgoing: Outgoing,
    incoming: Incoming,
    contract: u32,
    version: String,
    pid: u32,
}

/// The sending half.
pub struct Outgoing {
    sink: FramedWrite<ToDaemon, LengthDelimitedCodec>,
    last: u64,
}

/// The receiving half.
pub struct Incoming {
    stream: FramedRead<FromWire, LengthDelimitedCodec>,
    /// Frames that came while a reply was waited for.
    waiting: VecDeque<FromDaemon>,
    /// The kinds of frames that this version does not know, in the order in which they came first.
    unknown: Vec<String>,
}

impl Connection {
    /// Connects to the socket and says `hello`.
    ///
    /// # Errors
    /// When nobody answers there.
    pub async fn open(socket: &Path) -> Result<Self, ClientError> {
        let unreachable = |source| ClientError::Unreachable { path: socket.to_owned(), source };
        let stream = UnixStream::connect(socket).await.map_err(unreachable)?;
        // Whoever else could have put a socket there gets no task and no answer.
        let ours = stream.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::getuid().as_raw());
        if !ours {
            let source = std::io::Error::other("someone else serves there");
            return Err(unreachable(source));
        }
        Self::over(stream).await
    }

    /// Says `hello` over a stream that leads to a daemon: a socket, or the pipes of a program that hands bytes on.
    ///
    /// # Errors
    /// When the other side says nothing that is understood.
    pub async fn over(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Result<Self, ClientError> {
        let (read, write) = tokio::io::split(stream);
        let codec = || LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME).new_codec();
        let (read, write): (FromWire, ToDaemon) = (Box::new(read), Box::new(write));
        let mut outgoing = Outgoing { sink: FramedWrite::new(write, codec()), last: 0 };
        let stream = FramedRead::new(read, codec());
        let mut incoming = Incoming { stream, waiting: VecDeque::new(), unknown: Vec::new() };
        let version = env!("CARGO_PKG_VERSION").to_owned();
        outgoing.send(&FromFace::Hello { contract: CONTRACT, version }).await?;
        let Some(FromDaemon::Hello { contract, version, pid, keys }) = incoming.next().await else {
            return Err(ClientError::Gone);
        };
        let values = caller::keys(keys);
        if !values.0.is_empty() {
            outgoing.send(&FromFace::Keys { values }).await?;
        }
        Ok(Self { outgoing, incoming, contract, version, pid })
    }

    /// The daemon's contract version.
    pub fn contract(&self) -> u32 {
        self.contract
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    /// The daemon's process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends a request and waits for its reply; other frames that come meanwhile are kept.
    ///
    /// # Errors
    /// When the daemon refuses or goes away.
    pub async fn ask(&mut self, request: Request) -> Result<Reply, ClientError> {
        let asked = self.outgoing.ask(request).await?;
        loop {
            match self.incoming.receive().await.ok_or(ClientError::Gone)? {
                FromDaemon::Reply { id, reply } if id == asked => {
                    return match reply {
                        Reply::Refused(refused) | Reply::Mistake { refused, .. } => Err(ClientError::Refused(refused)),
                        reply => Ok(reply),
                    };
                }
                frame => self.incoming.waiting.push_back(frame),
            }
        }
    }

    /// Waits for the next frame that was not a reply to [`ask`](Self::ask); `None` when the daemon is gone.
    pub async fn next(&mut self) -> Option<FromDaemon> {
        self.incoming.next().await
    }

    /// Returns both halves, for a face that sends and receives at once.
    pub fn split(self) -> (Outgoing, Incoming) {
        (self.outgoing, self.incoming)
    }
}

impl Outgoing {
    /// Sends a request and returns its id, which the reply has too.
    ///
    /// # Errors
    /// When the daemon is gone.
    pub async fn ask(&mut self, mut request: Request) -> Result<u64, ClientError> {
        self.last += 1;
        if let Request::Run(run) = &mut request {
            run.caller = caller::variables();
        }
        self.send(&FromFace::Request { id: self.last, request }).await?;
        Ok(self.last)
    }

    async fn send(&mut self, frame: &FromFace) -> Result<(), ClientError> {
        // A path is the one value that may be no text.
        let json = serde_json::to_vec(frame).map_err(|_| ClientError::NoText)?;
        self.sink.send(Bytes::from(json)).await.map_err(|_| ClientError::Gone)
    }
}

impl Incoming {
    /// Waits for the next frame; `None` when the daemon is gone. Frames of a later contract are passed over.
    pub async fn next(&mut self) -> Option<FromDaemon> {
        match self.waiting.pop_front() {
            Some(frame) => Some(frame),
            None => self.receive().await,
        }
    }

    /// Returns the kinds of frames that were passed over, since a later version than this one sent them.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    fn pass_over(&mut self, bytes: &[u8]) {
        let value: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
        let kind = value.as_object().and_then(|frame| frame.keys().next());
        let kind = kind.map_or("no JSON", String::as_str);
        if self.unknown.len() < MOST_UNKNOWN && self.unknown.iter().all(|known| known != kind) {
            self.unknown.push(kind.to_owned());
        }
    }

    async fn receive(&mut self) -> Option<FromDaemon> {
        loop {
            let bytes = self.stream.next().await?.ok()?;
            match serde_json::from_slice(&bytes) {
                Ok(frame) => return Some(frame),
                // Whoever asked must not wait for ever for an answer that was given.
                Err(error) => {
                    if let Some(frame) = unreadable_reply(&bytes, &error) {
                        return Some(frame);
                    }
                    self.pass_over(&bytes);
                }
            }
        }
    }
}

/// Kinds of unknown frames that are remembered.
const MOST_UNKNOWN: usize = 16;

/// A reply that another build of the same contract words differently; `None` for frames that nobody waits for.
fn unreadable_reply(bytes: &[u8], error: &serde_json::Error) -> Option<FromDaemon> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let id = value["reply"]["id"].as_u64()?;
    let next = "end it with `pilothouse daemon stop` (runs go on) and try again";
    let reason = format!("the daemon is another build and its answer can't be read ({error}); {next}");
    Some(FromDaemon::Reply { id, reply: Reply::Refused(Refused { code: Code::Failed, reason }) })
}
