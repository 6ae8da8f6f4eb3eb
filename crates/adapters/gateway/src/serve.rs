//! The process: one per state folder, on the port that its predecessor had.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

use crate::control::{self, Orderers};
use crate::error::GatewayError;
use crate::files::{self, Serving};
use crate::gateway::{GatewayState, now};
use crate::keys::KeyStore;
use crate::ledger::Ledger;
use crate::log::CallLog;
use crate::pass::GatewayStart;
use crate::prices::PriceBook;
use crate::writer::Writer;
use crate::{client, connections};

/// The line that a gateway writes to its standard output once it serves.
pub const READY: &str = "ready\n";

/// The exit code of a gateway that finds another serving (EX_TEMPFAIL of sysexits.h).
pub const HELD_BY_ANOTHER: u8 = 75;

/// How often the gateway looks whether anybody needs it.
const NEEDED: Duration = Duration::from_secs(30);
/// The age of files of calls up to which they are looked through at the start.
pub const LOOKED_THROUGH: Duration = Duration::from_secs(30 * 86_400);

/// Serves the state folder `home` until nobody needs it. Standard input has a [`GatewayStart`], as JSON; `prices` is where a
/// person's own price table may be. Orders are taken from whoever `may_order` lets, which is given the socket and the lock that
/// this process holds. Returns the exit code.
///
/// # Errors
/// When it can't begin to.
pub fn main(
    home: &Path,
    prices: &Path,
    may_order: impl Fn(BorrowedFd<'_>, &File) -> bool + Send + Sync + 'static,
) -> Result<u8, GatewayError> {
    // Nobody but root may look into this process, which has the keys.
    let _where_it_can = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    files::make_folder(&files::folder(home))?;
    let Some(lock) = files::lock(home)? else { return Ok(HELD_BY_ANOTHER) };
    connections::raise_limit();
    let start = start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(GatewayError::io("start threads for", home))?;
    let orderers = Orderers { may_order: Arc::new(may_order), lock: Arc::new(lock) };
    runtime.block_on(serve(home, prices, start, orderers.clone()))?;
    Ok(0)
}

fn start() -> Result<GatewayStart, GatewayError> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(GatewayError::io("read", "standard input"))?;
    let wrong = |e: serde_json::Error| GatewayError::Record {
        path: "standard input".into(),
        // The text has keys in it, so nothing of it is repeated.
        why: format!("line {} column {}", e.line(), e.column()),
    };
    if text.trim().is_empty() { Ok(GatewayStart::default()) } else { serde_json::from_str(&text).map_err(wrong) }
}

async fn serve(home: &Path, prices: &Path, start: GatewayStart, orderers: Orderers) -> Result<(), GatewayError> {
    let before = files::serving(home)?.map_or(0, |serving| serving.port);
    // Until it serves, nobody may take whoever has the number of the one before for this one.
    files::announce(home, &Serving { pid: 0, started: None, port: before, keys: Vec::new() })?;
    let names = start.keys.env.0.keys().cloned().collect();
    let listener = listen(before)?;
    let port = listener.local_addr().map_err(GatewayError::Port)?.port();
    let mut book = PriceBook::new(prices.to_owned());
    end_open_calls(home, &mut book);
    let gateway = Arc::new(GatewayState {
        keys: KeyStore::new(start.keys),
        client: client::client()?,
        open: AtomicUsize::new(0),
        writer: Writer::start().map_err(GatewayError::io("start a thread for", home))?,
        room: Arc::default(),
        prices: Mutex::new(book),
        bound: start.bound,
        ledger: Mutex::new(Ledger::open(home, now())),
        passes: RwLock::default(),
        changed: watch::Sender::new(()),
        calls: AtomicU64::new(0),
        born: now().as_millis(),
    });
    gateway.take_up(start.passes.into_iter().map(|(name, pass)| (name, Some(pass))).collect());
    let orders = control::bind(home)?;
    tokio::spawn(control::serve(orders, Arc::clone(&gateway), orderers));
    let (pid, started) = (std::process::id(), files::start_of(std::process::id()));
    files::announce(home, &Serving { pid, started, port, keys: names })?;
    let mut out = io::stdout();
    // Whoever started it may have gone.
    let _unheard = out.write_all(READY.as_bytes()).and_then(|()| out.flush());
    let _closed = rustix::stdio::dup2_stdout(&File::open("/dev/null").map_err(GatewayError::io("open", "/dev/null"))?);
    tracing::info!(port, "serving");
    tokio::select! {
        () = connections::serve(listener, Arc::clone(&gateway)) => Ok(()),
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

/// Returns when nobody has had a pass for a while and nothing is under way.
async fn until_unneeded(gateway: Arc<GatewayState>) {
    let mut idle = 0;
    while idle < 2 {
        tokio::time::sleep(NEEDED).await;
        let needed = gateway.has_passes() || gateway.open.load(Ordering::Relaxed) > 0 || !gateway.writer.is_idle();
        idle = if needed { 0 } else { idle + 1 };
    }
}
