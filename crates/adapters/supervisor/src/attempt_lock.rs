//! The lock of an attempt: one keeper alone may start its agent.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use ground::{is_writers_locked, take_writers_lock};
use rustix::fs::{FlockOperation, OFlags, flock};

use crate::belongs::ancestry;
use crate::identity::Stat;
use crate::processes::pids;
use crate::record;

/// The name of the file in an attempt's folder that its keeper holds locked.
const LOCK: &str = "lock";

/// The right to be an attempt's keeper, until it is dropped.
#[derive(Debug)]
pub(crate) struct HeldAttempt {
    pub(crate) lock: File,
    /// Keepers of earlier versions, and daemons of these, look for a lock of the folder itself.
    _folder: Option<File>,
}

/// Takes the lock of an attempt's folder; `None` when another has it, or had: a folder with a record had a keeper before,
/// and its agent is never started a second time.
pub(crate) fn hold(folder: &Path) -> io::Result<Option<HeldAttempt>> {
    let used_up = || folder.join("keeper.json").exists() || folder.join("exit.json").exists();
    // Looked at before too: where there is no space, no lock could be made for nothing.
    if used_up() {
        return Ok(None);
    }
    let Some(lock) = take_writers_lock(&folder.join(LOCK))? else { return Ok(None) };
    let itself = open_folder(folder)?;
    let free = flock(&itself, FlockOperation::NonBlockingLockExclusive).is_ok();
    if (!free && is_kept_the_old_way(folder)) || used_up() {
        return Ok(None);
    }
    Ok(Some(HeldAttempt { lock, _folder: free.then_some(itself) }))
}

/// Whether a keeper holds this attempt's folder now.
pub fn is_held(folder: &Path) -> bool {
    let itself_locked = || {
        let Ok(itself) = open_folder(folder) else { return false };
        flock(&itself, FlockOperation::NonBlockingLockShared).is_err()
    };
    is_writers_locked(&folder.join(LOCK)) || (itself_locked() && is_kept_the_old_way(folder))
}

/// Opens a folder; whatever else is in its place is not waited for.
fn open_folder(folder: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::DIRECTORY.bits()).map_err(io::Error::other)?;
    File::options().read(true).custom_flags(flags).open(folder)
}

/// Whether a keeper that locks the folder itself has it, as earlier versions did: anybody can do that, so the lock alone says
/// nothing. It lives by its record, or has not written one yet and was started for this folder by no process of a run.
fn is_kept_the_old_way(folder: &Path) -> bool {
    if let Ok(Some(record)) = record::keeper_record(folder) {
        return record.keeper.is_alive();
    }
    // HOME/runs/ID/attempts/KEY
    let home = folder.ancestors().nth(4).unwrap_or(Path::new("/proc"));
    let by_run = |pid: u32| {
        let parent = Stat::read(pid).map_or(0, |stat| stat.parent);
        parent > 1 && ancestry(parent, home).is_ok_and(|above| above.run.is_some())
    };
    let others = pids().filter(|pid| *pid != std::process::id());
    others.into_iter().any(|pid| is_started_for(pid, folder) && !by_run(pid))
}

/// Whether a process is a keeper of this folder by its words.
fn is_started_for(pid: u32, folder: &Path) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<&[u8]> = line.split(|b| *b == 0).skip(1).take(2).collect();
    words == [b"__keeper".as_slice(), folder.as_os_str().as_encoded_bytes()]
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::identity::Identity;
    use crate::record::KeeperRecord;

    fn lock_itself(folder: &Path) -> File {
        let file = open_folder(folder).expect("a folder");
        flock(&file, FlockOperation::NonBlockingLockExclusive).expect("free");
        file
    }

    fn end(mut child: Child) {
        child.kill().and_then(|()| child.wait()).expect("ours");
    }

    #[test]
    fn a_strangers_folder_lock_stops_no_keeper() {
        let folder = tempfile::tempdir().expect("a folder");
        let _stranger = lock_itself(folder.path());
        assert!(!is_held(folder.path()));
        let held = hold(folder.path()).expect("it can be opened").expect("nobody has it who counts");
        assert!(is_held(folder.path()));
        assert!(hold(folder.path()).expect("it can be opened").is_none(), "one keeper alone");
        drop(held);
        assert!(!is_held(folder.path()));
    }

    #[test]
    fn keepers_of_earlier_versions_still_hold_theirs() {
        let folder = tempfile::tempdir().expect("a folder");
        let itself = lock_itself(folder.path());
        // It has just been started, and has written nothing.
        assert!(!is_held(folder.path()), "nobody was started for it");
        fs::write(folder.path().join("__keeper"), "read -r never_said").expect("room");
        let mut young = Command::new("sh");
        young.current_dir(folder.path()).arg("__keeper").arg(folder.path()).stdin(Stdio::piped());
        let young = young.spawn().expect("a shell");
        // The kernel has its words a moment after it has the program.
        let until = Instant::now() + Duration::from_secs(60);
        while !is_started_for(young.id(), folder.path()) {
            assert!(Instant::now() < until, "it never has its words");
            std::thread::yield_now();
        }
        assert!(is_held(folder.path()) && hold(folder.path()).expect("readable").is_none());
        let record = KeeperRecord {
            run: "r".to_owned(),
            keeper: Identity::of(young.id()).expect("it lives"),
            agent: None,
            socket: "/nowhere".into(),
            cgroup: None,
        };
        record::write(folder.path(), "keeper.json", &record).expect("room");
        assert!(is_held(folder.path()), "by its record");
        end(young);
        assert!(!is_held(folder.path()), "its lock alone says nothing");
        drop(itself);
        assert!(hold(folder.path()).expect("readable").is_none(), "used up");
    }
}
