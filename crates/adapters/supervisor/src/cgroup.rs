//! A control group of an attempt's own, where this user may make one: it can be frozen and killed as a whole.
//!
//! Files and their meaning are those of cgroup v2 (kernel: admin-guide/cgroup-v2).

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the kernel may take to freeze or thaw a group; it takes a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(1);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cgroup(PathBuf);

impl Cgroup {
    /// Makes a group inside the caller's own; `None` where that is not allowed or there is no cgroup v2.
    pub(crate) fn make(name: &str) -> Option<Self> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        let group = Self(own_group(&mounts, &own)?.join(name));
        match fs::create_dir(&group.0) {
            Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return None,
            _ => {}
        }
        if group.0.join("cgroup.freeze").exists() && group.entrance().is_some() {
            return Some(group);
        }
        group.remove();
        None
    }

    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A process that writes `0` here enters the group.
    pub(crate) fn entrance(&self) -> Option<File> {
        OpenOptions::new().write(true).open(self.0.join("cgroup.procs")).ok()
    }

    /// Every process in the group and the groups below it.
    pub(crate) fn members(&self) -> BTreeSet<u32> {
        self.all()
            .iter()
            .flat_map(|group| {
                fs::read_to_string(group.join("cgroup.procs"))
                    .unwrap_or_default()
                    .lines()
                    .filter_map(|pid| pid.parse().ok())
                    .collect::<Vec<u32>>()
            })
            .collect()
    }

    /// Has the group frozen and waits a while until it is; `false` when that can't be asked for. One that a process
    /// in a long system call keeps from standing still is frozen as soon as that returns.
    pub(crate) fn freeze(&self) -> bool {
        if self.write("cgroup.freeze", "1").is_err() {
            return false;
        }
        let deadline = Instant::now() + PATIENCE;
        while !self.is_frozen() && Instant::now() < deadline {
            std::thread::sleep(LOOK);
        }
        true
    }

    /// Lets the group go on, also when it was never frozen.
    pub(crate) fn thaw(&self) {
        let _gone = self.write("cgroup.freeze", "0");
    }

    /// Whether every process in it stands still, as the kernel says.
    pub(crate) fn is_frozen(&self) -> bool {
        let events = fs::read_to_string(self.0.join("cgroup.events")).unwrap_or_default();
        events.lines().any(|line| line == "frozen 1")
    }

    /// Kills every process in it at once, also one that forks as fast as it can; `false` before Linux 5.14.
    pub(crate) fn kill(&self) -> bool {
        self.write("cgroup.kill", "1").is_ok()
    }

    /// Removes the group; the kernel refuses while a process is in it.
    pub(crate) fn remove(&self) {
        for group in self.all().iter().rev() {
            let _in_use = fs::remove_dir(group);
        }
    }

    fn write(&self, file: &str, word: &str) -> std::io::Result<()> {
        OpenOptions::new().write(true).open(self.0.join(file))?.write_all(word.as_bytes())
    }

    /// The group and those below it, each before its own.
    fn all(&self) -> Vec<PathBuf> {
        let mut found = vec![self.0.clone()];
        let mut next = 0;
        while let Some(group) = found.get(next).cloned() {
            next += 1;
            let entries = fs::read_dir(group).into_iter().flatten().flatten();
            found.extend(entries.filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir())).map(|e| e.path()));
        }
        found
    }
}

/// The folder of this process's own group: where cgroup2 is mounted (proc_pid_mountinfo(5)) joined to the
/// unified line of `/proc/self/cgroup`.
fn own_group(mounts: &str, own: &str) -> Option<PathBuf> {
    let own = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        after.starts_with("cgroup2 ").then_some(())?;
        let mut fields = before.split(' ').skip(3);
        let (root, mounted) = (fields.next()?, fields.next()?);
        let below = Path::new(own).strip_prefix(root).ok()?;
        Some(Path::new(mounted).join(below))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hybrid_and_namespaced_groups_are_found() {
        let hybrid =
            "30 20 0:1 / /sys/fs/cgroup rw - tmpfs t rw\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 c rw";
        assert_eq!(own_group(hybrid, "1:cpu:/x\n0::/a/b"), Some("/sys/fs/cgroup/unified/a/b".into()));
        let inside = "41 31 0:38 /a /sys/fs/cgroup rw - cgroup2 c rw";
        assert_eq!(own_group(inside, "0::/a/b"), Some("/sys/fs/cgroup/b".into()));
        assert_eq!(own_group("30 20 0:1 / /sys/fs/cgroup rw - tmpfs t rw", "0::/"), None);
    }
}
