//! Measuring what no event tells: changes against the base, memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use domain::RunId;
use domain::command::NewRun;
use domain::event::{EscapeFound, SecretFound};
use protocol::Observed;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};
use worktrees::{DiskUse, FoundWorktree, Repository};

use crate::clock::now;

/// The run whose worktree is to be measured, and how much of it.
#[derive(Debug)]
pub(crate) struct Measure {
    pub(crate) run: RunId,
    pub(crate) spec: NewRun,
    /// Whether disk is measured too, for which every file is looked at.
    pub(crate) disk: bool,
    /// Folders that the run has beside its worktree.
    pub(crate) beside: [PathBuf; 2],
    pub(crate) home: PathBuf,
}

/// Figures of a run's worktree; one that could not be measured is `None`.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) changes: Option<Observed<protocol::Changes>>,
    pub(crate) disk: Option<Observed<DiskUse>>,
    /// Milliseconds that looking at every file took.
    pub(crate) disk_took: u64,
    /// Files that processes of the run have open for writing and that are others'.
    pub(crate) escapes: Vec<EscapeFound>,
    /// Secrets that the run's added lines seem to have; `None` when they were not searched.
    pub(crate) secrets: Option<Vec<SecretFound>>,
    /// Folders whose changes are worth a new look; `None` when there are too many.
    pub(crate) folders: Option<Vec<PathBuf>>,
}

impl Measure {
    /// Measures a run's worktree. Blocks: reads it on a thread of its own that gives way, and so do the threads and the
    /// `git` that it begins; a hundred agents that begin together are not to be felt at the keys.
    pub(crate) fn measure(self) -> Measured {
        let thread = std::thread::Builder::new().name("measure".to_owned()).spawn(move || self.look());
        thread.ok().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }

    fn look(self) -> Measured {
        give_way(Yielding::Behind);
        let repo = Repository::at(Path::new(&self.spec.repo));
        let own = repo.as_ref().ok().cloned();
        let path = repo.as_ref().ok().and_then(|repo| match repo.worktree_of(self.run.as_str()) {
            Ok(FoundWorktree::There(worktree)) => Some(worktree.path),
            _ => None,
        });
        let path = path.unwrap_or_else(|| PathBuf::from(&self.spec.worktree));
        let mut measured = Measured::default();
        match repo.and_then(|repo| {
            measured.escapes = escapes(&self.home, &self.run, &repo, &path);
            measured.folders = repo.watchable(&path).unwrap_or_default();
            let changes = repo.changes(&path, &self.spec.base_commit)?;
            measured.secrets = secrets(&repo, &path, &self.spec.base_commit, &changes);
            Ok(changes)
        }) {
            Ok(c) => {
                let value = protocol::Changes { files: c.files, added: c.added, removed: c.removed };
                measured.changes = Some(Observed { value, at: now() });
            }
            Err(error) => tracing::warn!(run = %self.run, %error, "changes are unknown"),
        }
        if self.disk {
            give_way(Yielding::Last);
            let began = Instant::now();
            measured.disk = self.disk_of(own.as_ref(), &path).map(|value| Observed { value, at: now() });
            measured.disk_took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        }
        measured
    }
}

impl Measure {
    /// Measures the disk of the worktree and of the run's folders beside it, all of which can be made again.
    fn disk_of(&self, repo: Option<&Repository>, worktree: &Path) -> Option<DiskUse> {
        let mut disk = match repo {
            Some(repo) => repo.disk(worktree).ok()?,
            None => worktrees::disk(worktree).ok()?,
        };
        // An empty folder is nothing to tell of.
        let filled = |path: &&PathBuf| fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
        for beside in self.beside.iter().filter(filled).filter_map(|path| worktrees::disk(path).ok()) {
            disk.bytes += beside.bytes;
            disk.rebuildable += beside.bytes;
        }
        Some(disk)
    }
}

/// Most added lines that are searched while a run is at work; its proof searches all of them.
const SEARCHED: u64 = 100_000;

fn secrets(repo: &Repository, path: &Path, base: &str, changes: &worktrees::WorkChanges) -> Option<Vec<SecretFound>> {
    match (changes.files, changes.added) {
        (0, _) => Some(Vec::new()),
        (_, 0..=SEARCHED) => {
            proof::Rules::built_in().search(&repo.diff(path, base, worktrees::For::Reading).ok()?.text)
        }
        _ => None,
    }
}

/// Returns the files of the main checkout and of other worktrees that processes of the run write just now. What git
/// ignores there is nobody's work.
fn escapes(home: &Path, run: &RunId, repo: &Repository, own: &Path) -> Vec<EscapeFound> {
    let attempts = home.join("runs").join(run.as_str()).join("attempts");
    let held = supervisor::held(&attempts);
    if held.is_empty() {
        return Vec::new();
    }
    let others = repo.worktrees().unwrap_or_default().into_iter().map(|tree| tree.path);
    let folders: Vec<PathBuf> = others.chain([repo.main().to_owned()]).filter(|path| path != own).collect();
    let written = supervisor::written(&held, &folders).into_iter();
    let of_git = |path: &Path| path.starts_with(repo.common_dir());
    let theirs = written.filter(|written| !written.path.starts_with(own) && !of_git(&written.path));
    let counts = |path: &Path| {
        let folder =
            folders.iter().filter(|folder| path.starts_with(folder)).max_by_key(|folder| folder.as_os_str().len());
        folder.is_some_and(|folder| !repo.is_ignored(folder, path).unwrap_or(true))
    };
    let found = |written: supervisor::Written| EscapeFound {
        path: written.path.to_string_lossy().into_owned(),
        pid: written.pid,
        program: written.program,
    };
    let mut found: Vec<EscapeFound> = theirs.filter(|written| counts(&written.path)).map(found).collect();
    // Whoever was started by the one that opened it has it too.
    found.dedup_by(|later, earlier| later.path == earlier.path);
    found
}

/// Has this thread, and the programs that it starts, give way to those who work at the usual priority.
pub(crate) fn give_way_behind() {
    give_way(Yielding::Behind);
}

/// The work before which a thread gives way.
#[derive(Clone, Copy)]
enum Yielding {
    /// Work at the usual priority.
    Behind,
    /// All work that wants the disk or a processor.
    Last,
}

/// Lowers this thread's priority, for [`Yielding::Last`] to the least and its I/O class to idle (setpriority(2),
/// ioprio_set(2)).
#[cfg(target_os = "linux")]
fn give_way(way: Yielding) {
    const THIS_THREAD: libc::c_int = 1;
    const IDLE: libc::c_int = 3 << 13;
    #[expect(unsafe_code, reason = "two system calls on numbers; failing they change nothing")]
    // SAFETY: both calls take numbers alone and change no memory.
    unsafe {
        match way {
            Yielding::Behind => libc::setpriority(libc::PRIO_PROCESS, 0, 10),
            Yielding::Last => {
                libc::syscall(libc::SYS_ioprio_set, THIS_THREAD, 0, IDLE);
                libc::setpriority(libc::PRIO_PROCESS, 0, 19)
            }
        };
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way(_: Yielding) {}

/// Returns the resident memory of this process in bytes.
pub(crate) fn own_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Usage of the processes of one run or external agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    /// Milliseconds of processor time that the processes which live now have used so far.
    pub(crate) cpu_ms: u64,
    pub(crate) rss_bytes: u64,
}

/// Sums up what each of these processes and all their descendants use, in one pass over the system's processes for all.
pub(crate) fn loads(agents: &BTreeMap<RunId, u32>) -> BTreeMap<RunId, Load> {
    let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
    let Ok(mut system) = System::new() else { return BTreeMap::new() };
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let mut children: BTreeMap<Pid, Vec<Pid>> = BTreeMap::new();
    for (pid, process) in system.processes() {
        if let Some(parent) = process.parent() {
            children.entry(parent).or_default().push(*pid);
        }
    }
    let of = |agent: u32| {
        let mut load = Load::default();
        let mut waiting = vec![Pid::from_u32(agent)];
        while let Some(pid) = waiting.pop() {
            let Some(process) = system.process(pid) else { continue };
            load.cpu_ms += process.accumulated_cpu_time();
            load.rss_bytes += process.memory();
            waiting.extend(children.get(&pid).into_iter().flatten());
        }
        load
    };
    agents.iter().map(|(run, agent)| (run.clone(), of(*agent))).collect()
}
