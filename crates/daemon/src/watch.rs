//! Learning that an attempt's folder changed, without looking again and again.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use domain::RunId;
use domain::attempt::AttemptKey;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::input::{Input, Inputs};

type Watched = Arc<RwLock<HashMap<PathBuf, Arc<WatchTarget>>>>;

/// The thing that has changed when something in a folder has.
enum What {
    Attempt(RunId, AttemptKey),
    Worktree(RunId),
    /// The calls of a run, which the gateway writes down.
    Calls(RunId),
    /// Files in which agents say what they do.
    Sessions,
}

struct WatchTarget {
    what: What,
    /// Whether a wake-up is on its way; more changes until then need no other.
    woken: AtomicBool,
}

/// Watches attempt folders and worktrees, and wakes the dispatcher.
pub(crate) struct Watcher {
    /// The kernel's watches; `None` where it has no inotify for us: everything is then looked at now and then.
    watcher: Option<RecommendedWatcher>,
    watched: Watched,
    /// The watched folders of each run's worktree.
    trees: HashMap<RunId, (Arc<WatchTarget>, HashSet<PathBuf>)>,
}

impl Watcher {
    pub(crate) fn new(inputs: Inputs) -> Self {
        let watched = Watched::default();
        let known = Arc::clone(&watched);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            if matches!(event.kind, EventKind::Access(_)) && !event.need_rescan() {
                return;
            }
            let known = known.read().unwrap_or_else(PoisonError::into_inner);
            if event.need_rescan() {
                known.values().for_each(|target| wake(target, &inputs));
                return;
            }
            for path in &event.paths {
                // A single file is watched by itself.
                if let Some(target) = known.get(path).or_else(|| known.get(path.parent()?)) {
                    wake(target, &inputs);
                }
            }
        });
        let watcher = watcher.inspect_err(|error| tracing::error!(%error, "nothing can be watched")).ok();
        Self { watcher, watched, trees: HashMap::new() }
    }

    /// Whether anything can be watched here at all.
    pub(crate) fn works(&self) -> bool {
        self.watcher.is_some()
    }

    fn watch(&mut self, folder: &Path) -> notify::Result<()> {
        let none = || notify::Error::generic("inotify can't be used");
        self.watcher.as_mut().ok_or_else(none)?.watch(folder, RecursiveMode::NonRecursive)
    }

    /// Watches an attempt's folder; the caller looks at it once itself, for what came before.
    pub(crate) fn add(&mut self, folder: &Path, run: &RunId, attempt: &AttemptKey) -> notify::Result<()> {
        self.add_target(folder, What::Attempt(run.clone(), attempt.clone()))
    }

    /// Watches the file in which the gateway tells of a run's calls.
    pub(crate) fn add_calls(&mut self, file: &Path, run: &RunId) -> notify::Result<()> {
        self.add_target(file, What::Calls(run.clone()))
    }

    /// Watches a folder in which agents say what they do, if it is not watched already.
    pub(crate) fn add_sessions(&mut self, folder: &Path) -> notify::Result<()> {
        let known = self.watched.read().unwrap_or_else(PoisonError::into_inner).contains_key(folder);
        if known { Ok(()) } else { self.add_target(folder, What::Sessions) }
    }

    fn add_target(&mut self, folder: &Path, what: What) -> notify::Result<()> {
        let target = WatchTarget { what, woken: AtomicBool::new(false) };
        let mut watched = self.watched.write().unwrap_or_else(PoisonError::into_inner);
        watched.insert(folder.to_owned(), Arc::new(target));
        drop(watched);
        self.watch(folder)
    }

    /// Lets changes of agents' files wake again; called before they are looked at, so that no later change is missed.
    pub(crate) fn looked_at_sessions(&self) {
        let watched = self.watched.read().unwrap_or_else(PoisonError::into_inner);
        for target in watched.values().filter(|target| matches!(target.what, What::Sessions)) {
            target.woken.store(false, Ordering::Release);
        }
    }

    /// Lets changes of a watched folder or file wake again; called before it is looked at, so that no later change is
    /// missed.
    pub(crate) fn looked(&self, folder: &Path) {
        let watched = self.watched.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(target) = watched.get(folder) {
            target.woken.store(false, Ordering::Release);
        }
    }

    /// Watches these folders of a run's worktree that are not watched yet; returns `false` when one can't be.
    pub(crate) fn watch_tree(&mut self, run: &RunId, folders: Vec<PathBuf>) -> bool {
        let fresh = || Arc::new(WatchTarget { what: What::Worktree(run.clone()), woken: AtomicBool::new(false) });
        let (target, mut known) = self.trees.remove(run).unwrap_or_else(|| (fresh(), HashSet::new()));
        let mut all = true;
        for folder in folders {
            if known.contains(&folder) {
                continue;
            }
            self.watched.write().unwrap_or_else(PoisonError::into_inner).insert(folder.clone(), Arc::clone(&target));
            match self.watch(&folder) {
                Ok(()) => drop(known.insert(folder)),
                // A folder that is gone by now is no lack of watches.
                Err(_) if !folder.exists() => {}
                Err(_) => {
                    all = false;
                    break;
                }
            }
        }
        self.trees.insert(run.clone(), (target, known));
        all
    }

    /// Lets changes of a run's worktree wake again; called before it is looked at, so that no later change is missed.
    pub(crate) fn looked_at_tree(&self, run: &RunId) {
        if let Some((target, _)) = self.trees.get(run) {
            target.woken.store(false, Ordering::Release);
        }
    }

    pub(crate) fn leave_tree(&mut self, run: &RunId) {
        let folders = self.trees.remove(run).map(|(_, folders)| folders).unwrap_or_default();
        for folder in folders {
            self.remove(&folder);
        }
    }

    pub(crate) fn remove(&mut self, folder: &Path) {
        self.watched.write().unwrap_or_else(PoisonError::into_inner).remove(folder);
        // A folder that is gone is no longer watched anyway.
        let _gone = self.watcher.as_mut().map(|watcher| watcher.unwatch(folder));
    }
}

fn wake(target: &WatchTarget, inputs: &Inputs) {
    if !target.woken.swap(true, Ordering::AcqRel) {
        // The dispatcher is gone only when the daemon stops.
        let _stopping = inputs.send(match &target.what {
            What::Attempt(run, attempt) => Input::Woken { run: run.clone(), attempt: attempt.clone() },
            What::Worktree(run) => Input::Touched { run: run.clone() },
            What::Calls(run) => Input::Called { run: run.clone() },
            What::Sessions => Input::SessionsChanged,
        });
    }
}
