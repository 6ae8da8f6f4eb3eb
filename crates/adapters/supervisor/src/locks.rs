//! Who holds a lock of flock(2) on a file, by the kernel's own list (`/proc/locks`, proc_locks(5)).

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ground::is_writers_locked;
use rustix::fs::{major, minor};

/// The name of the file in a state folder that its daemon holds locked.
const LOCK: &str = "daemon.lock";

/// Whether a process holds the lock of the state folder `home`, and so is its daemon. `own` is a file that this process has
/// locked itself: it shows how the kernel names the file system, which is not everywhere as stat(2) does.
pub(crate) fn is_daemon(pid: u32, home: &Path, own: &File) -> bool {
    let Ok(lock) = fs::metadata(home.join(LOCK)) else { return false };
    let text = fs::read_to_string("/proc/locks").unwrap_or_default();
    let held: Vec<HeldLock> = text.lines().filter_map(HeldLock::read).collect();
    let own = own.metadata().ok();
    let seen = own.as_ref().and_then(|own| held.iter().find(|h| h.pid == std::process::id() && h.inode == own.ino()));
    let Some(seen) = seen else {
        // This kernel does not tell who holds what: then the daemon's own word must do, while somebody holds the lock.
        return says_so(pid, home) && is_locked(home);
    };
    let device = match &own {
        Some(own) if own.dev() == lock.dev() => seen.device.clone(),
        _ => format!("{:02x}:{:02x}", major(lock.dev()), minor(lock.dev())),
    };
    held.iter().any(|held| held.pid == pid && held.inode == lock.ino() && held.device == device)
}

fn says_so(pid: u32, home: &Path) -> bool {
    let record = fs::read(home.join("daemon.json")).unwrap_or_default();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap_or_default();
    record["pid"].as_u64() == Some(pid.into())
}

fn is_locked(home: &Path) -> bool {
    is_writers_locked(&home.join(LOCK))
}

/// A line of `/proc/locks` for a lock that is held for one alone.
#[derive(Debug, PartialEq, Eq)]
struct HeldLock {
    pid: u32,
    /// Major and minor number, in hexadecimal.
    device: String,
    inode: u64,
}

impl HeldLock {
    /// Reads a line like `7: FLOCK  ADVISORY  WRITE 4711 fd:00:1316 0 EOF`. One that waits has an arrow before its kind.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace().skip(1);
        let kind = (words.next()?, words.next()?, words.next()?);
        (kind.0 == "FLOCK" && kind.2 == "WRITE").then_some(())?;
        let pid = words.next()?.parse().ok()?;
        let (device, inode) = words.next()?.rsplit_once(':')?;
        Some(Self { pid, device: device.to_owned(), inode: inode.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{FlockOperation, flock};

    use super::*;

    #[test]
    fn only_held_exclusive_locks_of_flock_count() {
        let held = HeldLock::read("7: FLOCK  ADVISORY  WRITE 4711 fd:00:1316 0 EOF");
        assert_eq!(held, Some(HeldLock { pid: 4711, device: "fd:00".to_owned(), inode: 1316 }));
        for other in [
            "7: -> FLOCK  ADVISORY  WRITE 4711 fd:00:1316 0 EOF",
            "7: FLOCK  ADVISORY  READ 4711 fd:00:1316 0 EOF",
            "7: POSIX  ADVISORY  WRITE 4711 fd:00:1316 0 EOF",
            "",
        ] {
            assert_eq!(HeldLock::read(other), None, "{other}");
        }
    }

    #[test]
    fn the_daemon_is_who_holds_the_lock() {
        let home = tempfile::tempdir().expect("a folder");
        let own = File::open(home.path()).expect("the folder");
        flock(&own, FlockOperation::NonBlockingLockExclusive).expect("nobody else has it");
        let me = std::process::id();
        assert!(!is_daemon(me, home.path(), &own), "there is no daemon");
        let lock = File::create(home.path().join(LOCK)).expect("made");
        assert!(!is_daemon(me, home.path(), &own), "nobody holds its lock");
        flock(&lock, FlockOperation::NonBlockingLockExclusive).expect("nobody else has it");
        assert!(is_daemon(me, home.path(), &own));
        assert!(!is_daemon(1, home.path(), &own), "another process does not hold it");
    }
}
