//! Files that processes have open for writing (`/proc/PID/fd`, `fdinfo`), as proof of who writes them.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::identity::Identity;

/// A file that a process writes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    pub path: PathBuf,
    pub pid: u32,
    /// The process's name.
    pub program: String,
}

/// O_WRONLY and O_RDWR (open(2)).
const WRITES: u32 = 0o1 | 0o2;

/// Returns the regular files below `folders` that these processes have open for writing; none where the system does not
/// tell.
pub fn written(processes: &[Identity], folders: &[PathBuf]) -> Vec<Written> {
    let mut found = Vec::new();
    for process in processes {
        let of = PathBuf::from(format!("/proc/{}", process.pid));
        let descriptors = fs::read_dir(of.join("fd")).into_iter().flatten().flatten();
        for number in descriptors.map(|entry| entry.file_name()) {
            let Ok(path) = fs::read_link(of.join("fd").join(&number)) else { continue };
            // A file that was deleted is in nobody's checkout.
            if path.as_os_str().as_bytes().ends_with(b" (deleted)") && !path.exists() {
                continue;
            }
            let below = folders.iter().any(|folder| path.starts_with(folder));
            if below && is_file(&of.join("fd").join(&number)) && writes(&of.join("fdinfo").join(&number)) {
                let program = fs::read_to_string(of.join("comm")).unwrap_or_default().trim().to_owned();
                found.push(Written { path, pid: process.pid, program });
            }
        }
    }
    // What was read may have been of another process that got the same number meanwhile.
    found.retain(|written| processes.iter().any(|process| process.pid == written.pid && process.is_alive()));
    found.sort();
    found.dedup();
    found
}

fn is_file(descriptor: &Path) -> bool {
    fs::metadata(descriptor).is_ok_and(|meta| meta.is_file())
}

/// Whether the file is open for writing, by a line like `flags: 0100002`, in octal (proc(5)).
fn writes(info: &Path) -> bool {
    let text = fs::read_to_string(info).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok()).is_some_and(|flags| flags & WRITES != 0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_files_open_for_writing_are_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().canonicalize().expect("the folder").join(name);
        let _written = fs::File::create(at("written")).expect("made");
        fs::write(at("read"), "").expect("made");
        let _unlinked = fs::File::create(at("unlinked")).expect("made");
        fs::remove_file(at("unlinked")).expect("gone");
        let _read = fs::File::open(at("read")).expect("opened");
        let own = Identity::of(std::process::id()).expect("this process");
        let found = written(std::slice::from_ref(&own), &[at("")]);
        let paths: Vec<_> = found.iter().map(|written| written.path.clone()).collect();
        assert_eq!(paths, [at("written")]);
        assert_eq!(found[0].pid, std::process::id());
        assert!(written(&[own], &[at("elsewhere")]).is_empty());
    }
}
