//! Whether a process belongs to a run: what an agent asks for is no person's word.

use std::fs;
use std::path::Path;

use crate::environ::Environ;
use crate::identity::Stat;
use crate::{HOME_MARKER, RUN_MARKER};

/// How often a process may change its parent while it is looked at.
const CHANGES: usize = 64;
/// How many processes may be above one that is looked at: nobody's own have nearly as many, and each costs a look.
const DEEPEST: usize = 512;

/// A process and all above it, up to the first of the machine.
pub(crate) struct Ancestry {
    /// The run that one of these processes belongs to.
    pub(crate) run: Option<String>,
    /// The number and the start in clock ticks since boot of each process, the process itself first.
    pub(crate) chain: Vec<(u32, u64)>,
}

/// The id of the run of this state folder that the process `pid` belongs to: by its marker or that of whoever started
/// it, by a keeper above it (which adopts what was orphaned), or by its control group. `None` also where that can't be told.
pub fn run_of(pid: u32, home: &Path) -> Option<String> {
    ancestry(pid, home).ok()?.run
}

/// Looks at a process and at everything above it.
///
/// # Errors
/// Why the way up could not be followed to its end.
pub(crate) fn ancestry(pid: u32, home: &Path) -> Result<Ancestry, String> {
    ancestry_within(DEEPEST, pid, home)
}

fn ancestry_within(deepest: usize, pid: u32, home: &Path) -> Result<Ancestry, String> {
    let is_run = |id: &String| !id.is_empty() && !id.contains('/') && home.join("runs").join(id).is_dir();
    let hidden = |pid: u32| format!("process {pid} can't be looked at (it has ended, or /proc hides it)");
    let mut stat = Stat::read(pid).ok_or_else(|| hidden(pid))?;
    let (mut at, mut chain, mut changes) = (pid, vec![(pid, stat.start_time)], 0);
    let mut run = named(at, home).filter(is_run).or_else(|| by_group(at).find(is_run));
    while run.is_none() && stat.parent > 1 {
        if chain.len() > deepest {
            return Err(format!("more than {deepest} processes are above process {pid}"));
        }
        let parent = stat.parent;
        let above = Stat::read(parent).map(|above| (above, named(parent, home).filter(is_run)));
        let child = Stat::read(at).ok_or_else(|| hidden(at))?;
        // What was read is of its parent only if that is its parent still; a number that went to another process says nothing.
        match above {
            Some((above, named)) if child.parent == parent && above.start_time <= child.start_time => {
                (run, at, stat) = (named, parent, above);
                chain.push((at, stat.start_time));
            }
            _ if child.parent == parent && changes >= CHANGES => return Err(hidden(parent)),
            _ if changes >= CHANGES => return Err(format!("the parents of process {pid} change all the time")),
            _ => {
                changes += 1;
                stat = child;
            }
        }
    }
    Ok(Ancestry { run, chain })
}

/// A process and all above it; `None` where that can't be told.
pub(crate) fn chain(pid: u32) -> Option<Vec<(u32, u64)>> {
    // No run lies there, so that nothing ends the way up.
    ancestry(pid, Path::new("/proc")).ok().map(|ancestry| ancestry.chain)
}

/// The run that a process is of by its own word or as its keeper.
fn named(pid: u32, home: &Path) -> Option<String> {
    by_marker(pid, home).or_else(|| by_keeper(pid, home))
}

fn by_marker(pid: u32, home: &Path) -> Option<String> {
    let environ = Environ::of(pid);
    // A process of a run may use another state folder, as pilothouse's own tests do.
    let here = environ.value(HOME_MARKER).is_none_or(|at| at == home.as_os_str());
    environ.value(RUN_MARKER).filter(|_| here).map(|id| id.to_string_lossy().into_owned())
}

fn by_group(pid: u32) -> impl Iterator<Item = String> {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    let named = |line: &str| Some(line.rsplit_once("/pilothouse-")?.1.split('-').next()?.to_owned());
    groups.lines().filter_map(named).collect::<Vec<_>>().into_iter()
}

/// A keeper is started as `BINARY __keeper HOME/runs/ID/attempts/KEY`.
fn by_keeper(pid: u32, home: &Path) -> Option<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut words = line.split(|b| *b == 0).skip(1);
    let keeps = words.next() == Some(b"__keeper");
    let folder = words.next().filter(|_| keeps).map(|word| String::from_utf8_lossy(word).into_owned())?;
    let below = Path::new(&folder).strip_prefix(home.join("runs")).ok()?;
    below.components().next().map(|id| id.as_os_str().to_string_lossy().into_owned())
}

/// Whether a process is of a run of any state folder, a keeper, or a daemon: what pilothouse has started goes on whoever
/// asked for it.
pub(crate) fn is_of_pilothouse(pid: u32) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let role = line.split(|b| *b == 0).nth(1).unwrap_or_default();
    matches!(role, b"__keeper" | b"__daemon" | b"__gateway") || Environ::of(pid).value(RUN_MARKER).is_some()
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_look_up_a_long_chain_ends() {
        // Each waits for its child; the last one says its number.
        let chain = "my $n = 9; while ($n--) { my $child = fork; if ($child) { waitpid $child, 0; exit } } \
                     $| = 1; print $$, qq(\n); sleep 300";
        let mut first = Command::new("perl").args(["-e", chain]).stdout(Stdio::piped()).spawn().expect("perl");
        let mut said = String::new();
        let mut out = first.stdout.take().expect("a pipe");
        let mut byte = [0u8; 1];
        while !said.ends_with('\n') {
            out.read_exact(&mut byte).expect("a number");
            said.push(char::from(byte[0]));
        }
        let last: u32 = said.trim().parse().expect("a number");
        let looked = ancestry_within(8, last, Path::new("/proc")).map(|found| found.chain.len());
        assert!(crate::processes::signal(last, rustix::process::Signal::KILL));
        first.wait().expect("ours");
        assert!(looked.as_ref().is_err_and(|why| why.contains("more than 8 processes")), "{looked:?}");
    }
}
