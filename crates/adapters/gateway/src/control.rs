//! The daemon's orders to a gateway, over `gateway/control`, a socket in the state folder: one order and one reply for each
//! connection. No order can name a key for an address that the gateway was not given it for.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::key_values::KeyValues;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with, sockopt};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

use crate::error::GatewayError;
use crate::files;
use crate::gateway::GatewayState;
use crate::pass::{ByName, Pass, Route};

/// Bytes of the longest order: all passes in one, thousands of them.
const LONGEST: u64 = 16 << 20;
/// The time for a gateway's reply; on the way to it the gateway only reads what a run has used.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);
/// The time in which a gateway that has its lock opens its socket.
const OPENS_WITHIN: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(10);
/// A socket's path may be 103 bytes long on any system.
const LONGEST_PATH: usize = 100;

/// An order of a daemon to its gateway.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Asks for the status; changes nothing.
    Tell,
    /// Sets these passes by name and keeps the others; a name without a pass is taken back.
    Set(BTreeMap<String, Option<Pass>>),
    /// Replaces all passes by these.
    Replace(ByName),
    /// Replaces all variables of these runs by those that came with whoever asked for them.
    Keys(BTreeMap<String, KeyValues>),
    /// Adds variables of these runs; a daemon that was started meanwhile does not know those before.
    AddKeys(BTreeMap<String, KeyValues>),
}

/// The status of a gateway, as it reports it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct GatewayStatus {
    /// The only addresses that a key goes to.
    pub bound: Vec<Route>,
    /// Names of the variables whose values the gateway was given.
    pub keys: Vec<String>,
    /// Names of the variables whose values came from whoever asked for a run, by the run's id.
    #[serde(default)]
    pub of_runs: BTreeMap<String, Vec<String>>,
    pub passes: ByName,
}

impl GatewayStatus {
    /// Whether the gateway has the value of this variable of whoever asked for this run.
    pub fn has_key(&self, run: &str, variable: &str) -> bool {
        self.of_runs.get(run).is_some_and(|names| names.iter().any(|name| name == variable))
    }
}

/// Returns a path to the socket, also where the state folder's path is longer than an address may be; valid while the
/// file is open.
fn address(home: &Path) -> io::Result<(PathBuf, Option<File>)> {
    let folder = files::folder(home);
    let path = folder.join("control");
    if path.as_os_str().len() <= LONGEST_PATH {
        return Ok((path, None));
    }
    let mut options = OpenOptions::new();
    let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::NOFOLLOW;
    options.read(true).custom_flags(i32::try_from(flags.bits()).expect("flags of open(2) are an int"));
    let folder = options.open(&folder)?;
    Ok((format!("/proc/self/fd/{}/control", folder.as_raw_fd()).into(), Some(folder)))
}

/// Gives an order to the gateway of `home`; `None` where none serves.
///
/// # Errors
/// When it serves and can't be spoken with.
pub(crate) fn give(home: &Path, order: &Order) -> Result<Option<GatewayStatus>, GatewayError> {
    let until = Instant::now() + OPENS_WITHIN;
    loop {
        if !files::is_serving(home) {
            return Ok(None);
        }
        match exchange(home, order) {
            Ok(told) => return Ok(Some(told)),
            Err(e)
                if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
                    && Instant::now() < until =>
            {
                std::thread::sleep(LOOK);
            }
            Err(e) => {
                return Err(GatewayError::io("speak with the gateway at", files::folder(home).join("control"))(e));
            }
        }
    }
}

fn exchange(home: &Path, order: &Order) -> io::Result<GatewayStatus> {
    let (path, _open) = address(home)?;
    let until = Instant::now() + ANSWERS_WITHIN;
    let mut stream = connect(&path)?;
    let text = serde_json::to_vec(order)?;
    let mut left = &text[..];
    while !left.is_empty() {
        stream.set_write_timeout(Some(time_left(until)?))?;
        match stream.write(left) {
            Ok(written) => left = &left[written..],
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    stream.shutdown(Shutdown::Write)?;
    let (mut reply, mut chunk) = (Vec::new(), [0; 16 << 10]);
    loop {
        stream.set_read_timeout(Some(time_left(until)?))?;
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) if (reply.len() + read) as u64 <= LONGEST => reply.extend_from_slice(&chunk[..read]),
            Ok(_) => return Err(io::Error::other("the reply is too long")),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(serde_json::from_slice(&reply)?)
}

/// As connect(2), but a gateway that takes up nobody is not waited for without an end.
fn connect(path: &Path) -> io::Result<UnixStream> {
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Send, Some(ANSWERS_WITHIN))?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(UnixStream::from(socket))
}

/// Returns the time that is left until `until`.
///
/// # Errors
/// When that is over.
fn time_left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// Binds the socket anew.
pub(crate) fn bind(home: &Path) -> Result<UnixListener, GatewayError> {
    let wrong = |e| GatewayError::io("listen at", files::folder(home).join("control"))(e);
    let (path, _open) = address(home).map_err(wrong)?;
    // What a killed gateway left; it held the lock that this one has.
    let _none = fs::remove_file(&path);
    UnixListener::bind(path).map_err(wrong)
}

/// Whether the process at the other end of a socket may give orders; the file is the gateway's lock, which this process holds.
pub(crate) type MayOrder = Arc<dyn Fn(BorrowedFd<'_>, &File) -> bool + Send + Sync>;

/// Who gives orders, as this gateway finds it out.
#[derive(Clone)]
pub(crate) struct Orderers {
    pub(crate) may_order: MayOrder,
    pub(crate) lock: Arc<File>,
}

/// Takes orders until the process ends.
pub(crate) async fn serve(listener: UnixListener, gateway: Arc<GatewayState>, orderers: Orderers) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(LOOK).await;
            continue;
        };
        let (gateway, orderers) = (Arc::clone(&gateway), orderers.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(ANSWERS_WITHIN, obey(stream, gateway, orderers)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "an order that was not followed"),
                Err(_) => tracing::warn!("an order that did not come to its end"),
            }
        });
    }
}

async fn obey(mut stream: tokio::net::UnixStream, gateway: Arc<GatewayState>, orderers: Orderers) -> io::Result<()> {
    let socket = Arc::new(stream.as_fd().try_clone_to_owned()?);
    let allowed = move || (orderers.may_order)(socket.as_fd(), &orderers.lock);
    let pid = stream.peer_cred().ok().and_then(|peer| peer.pid());
    // Before anything is read, and again when all of it is there: who has gone meanwhile is nobody.
    let refused = || io::Error::other(format!("process {pid:?} is not the daemon, or gone"));
    if !tokio::task::spawn_blocking(allowed.clone()).await? {
        return Err(refused());
    }
    let mut text = Vec::new();
    (&mut stream).take(LONGEST).read_to_end(&mut text).await?;
    if !tokio::task::spawn_blocking(allowed).await? {
        return Err(refused());
    }
    let order = serde_json::from_slice(&text)?;
    let told = tokio::task::spawn_blocking(move || gateway.follow(order)).await?;
    stream.write_all(&serde_json::to_vec(&told)?).await?;
    stream.shutdown().await
}
