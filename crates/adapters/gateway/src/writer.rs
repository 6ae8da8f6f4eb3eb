//! Writes what was measured, on a thread of its own: a slow disk holds up no answer on its way. Lines that find no room wait
//! for it, and those of their file behind them.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::log::{CallLine, CallLog};

/// How often lines are tried again that could not be written.
const AGAIN: Duration = Duration::from_millis(500);

pub(crate) struct Writer {
    lines: Sender<LineJob>,
    shared: Arc<LateLines>,
}

#[derive(Default)]
struct LateLines {
    /// Files that have no room for what is to stand in them.
    late: Mutex<BTreeSet<CallLog>>,
    /// Lines that are not written yet.
    waiting: AtomicUsize,
}

struct LineJob {
    log: CallLog,
    line: CallLine,
    /// The line must survive a power loss too.
    syncs: bool,
    written: oneshot::Sender<()>,
}

impl Writer {
    /// Starts the writer's thread. To be called within a runtime.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn start() -> io::Result<Self> {
        let (lines, jobs) = channel();
        let shared = Arc::<LateLines>::default();
        let (own, runtime) = (Arc::clone(&shared), Handle::current());
        std::thread::Builder::new().name("calls".to_owned()).spawn(move || work(&jobs, &own, &runtime))?;
        Ok(Self { lines, shared })
    }

    /// Has a line written; the receiver hears once it is, or once it is known that the line has to wait for room.
    pub(crate) fn write(&self, log: CallLog, line: CallLine, syncs: bool) -> oneshot::Receiver<()> {
        let (written, told) = oneshot::channel();
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        if self.lines.send(LineJob { log, line, syncs, written }).is_err() {
            tracing::error!("a call can't be written down: the thread for that is gone");
        }
        told
    }

    /// Whether something of this run waits for room.
    pub(crate) fn is_late(&self, log: &CallLog) -> bool {
        self.shared.late.lock().unwrap_or_else(PoisonError::into_inner).contains(log)
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.shared.waiting.load(Ordering::Relaxed) == 0
    }
}

fn work(jobs: &Receiver<LineJob>, shared: &LateLines, runtime: &Handle) {
    let mut stuck: Vec<(CallLog, CallLine)> = Vec::new();
    loop {
        let next = if stuck.is_empty() {
            jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            jobs.recv_timeout(AGAIN)
        };
        match next {
            Ok(LineJob { log, line, syncs, written }) => {
                // What comes later stands below what came before.
                let waits = stuck.iter().any(|(before, _)| *before == log);
                if waits || !add(&log, &line, syncs.then_some(runtime)) {
                    stuck.push((log, line));
                } else {
                    shared.waiting.fetch_sub(1, Ordering::Relaxed);
                }
                tell(shared, &stuck);
                // Whoever waited for it may have gone.
                let _gone = written.send(());
            }
            Err(RecvTimeoutError::Timeout) => {
                let mut still: BTreeSet<CallLog> = BTreeSet::new();
                stuck.retain(|(log, line)| {
                    let done = !still.contains(log) && add(log, line, Some(runtime));
                    if done {
                        shared.waiting.fetch_sub(1, Ordering::Relaxed);
                    } else {
                        still.insert(log.clone());
                    }
                    !done
                });
                tell(shared, &stuck);
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn tell(shared: &LateLines, stuck: &[(CallLog, CallLine)]) {
    let late = stuck.iter().map(|(log, _)| log.clone()).collect();
    *shared.late.lock().unwrap_or_else(PoisonError::into_inner) = late;
}

/// Writes one line; `false` where it has to be tried again. It reaches the disk on another thread, which nobody waits for.
fn add(log: &CallLog, line: &CallLine, syncs: Option<&Handle>) -> bool {
    match log.add(line) {
        Ok(file) => {
            if let Some(runtime) = syncs {
                drop(runtime.spawn_blocking(move || file.sync_data()));
            }
            true
        }
        // Its run's folder was removed, and with it whoever would read this.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            tracing::error!(%error, "a call of a run that is gone");
            true
        }
        Err(error) => {
            tracing::error!(%error, "a call can't be written down yet");
            false
        }
    }
}
