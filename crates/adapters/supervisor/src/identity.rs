//! Which process is meant: a pid alone is reused, so boot, pid namespace and start time belong to it.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

/// How often a process is looked at that can't be waited for.
const LOOK: Duration = Duration::from_millis(100);

/// A process, never mistaken for a later one with its pid (`/proc/PID/stat` field 22 is the start time in clock ticks
/// since boot).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub pid: u32,
    pub start_time: u64,
    pub boot_id: String,
    /// The pid namespace's name, like `pid:[4026531836]`.
    pub pid_namespace: String,
}

impl Identity {
    /// The identity of the process that has this pid now; `None` if there is none, or it is a zombie.
    pub fn of(pid: u32) -> Option<Self> {
        Stat::read(pid).filter(|s| !s.is_dead())?;
        Self::of_child(pid)
    }

    /// The identity of a child that was not waited for yet, which has one also when it has ended already.
    pub(crate) fn of_child(pid: u32) -> Option<Self> {
        let start_time = Stat::read(pid)?.start_time;
        let (boot_id, pid_namespace) = here();
        Some(Self { pid, start_time, boot_id, pid_namespace })
    }

    /// Whether this very process still runs; a zombie does not. One that can't be looked at (no descriptor is left, say) is
    /// not known to have ended.
    pub fn is_alive(&self) -> bool {
        let lives = |found: Option<Stat>| found.is_some_and(|s| s.start_time == self.start_time && !s.is_dead());
        self.is_of_this_boot() && Stat::find(self.pid).map_or(true, lives)
    }

    /// Waits until this very process has ended; it need not be a child. Blocks.
    pub fn wait(&self) {
        while self.is_alive() {
            match self.handle() {
                // An interruption only means looking again.
                Some(handle) => drop(poll(&mut [PollFd::new(&handle, PollFlags::IN)], None)),
                // It has ended just now, or there is no descriptor left for it.
                None => std::thread::sleep(LOOK),
            }
        }
    }

    /// Sends SIGKILL to this very process; `false` when it has ended.
    pub fn kill(&self) -> bool {
        self.signal(Signal::KILL)
    }

    /// Lets the process go on where somebody has stopped it; `false` when it has ended.
    pub fn wake(&self) -> bool {
        self.signal(Signal::CONT)
    }

    /// Sends a signal to this very process; `false` when it has ended.
    pub(crate) fn signal(&self, signal: Signal) -> bool {
        self.handle().is_some_and(|handle| pidfd_send_signal(handle, signal).is_ok())
    }

    /// A handle on this very process, readable when it ends; `None` when it has ended.
    ///
    /// # Errors
    /// When the process lives and no descriptor is left for it.
    pub fn watched(&self) -> std::io::Result<Option<OwnedFd>> {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else { return Ok(None) };
        match pidfd_open(pid, PidfdFlags::empty()) {
            // Opened first and compared afterwards, so that a reused pid can't slip in between.
            Ok(handle) => Ok(self.is_alive().then_some(handle)),
            Err(rustix::io::Errno::SRCH) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn handle(&self) -> Option<OwnedFd> {
        self.watched().ok().flatten()
    }

    /// Whether the machine and pid namespace are those in which the identity was taken.
    pub fn is_of_this_boot(&self) -> bool {
        here() == (self.boot_id.clone(), self.pid_namespace.clone())
    }
}

/// Returns boot id and pid namespace, which never change while this process lives. They are read once: if a later read
/// failed, every process would seem to be of another boot.
fn here() -> (String, String) {
    static HERE: OnceLock<(String, String)> = OnceLock::new();
    if let Some(known) = HERE.get() {
        return known.clone();
    }
    let found = look_here();
    if !found.0.is_empty() && !found.1.is_empty() {
        return HERE.get_or_init(|| found).clone();
    }
    found
}

fn look_here() -> (String, String) {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/pid").map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    (boot.trim().to_owned(), namespace)
}

/// The fields of `/proc/PID/stat` that matter here (proc_pid_stat(5)).
pub(crate) struct Stat {
    state: char,
    pub(crate) parent: u32,
    /// The process group, and the one that has the process's terminal; none has it where that is negative.
    pub(crate) group: i64,
    foreground: i64,
    /// The leader of the process's session.
    pub(crate) session: u32,
    /// Clock ticks since boot.
    pub(crate) start_time: u64,
}

impl Stat {
    /// Reads the fields of a process; `None` also where they can't be read.
    pub(crate) fn read(pid: u32) -> Option<Self> {
        Self::find(pid).ok().flatten()
    }

    /// Reads the fields of a process; `None` when there is no such process.
    fn find(pid: u32) -> io::Result<Option<Self>> {
        match fs::read(format!("/proc/{pid}/stat")) {
            // A name may be any bytes.
            Ok(text) => Ok(Self::parse(&String::from_utf8_lossy(&text))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) if Errno::from_io_error(&e) == Some(Errno::SRCH) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The name in parentheses may itself hold parentheses and spaces, so fields count from the last `)`.
    fn parse(text: &str) -> Option<Self> {
        let mut fields = text[text.rfind(')')? + 1..].split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        // Fields 5, 6, 8 and 22 of the file; the parent is field 4.
        let group = fields.next()?.parse().ok()?;
        let session = fields.next()?.parse().ok()?;
        let foreground = fields.nth(1)?.parse().ok()?;
        let start_time = fields.nth(13)?.parse().ok()?;
        Some(Self { state, parent, group, foreground, session, start_time })
    }

    /// Whether another process has the terminal, so that nobody can type to this one.
    pub(crate) fn is_in_background(&self) -> bool {
        self.foreground > 0 && self.foreground != self.group
    }

    /// Whether the process was stopped by a signal or by a tracer.
    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self.state, 'T' | 't')
    }

    /// Whether the process is in a system call that no signal interrupts.
    pub(crate) fn is_uninterruptible(&self) -> bool {
        self.state == 'D'
    }

    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_pid_is_not_alive() {
        let me = Identity::of(std::process::id()).expect("this process");
        assert!(me.is_alive());
        assert!(!Identity { start_time: me.start_time + 1, ..me.clone() }.is_alive());
        assert!(!Identity { boot_id: "another".to_owned(), ..me }.is_alive());
    }

    #[test]
    fn a_name_with_parentheses_is_read_past() {
        let tail = (4..=52).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        let stat = Stat::parse(&format!("7 (a) b (c) S {tail}")).expect("a stat line");
        assert_eq!((stat.state, stat.parent, stat.session, stat.start_time), ('S', 4, 6, 22));
    }
}
