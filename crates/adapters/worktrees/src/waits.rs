//! Whether a group of processes does anything, and what it may wait for.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Pid;

/// How long a group must have run before it is looked at: nearly all have ended by then.
const GRACE: Duration = Duration::from_secs(1);
/// Entries of folders that are looked at in search of a pipe.
const ENTRIES: usize = 50_000;

/// The processor time that a group of processes has used, and when it was last seen at work.
pub(crate) struct GroupProgress {
    began: Instant,
    since: Instant,
    used: u64,
}

impl GroupProgress {
    pub(crate) fn begin() -> Self {
        let now = Instant::now();
        Self { began: now, since: now, used: 0 }
    }

    /// Returns how long all processes of the group have been asleep without having used a processor.
    pub(crate) fn stands_still_for(&mut self, group: Pid) -> Duration {
        if self.began.elapsed() < GRACE {
            return Duration::ZERO;
        }
        match used_asleep(group) {
            Some(used) if used == self.used => self.since.elapsed(),
            // What runs, waits for a disk or can't be looked at is at work.
            other => {
                self.used = other.unwrap_or(0);
                self.since = Instant::now();
                Duration::ZERO
            }
        }
    }
}

/// The processor time of a group whose processes all sleep (proc_pid_stat(5)); `None` when one of them does not.
fn used_asleep(group: Pid) -> Option<u64> {
    let group = group.as_raw_nonzero().get().to_string();
    let mut used = 0;
    let mut found = false;
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        if !entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit) {
            continue;
        }
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // Its name may hold anything, also spaces and brackets; the fields come after the last one.
        let Some((_, fields)) = stat.rsplit_once(") ") else { continue };
        let fields: Vec<&str> = fields.split(' ').collect();
        let field = |n: usize| fields.get(n).copied().unwrap_or_default();
        if field(2) != group {
            continue;
        }
        if !matches!(field(0), "S" | "Z") {
            return None;
        }
        found = true;
        used += field(11).parse().unwrap_or(0) + field(12).parse().unwrap_or(0);
    }
    found.then_some(used)
}

/// The first file that git reads by its name below `folder` and that is a pipe, a socket or a device.
pub(crate) fn pipe_in_place_of_a_file(folder: &Path) -> Option<PathBuf> {
    let mut open = vec![folder.to_owned()];
    let mut seen = 0;
    while let Some(inside) = open.pop() {
        for entry in fs::read_dir(&inside).ok()?.flatten() {
            seen += 1;
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name();
            if kind.is_dir() && name != ".git" {
                open.push(entry.path());
            }
            let reads = name == ".gitignore" || name == ".gitattributes" || name == ".gitmodules";
            let odd = kind.is_fifo() || kind.is_socket() || kind.is_char_device() || kind.is_block_device();
            if reads && odd {
                return Some(entry.path());
            }
        }
        if seen > ENTRIES {
            return None;
        }
    }
    None
}
