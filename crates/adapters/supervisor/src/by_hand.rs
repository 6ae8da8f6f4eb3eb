//! Agents that a person started: found among this user's processes, as far as they belong to no run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::belongs::run_of;
use crate::environ::Environ;
use crate::identity::{Identity, Stat};
use crate::processes::{descendants, pids};
use crate::{RUN_MARKER, tree};

/// A process may become another program in its first moments, so it is looked at so often.
const FIRST_LOOKS: u8 = 3;
/// Every so many times all processes are looked at anew.
const ALL_AGAIN: u64 = 20;
/// Bytes of a command line that are read.
const LONGEST: usize = 16 << 10;

/// Finds them; remembers which processes are none, so that looking again costs little.
#[derive(Debug, Default)]
pub struct ByHand {
    known: BTreeMap<u32, Known>,
    looks: u64,
}

#[derive(Debug)]
struct Known {
    looks: u8,
    agent: Option<Arc<Agent>>,
}

/// What does not change while it lives.
#[derive(Debug)]
struct Agent {
    identity: Identity,
    words: Vec<String>,
    variables: BTreeMap<&'static str, OsString>,
}

/// An agent's process, the outermost of its tree.
#[derive(Debug)]
pub struct Process {
    agent: Arc<Agent>,
    /// Its working folder.
    pub folder: PathBuf,
    /// The terminal that it reads from, like `pts/3`.
    pub terminal: Option<String>,
    /// How many processes of its tree stand still together with it, and how many there are.
    pub stopped: (u32, u32),
}

impl Process {
    pub fn identity(&self) -> &Identity {
        &self.agent.identity
    }

    /// Its command line.
    pub fn words(&self) -> &[String] {
        &self.agent.words
    }

    /// One of the [variables](ByHand::look) of the environment that it was started with.
    pub fn variable(&self, name: &str) -> Option<&OsString> {
        self.agent.variables.get(name).filter(|value| !value.is_empty())
    }

    /// It and everything below it, each with its start in clock ticks since boot.
    pub fn tree(&self) -> Vec<(u32, u64)> {
        let all = [self.agent.identity.pid].into_iter().chain(descendants(self.agent.identity.pid));
        all.filter_map(|pid| Some((pid, Stat::read(pid)?.start_time))).collect()
    }

    /// Files with this ending that its tree holds open.
    pub fn open_files(&self, ending: &str) -> Vec<PathBuf> {
        let folders = self.tree().into_iter().filter_map(|(pid, _)| fs::read_dir(format!("/proc/{pid}/fd")).ok());
        let links = folders.flatten().flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
        let mut files: Vec<PathBuf> = links.filter(|path| path.extension().is_some_and(|e| e == ending)).collect();
        files.sort();
        files.dedup();
        files
    }

    /// Milliseconds since 1970 at which it was started.
    pub fn started_ms(&self) -> Option<i64> {
        let text = fs::read_to_string("/proc/stat").ok()?;
        let boot: u64 = text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
        let ticks = self.agent.identity.start_time * 1000 / rustix::param::clock_ticks_per_second();
        i64::try_from(boot * 1000 + ticks).ok()
    }
}

impl ByHand {
    /// The agents of this user that belong to no run, and not to another agent either. `is_agent` tells one by its
    /// command line; `home` is the state folder. Of their environments only `variables` are kept.
    pub fn look(
        &mut self,
        home: &Path,
        variables: &[&'static str],
        is_agent: impl Fn(&[String]) -> bool,
    ) -> Vec<Process> {
        if self.looks.is_multiple_of(ALL_AGAIN) {
            self.known.retain(|_, known| known.agent.is_some());
        }
        self.looks += 1;
        let before = std::mem::take(&mut self.known);
        for pid in pids() {
            let known = before.get(&pid).filter(|known| match &known.agent {
                Some(agent) => agent.identity.is_alive(),
                None => known.looks >= FIRST_LOOKS,
            });
            let next = match known {
                Some(known) => Known { looks: known.looks, agent: known.agent.clone() },
                None => {
                    let looks = before.get(&pid).map_or(1, |known| known.looks.saturating_add(1));
                    Known { looks, agent: agent(pid, home, variables, &is_agent).map(Arc::new) }
                }
            };
            self.known.insert(pid, next);
        }
        let agents = self.known.values().filter_map(|known| known.agent.as_ref());
        agents.filter(|agent| !self.is_below_another(agent.identity.pid)).filter_map(process).collect()
    }

    fn is_below_another(&self, pid: u32) -> bool {
        let parent = |pid: &u32| Stat::read(*pid).map(|stat| stat.parent).filter(|parent| *parent > 1);
        let mut above = std::iter::successors(parent(&pid), parent).take(64);
        above.any(|pid| self.known.get(&pid).is_some_and(|known| known.agent.is_some()))
    }
}

impl Process {
    /// The process with this number, if it is of this run.
    pub fn of_run(pid: u32, run: &str, variables: &[&'static str]) -> Option<Self> {
        let identity = Identity::of(pid)?;
        let environ = Environ::of(pid);
        environ.value(RUN_MARKER).filter(|marker| marker == run)?;
        let variables = variables.iter().filter_map(|name| Some((*name, environ.value(name)?))).collect();
        process(&Arc::new(Agent { identity, words: Vec::new(), variables }))
    }
}

/// What changes while it lives.
fn process(agent: &Arc<Agent>) -> Option<Process> {
    let pid = agent.identity.pid;
    let folder = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    let terminal = tree::terminal(pid);
    let stopped = tree::count(&agent.identity);
    // What was read is of this very process.
    let lives = agent.identity.is_alive();
    lives.then(|| Process { agent: Arc::clone(agent), folder, terminal, stopped })
}

/// The process if it is an agent of this user and of no run.
fn agent(pid: u32, home: &Path, variables: &[&'static str], is_agent: impl Fn(&[String]) -> bool) -> Option<Agent> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let line = &line[..line.len().min(LONGEST)];
    let words = line.strip_suffix(b"\0").unwrap_or(line).split(|b| *b == 0);
    let words: Vec<String> = words.map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    if !is_agent(&words) {
        return None;
    }
    let identity = Identity::of(pid)?;
    let ours = fs::metadata(format!("/proc/{pid}")).ok()?.uid() == rustix::process::getuid().as_raw();
    let environ = Some(Environ::of(pid)).filter(|environ| ours && !environ.is_empty())?;
    // The runs of another state folder are no agents that were started by hand either.
    let of_a_run = environ.value(RUN_MARKER).is_some() || run_of(pid, home).is_some();
    let variables = variables.iter().filter_map(|name| Some((*name, environ.value(name)?))).collect();
    (!of_a_run).then_some(Agent { identity, words, variables })
}
