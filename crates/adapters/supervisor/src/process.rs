//! An agent's process as it is just now, and what it was started with.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use crate::environ::Environ;
use crate::identity::{Identity, Stat};
use crate::processes::descendants;
use crate::{RUN_MARKER, tree};

/// A process of an agent; what may change while the process lives is read when it is asked for.
#[derive(Debug)]
pub struct Process {
    pub identity: Identity,
    /// The command line.
    pub words: Vec<String>,
    variables: BTreeMap<&'static str, OsString>,
}

impl Process {
    /// Keeps of the environment only `variables`.
    pub(crate) fn new(identity: Identity, words: Vec<String>, environ: &Environ, variables: &[&'static str]) -> Self {
        let variables = variables.iter().filter_map(|name| Some((*name, environ.value(name)?))).collect();
        Self { identity, words, variables }
    }

    /// Returns the process with this number, if it is of this run.
    pub fn of_run(pid: u32, run: &str, variables: &[&'static str]) -> Option<Self> {
        let (identity, environ) = (Identity::of(pid)?, Environ::of(pid));
        environ.value(RUN_MARKER).filter(|marker| marker == run)?;
        Some(Self::new(identity, Vec::new(), &environ, variables))
    }

    /// Returns one of the variables that were kept.
    pub fn variable(&self, name: &str) -> Option<&OsString> {
        self.variables.get(name).filter(|value| !value.is_empty())
    }

    /// Reads the working folder; `None` when the process has ended.
    pub fn folder(&self) -> Option<PathBuf> {
        let folder = fs::read_link(format!("/proc/{}/cwd", self.identity.pid)).ok()?;
        // What was read is of this very process.
        self.identity.is_alive().then_some(folder)
    }

    /// Returns the terminal that the process reads from, like `pts/3`.
    pub fn terminal(&self) -> Option<String> {
        let path = fs::read_link(format!("/proc/{}/fd/0", self.identity.pid)).ok()?;
        let name = path.strip_prefix("/dev").ok()?.to_str()?;
        (name.starts_with("pts/") || name.starts_with("tty")).then(|| name.to_owned())
    }

    /// How many processes of its tree stand still together with it, and how many there are.
    pub fn stopped(&self) -> (u32, u32) {
        tree::count(&self.identity)
    }

    /// Returns the process and everything below it, each with its start in clock ticks since boot.
    pub fn tree(&self) -> Vec<(u32, u64)> {
        let all = [self.identity.pid].into_iter().chain(descendants(self.identity.pid));
        all.filter_map(|pid| Some((pid, Stat::read(pid)?.start_time))).collect()
    }

    /// Returns the files with this ending that the process's tree holds open.
    pub fn open_files(&self, ending: &str) -> Vec<PathBuf> {
        let folders = self.tree().into_iter().filter_map(|(pid, _)| fs::read_dir(format!("/proc/{pid}/fd")).ok());
        let links = folders.flatten().flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
        let mut files: Vec<PathBuf> = links.filter(|path| path.extension().is_some_and(|e| e == ending)).collect();
        files.sort();
        files.dedup();
        files
    }

    /// Returns when the process was started, in milliseconds since 1970.
    pub fn started_ms(&self) -> Option<i64> {
        let text = fs::read_to_string("/proc/stat").ok()?;
        let boot: u64 = text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
        let ticks = self.identity.start_time * 1000 / rustix::param::clock_ticks_per_second();
        i64::try_from(boot * 1000 + ticks).ok()
    }
}
