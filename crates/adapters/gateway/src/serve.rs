//! The process: one per state folder, on the port that its predecessor had.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use domain::Timestamp;
use domain::event::ModelCalled;
use reqwest::Client;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Notify;

use crate::client;
use crate::error::GatewayError;
use crate::files::{self, Serving};
use crate::forward;
use crate::keys::{Given, Keys};
use crate::ledger::Ledger;
use crate::log::{CallLog, Line};
use crate::pass::Passes;
use crate::prices::PriceBook;

/// What it says on its standard output when it serves.
pub const READY: &str = "ready\n";

/// The exit code of one that finds another serving (EX_TEMPFAIL of sysexits.h).
pub const HELD_BY_ANOTHER: u8 = 75;

/// How often it is looked whether anybody needs it.
const NEEDED: Duration = Duration::from_secs(30);
/// How often lines are tried again that could not be written.
const AGAIN: Duration = Duration::from_millis(500);
/// Files of calls that were written to since are looked through at the start.
pub const LOOKED_THROUGH: Duration = Duration::from_secs(30 * 86_400);

pub(crate) struct Gateway {
    pub(crate) passes: Passes,
    pub(crate) keys: Keys,
    pub(crate) client: Client,
    /// Calls under way.
    pub(crate) open: AtomicUsize,
    ledger: Mutex<Ledger>,
    prices: Mutex<PriceBook>,
    /// Lines that could not be written yet.
    late: Mutex<Vec<(CallLog, Line)>>,
    late_added: Notify,
    calls: AtomicU64,
    /// Tells this process's calls from those of others.
    born: i64,
}

impl Gateway {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn next_id(&self) -> String {
        format!("{:x}-{}", self.born, self.calls.fetch_add(1, Ordering::Relaxed))
    }

    /// Fills in what a call costs.
    pub(crate) fn cost(&self, call: &mut ModelCalled) {
        let mut book = self.prices.lock().unwrap_or_else(PoisonError::into_inner);
        book.fill_in(call);
    }

    fn has_late(&self) -> bool {
        !self.late.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Whether something of this run waits for room.
    pub(crate) fn is_late(&self, log: &CallLog) -> bool {
        self.late.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|(late, _)| late == log)
    }

    /// Writes a line, or keeps it until there is room; `syncs` makes it survive a power loss too.
    pub(crate) fn write(&self, log: CallLog, line: Line, syncs: bool) {
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        // What comes later stands below what came before.
        let waits = late.iter().any(|(before, _)| *before == log);
        match if waits { Err(io::ErrorKind::StorageFull.into()) } else { log.add(&line) } {
            // Its run's folder was removed, and with it whoever would read this.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                tracing::error!(%error, "a call of a run that is gone");
            }
            Ok(file) if syncs => drop(tokio::task::spawn_blocking(move || file.sync_data())),
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "a call can't be written down yet");
                late.push((log, line));
                self.late_added.notify_one();
            }
        }
    }

    fn write_late(&self) {
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stuck: Vec<CallLog> = Vec::new();
        late.retain(|(log, line)| {
            let written =
                !stuck.contains(log) && !matches!(log.add(line), Err(error) if error.kind() != io::ErrorKind::NotFound);
            if !written {
                stuck.push(log.clone());
            }
            !written
        });
    }
}

/// Serves the state folder `home` until nobody needs it. Standard input has what it is given, as JSON; `prices` is where a
/// person's own price table may be. Gives the exit code.
///
/// # Errors
/// When it can't begin to.
pub fn main(home: &Path, prices: &Path) -> Result<u8, GatewayError> {
    // Nobody but root may look into this process, which has the keys.
    let _where_it_can = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    files::make_folder(&files::folder(home))?;
    let Some(_lock) = files::lock(home)? else { return Ok(HELD_BY_ANOTHER) };
    let given = given()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(GatewayError::io("start threads for", home))?;
    runtime.block_on(serve(home, prices, given))?;
    Ok(0)
}

fn given() -> Result<Given, GatewayError> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(GatewayError::io("read", "standard input"))?;
    let wrong = |e: serde_json::Error| GatewayError::Record {
        path: "standard input".into(),
        // The text has keys in it, so nothing of it is repeated.
        why: format!("line {} column {}", e.line(), e.column()),
    };
    if text.trim().is_empty() { Ok(Given::default()) } else { serde_json::from_str(&text).map_err(wrong) }
}

async fn serve(home: &Path, prices: &Path, given: Given) -> Result<(), GatewayError> {
    let before = files::serving(home)?.map_or(0, |serving| serving.port);
    // Until it serves, nobody may take whoever has the number of the one before for this one.
    files::announce(home, &Serving { pid: 0, port: before, keys: Vec::new() })?;
    let names = given.env.keys().cloned().collect();
    let listener = listen(before)?;
    let port = listener.local_addr().map_err(GatewayError::Port)?.port();
    let mut book = PriceBook::new(prices.to_owned());
    end_open_calls(home, &mut book);
    let gateway = Arc::new(Gateway {
        passes: Passes::of(home)?,
        keys: Keys::new(given),
        client: client::client()?,
        open: AtomicUsize::new(0),
        ledger: Mutex::new(Ledger::open(home, &crate::ledger::day_of(now()))),
        prices: Mutex::new(book),
        late: Mutex::default(),
        late_added: Notify::new(),
        calls: AtomicU64::new(0),
        born: now().as_millis(),
    });
    files::announce(home, &Serving { pid: std::process::id(), port, keys: names })?;
    let mut out = io::stdout();
    // Whoever started it may have gone.
    let _unheard = out.write_all(READY.as_bytes()).and_then(|()| out.flush());
    let _closed =
        rustix::stdio::dup2_stdout(&std::fs::File::open("/dev/null").map_err(GatewayError::io("open", "/dev/null"))?);
    tracing::info!(port, "serving");
    tokio::spawn(write_late_lines(Arc::clone(&gateway)));
    let routes = Router::new().fallback(forward::forward).with_state(Arc::clone(&gateway));
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "small pieces may be gathered");
        }
    });
    let served = axum::serve(listener, routes);
    tokio::select! {
        ended = served.into_future() => ended.map_err(GatewayError::Port),
        () = until_unneeded(gateway) => Ok(()),
    }
}

/// The port of the gateway before, so that agents that work find this one; another where somebody else has it by now.
fn listen(port: u16) -> Result<TcpListener, GatewayError> {
    let at = |port| {
        let socket = TcpSocket::new_v4()?;
        // What is left of connections of the gateway before is in nobody's way.
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        socket.listen(1024)
    };
    at(port)
        .or_else(|error| {
            tracing::error!(port, %error, "the port is taken; agents at work can't reach this gateway");
            at(0)
        })
        .map_err(GatewayError::Port)
}

/// Ends the calls that were open when an earlier gateway was killed.
fn end_open_calls(home: &Path, book: &mut PriceBook) {
    let runs = std::fs::read_dir(home.join("runs")).into_iter().flatten().flatten();
    for run in runs.map(|run| run.path()) {
        let written = std::fs::metadata(run.join(domain::fold::CALLS)).and_then(|meta| meta.modified());
        if written.is_ok_and(|at| at.elapsed().is_ok_and(|ago| ago < LOOKED_THROUGH))
            && let Err(error) = CallLog::of(&run).end_open(now(), |call| book.fill_in(call))
        {
            tracing::error!(%error, "calls that were cut off");
        }
    }
}

async fn write_late_lines(gateway: Arc<Gateway>) {
    loop {
        gateway.late_added.notified().await;
        while gateway.has_late() {
            tokio::time::sleep(AGAIN).await;
            gateway.write_late();
        }
    }
}

/// Returns when nobody has had a pass for a while and nothing is under way.
async fn until_unneeded(gateway: Arc<Gateway>) {
    let mut idle = 0;
    while idle < 2 {
        tokio::time::sleep(NEEDED).await;
        let needed = gateway.passes.is_any() || gateway.open.load(Ordering::Relaxed) > 0 || gateway.has_late();
        idle = if needed { 0 } else { idle + 1 };
    }
}

/// The one clock of the gateway.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}
