//! A keeper of its own with a script as its agent, without any daemon.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use domain::attempt::Exit;
use rustix::fs::{FlockOperation, flock};
use supervisor::{Keeper, KeeperRequest, KeeperStart, Launched};
use tempfile::TempDir;

use crate::wait::wait_until;

/// An attempt's folder and what is started in it. Dropping it ends every process of it.
#[derive(Debug)]
pub struct Attempt {
    binary: PathBuf,
    folder: TempDir,
    /// The lock of a daemon: keepers answer only who holds it.
    _daemon: File,
    pub start: KeeperStart,
}

impl Attempt {
    /// Makes an attempt with a shell script as its agent.
    pub fn of(binary: &str, script: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let name = folder.path().file_name().expect("a name").to_string_lossy().into_owned();
        let start = KeeperStart {
            run: name,
            home: folder.path().to_string_lossy().into_owned(),
            program: "sh".to_owned(),
            args: vec!["-c".to_owned(), script.to_owned()],
            cwd: folder.path().to_string_lossy().into_owned(),
            env: vec![("GREETING".to_owned(), "hello".to_owned())],
            terminal: None,
            input: Vec::new(),
            socket: folder.path().join("k"),
            unset: Vec::new(),
            metered: false,
            paid_by: None,
            limit_ms: None,
            reads: "text".to_owned(),
            writable: None,
            close_input: false,
            leave_ms: None,
            freezer: true,
        };
        let daemon = be_daemon(folder.path()).expect("nobody else has the lock");
        Self { binary: binary.into(), folder, _daemon: daemon, start }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn launch(&self) -> Launched {
        supervisor::launch(&self.binary, self.path(), &self.start, &[]).unwrap_or_else(|e| panic!("{e}"))
    }

    pub fn exit(&self) -> Exit {
        wait_until("the exit record", || {
            supervisor::exit_record(self.path()).map_err(|e| e.to_string())?.ok_or_else(|| self.text("stdout"))
        })
    }

    pub fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap_or_default()
    }

    pub fn living(&self) -> usize {
        supervisor::marked(self.path(), &self.start.run).len()
    }
}

impl Attempt {
    /// Waits until the [`FAMILY`] is whole, and returns its pids.
    pub fn family(&self) -> Vec<u32> {
        wait_until("the whole family", || {
            let said = self.text("stdout");
            if said.contains("family complete") { Ok(()) } else { Err(format!("{said}{}", self.text("stderr"))) }
        });
        self.text("pids").lines().map(|pid| pid.parse().expect("a pid")).collect()
    }
}

/// Holds the lock of a state folder as its daemon does, for as long as what is given back is kept; `None` when a daemon has it.
pub(crate) fn be_daemon(home: &Path) -> Option<File> {
    let lock = OpenOptions::new().write(true).create(true).truncate(false).open(home.join("daemon.lock")).ok()?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive).ok().map(|()| lock)
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if let Ok(Some(record)) = supervisor::keeper_record(self.path()) {
            let _asked = Keeper::new(&record).ask(&KeeperRequest::Stop { grace_ms: 0 });
            record.keeper.wait();
        }
    }
}

/// Waits until the keeper's own process is gone and reaped.
pub fn gone(mut launched: Launched) {
    launched.record.keeper.wait();
    launched.child.wait().expect("a child can be waited for");
}

/// A script with children in every way there is: same group, own group, own session, orphaned, deaf to signals, cleaned
/// environment, seven in all.
pub const FAMILY: &str = r#"
mark() { echo $$ >> pids; }
sh -c 'echo $$ >> pids; exec sleep 300' &
setsid sh -c 'echo $$ >> pids; exec sleep 300' &
(setsid sh -c 'echo $$ >> pids; exec sleep 300' &)
setsid sh -c 'trap "" TERM HUP INT; echo $$ >> pids; while :; do sleep 300; done' &
env -i PATH="$PATH" sh -c 'echo $$ >> pids; exec setsid -w sleep 300' &
(env -i PATH="$PATH" setsid sh -c 'echo $$ >> pids; exec sleep 300' &)
mark
while [ "$(wc -l < pids)" -lt 7 ]; do sleep 0.01; done
echo family complete
"#;

/// Returns those of the processes that live.
pub fn alive(pids: &[u32]) -> Vec<u32> {
    pids.iter().copied().filter(|pid| supervisor::Identity::of(*pid).is_some()).collect()
}
