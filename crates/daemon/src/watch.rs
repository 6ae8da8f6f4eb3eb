//! Learning that an attempt's folder changed, without looking again and again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use domain::RunId;
use domain::attempt::AttemptKey;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::input::{Input, Inputs};

type Watched = Arc<RwLock<HashMap<PathBuf, Arc<Target>>>>;

struct Target {
    run: RunId,
    attempt: AttemptKey,
    /// A wake-up is on its way; more changes until then need no other.
    woken: AtomicBool,
}

/// Watches attempt folders and wakes the dispatcher.
pub(crate) struct Watcher {
    watcher: RecommendedWatcher,
    watched: Watched,
}

impl Watcher {
    pub(crate) fn new(inputs: Inputs) -> notify::Result<Self> {
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
                if let Some(target) = path.parent().and_then(|folder| known.get(folder)) {
                    wake(target, &inputs);
                }
            }
        })?;
        Ok(Self { watcher, watched })
    }

    /// Watches an attempt's folder; the caller looks at it once itself, for what came before.
    pub(crate) fn add(&mut self, folder: &Path, run: &RunId, attempt: &AttemptKey) -> notify::Result<()> {
        let target = Target { run: run.clone(), attempt: attempt.clone(), woken: AtomicBool::new(false) };
        let mut watched = self.watched.write().unwrap_or_else(PoisonError::into_inner);
        watched.insert(folder.to_owned(), Arc::new(target));
        drop(watched);
        self.watcher.watch(folder, RecursiveMode::NonRecursive)
    }

    /// To be called before an attempt's folder is looked at, so that later changes wake again.
    pub(crate) fn looked(&self, folder: &Path) {
        let watched = self.watched.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(target) = watched.get(folder) {
            target.woken.store(false, Ordering::Release);
        }
    }

    pub(crate) fn remove(&mut self, folder: &Path) {
        self.watched.write().unwrap_or_else(PoisonError::into_inner).remove(folder);
        // A folder that is gone is no longer watched anyway.
        let _gone = self.watcher.unwatch(folder);
    }
}

fn wake(target: &Target, inputs: &Inputs) {
    if !target.woken.swap(true, Ordering::AcqRel) {
        // The dispatcher is gone only when the daemon stops.
        let _stopping = inputs.send(Input::Woken { run: target.run.clone(), attempt: target.attempt.clone() });
    }
}
