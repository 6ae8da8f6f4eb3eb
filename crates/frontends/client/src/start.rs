//! Connecting to the daemon, starting it when there is none, replacing it when it is older.

use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use protocol::{CONTRACT, DaemonRecord, Request};
use rustix::fs::{FlockOperation, OFlags, flock};

use crate::connection::Connection;
use crate::error::ClientError;
use crate::places::Places;

/// How long a daemon may take until it answers; it folds all run folders first.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(5);
/// Bytes of the log's end that are read for its last line.
const LAST_WORDS: u64 = 64 << 10;
/// How long whoever holds the lock may take to answer or to be gone.
const SETTLE: Duration = Duration::from_millis(30);

/// Connects, starting the daemon if none runs. An older daemon is replaced; keepers stay.
///
/// # Errors
/// When no daemon can be reached or started, or a newer one serves.
pub async fn connect(places: &Places) -> Result<Connection, ClientError> {
    match connect_running(places).await {
        Ok(connection) if connection.contract() < CONTRACT => replace(places, connection).await,
        Ok(connection) if protocol::speaks(connection.contract()) => Ok(connection),
        Ok(connection) => Err(ClientError::Contract { theirs: connection.contract(), ours: CONTRACT }),
        Err(ClientError::NotRunning(_) | ClientError::Unreachable { .. } | ClientError::Gone) => start(places).await,
        Err(other) => Err(other),
    }
}

/// Connects to the daemon that runs.
///
/// # Errors
/// `NotRunning` when there is none.
pub async fn connect_running(places: &Places) -> Result<Connection, ClientError> {
    let not_running = || ClientError::NotRunning(places.home.clone());
    let record = record(places).ok_or_else(not_running)?;
    Connection::open(&record.socket).await
}

async fn replace(places: &Places, old: Connection) -> Result<Connection, ClientError> {
    stop(places, old).await?;
    start(places).await
}

async fn start(places: &Places) -> Result<Connection, ClientError> {
    // A daemon started by an agent would be one of the run's processes, and end with it.
    if std::env::var_os("PILOTHOUSE_RUN").is_some() {
        return Err(ClientError::InsideRun(places.home.clone()));
    }
    let mut child = spawn(places)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(connection) = connect_running(places).await
            && connection.contract() == CONTRACT
        {
            return Ok(connection);
        }
        let ended = child.try_wait().ok().flatten();
        let failed = ended.is_some_and(|status| !status.success());
        if failed || Instant::now() > deadline {
            let words = match child.stderr.take() {
                Some(heard) if ended.is_some() => last_line(heard),
                Some(_) => None,
                None => last_words(places),
            };
            let why = words.unwrap_or_else(|| "it does not answer".to_owned());
            return Err(ClientError::NotStarted { why, log: places.log() });
        }
        if ended.is_some() {
            // Another daemon held the lock: one that another face started and that answers soon, or one
            // that was dying just then, in whose place nobody serves.
            tokio::time::sleep(SETTLE).await;
            if connect_running(places).await.is_err() {
                child = spawn(places)?;
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Ends the daemon that is connected to, and returns when it has let go of its lock.
///
/// # Errors
/// When it refuses, or holds its lock for longer than a daemon needs to end.
pub async fn stop(places: &Places, mut connection: Connection) -> Result<(), ClientError> {
    connection.ask(Request::Stop).await?;
    while connection.next().await.is_some() {}
    // It can't be opened for reading, so that only daemons hold it.
    let Some(lock) = plain(&places.home.join("daemon.lock"), OpenOptions::new().write(true)) else { return Ok(()) };
    let deadline = Instant::now() + PATIENCE;
    let pid = connection.pid();
    // A cockpit that is open may have started another one at once; the one that was asked has ended then.
    let another = || Some(record(places)?.pid != pid);
    // An earlier version's lock may be held by who only reads it.
    let ended = || !Path::new("/proc").join(pid.to_string()).exists();
    while flock(&lock, FlockOperation::NonBlockingLockShared).is_err() && another() != Some(true) && !ended() {
        if Instant::now() > deadline {
            return Err(ClientError::StillThere { pid });
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Starts the daemon's role of this very binary. The daemon detaches itself and closes what it inherited.
fn spawn(places: &Places) -> Result<Child, ClientError> {
    let not_started = |why: String| ClientError::NotStarted { why, log: places.log() };
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&places.home);
    made.map_err(|e| not_started(format!("cannot make {}: {e}", places.home.display())))?;
    // Without a log it serves all the same, and why it does not is heard here.
    let log = plain(&places.log(), OpenOptions::new().append(true).create(true)).map_or_else(Stdio::piped, Stdio::from);
    let binary = std::env::current_exe().map_err(|e| not_started(e.to_string()))?;
    let mut command = Command::new(binary);
    if places.apart {
        command.env("PILOTHOUSE_HOME", &places.home);
    }
    command
        .arg("__daemon")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(|e| not_started(e.to_string()))
}

/// Opens a plain file: nothing else is waited for, written to or followed.
fn plain(path: &Path, how: &mut OpenOptions) -> Option<fs::File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = how.mode(0o600).custom_flags(i32::try_from(flags.bits()).ok()?).open(path).ok()?;
    file.metadata().is_ok_and(|meta| meta.is_file()).then_some(file)
}

/// Reads what the daemon that serves says of itself.
fn record(places: &Places) -> Option<DaemonRecord> {
    let mut bytes = Vec::new();
    plain(&places.record(), OpenOptions::new().read(true))?.take(LAST_WORDS).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The last line that the daemon logged.
fn last_words(places: &Places) -> Option<String> {
    let mut file = plain(&places.log(), OpenOptions::new().read(true))?;
    let len = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(LAST_WORDS))).ok()?;
    last_line(file)
}

fn last_line(from: impl Read) -> Option<String> {
    let mut log = Vec::new();
    from.take(LAST_WORDS).read_to_end(&mut log).ok()?;
    let log = String::from_utf8_lossy(&log).into_owned();
    log.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}
