//! Whether a process belongs to a run: what an agent asks for is no person's word.

use std::fs;
use std::path::Path;

use crate::environ::Environ;
use crate::identity::Stat;
use crate::{HOME_MARKER, RUN_MARKER};

/// How far up it is looked.
const GENERATIONS: usize = 64;

/// The id of the run of this state folder that the process `pid` belongs to: by its marker or that of whoever started
/// it, by a keeper above it (which adopts what was orphaned), or by its control group.
pub fn run_of(pid: u32, home: &Path) -> Option<String> {
    let is_run = |id: &String| !id.is_empty() && !id.contains('/') && home.join("runs").join(id).is_dir();
    let parent = |pid: &u32| Stat::read(*pid).map(|stat| stat.parent).filter(|parent| *parent > 1);
    let above = std::iter::successors(Some(pid), parent).take(GENERATIONS);
    above.into_iter().find_map(|pid| by_marker(pid, home).or_else(|| by_keeper(pid, home)).filter(is_run)).or_else(
        || {
            let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
            let named = groups.lines().filter_map(|line| line.rsplit_once("/pilothouse-")?.1.split('-').next());
            named.map(str::to_owned).find(is_run)
        },
    )
}

fn by_marker(pid: u32, home: &Path) -> Option<String> {
    let environ = Environ::of(pid);
    // A process of a run may use another state folder, as pilothouse's own tests do.
    let here = environ.value(HOME_MARKER).is_none_or(|at| at == home.as_os_str());
    environ.value(RUN_MARKER).filter(|_| here).map(|id| id.to_string_lossy().into_owned())
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
