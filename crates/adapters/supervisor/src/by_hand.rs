//! Agents that a person started: found among this user's processes, as far as they belong to no run.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use crate::RUN_MARKER;
use crate::belongs::run_of;
use crate::environ::Environ;
use crate::identity::{Identity, Stat};
use crate::process::Process;
use crate::processes::pids;

/// Looks at a new process, which may become another program in its first moments.
const FIRST_LOOKS: u8 = 3;
/// Looks after which the processes that were no agents are looked at anew.
const ALL_AGAIN: u64 = 20;
/// Bytes of a command line that are read.
const LONGEST: usize = 16 << 10;

/// Finds agents that were started by hand; remembers which processes are none, so that looking again costs little.
#[derive(Debug, Default)]
pub struct ExternalProcesses {
    known: BTreeMap<u32, KnownProcess>,
    looks: u64,
}

#[derive(Debug)]
struct KnownProcess {
    looks: u8,
    agent: Option<Arc<Process>>,
}

impl ExternalProcesses {
    /// The agents of this user that belong to no run, and not to another agent either. `is_agent` tells one by its
    /// command line; `home` is the state folder. Of their environments only `variables` are kept.
    pub fn look(
        &mut self,
        home: &Path,
        variables: &[&'static str],
        is_agent: impl Fn(&[String]) -> bool,
    ) -> Vec<Arc<Process>> {
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
                Some(known) => KnownProcess { looks: known.looks, agent: known.agent.clone() },
                None => {
                    let looks = before.get(&pid).map_or(1, |known| known.looks.saturating_add(1));
                    KnownProcess { looks, agent: agent(pid, home, variables, &is_agent).map(Arc::new) }
                }
            };
            self.known.insert(pid, next);
        }
        let agents = self.known.values().filter_map(|known| known.agent.as_ref());
        agents.filter(|agent| !self.is_below_another(agent.identity.pid)).cloned().collect()
    }

    fn is_below_another(&self, pid: u32) -> bool {
        let parent = |pid: &u32| Stat::read(*pid).map(|stat| stat.parent).filter(|parent| *parent > 1);
        let mut above = std::iter::successors(parent(&pid), parent).take(64);
        above.any(|pid| self.known.get(&pid).is_some_and(|known| known.agent.is_some()))
    }
}

/// The process if it is an agent of this user and of no run.
fn agent(pid: u32, home: &Path, variables: &[&'static str], is_agent: impl Fn(&[String]) -> bool) -> Option<Process> {
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
    (!of_a_run).then(|| Process::new(identity, words, &environ, variables))
}
