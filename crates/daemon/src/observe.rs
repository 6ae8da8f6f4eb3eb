//! Measuring what no event tells: changes against the base, memory.

use std::fs;
use std::path::Path;

use domain::RunId;
use domain::command::NewRun;
use protocol::Observed;
use worktrees::Repository;

use crate::dispatcher::now;
use crate::input::Input;

/// What is to be measured of a run's worktree.
#[derive(Debug)]
pub(crate) struct Measure {
    pub(crate) run: RunId,
    pub(crate) spec: NewRun,
    /// Disk too: every file is looked at, so that is done at the beginning and the end of an attempt only.
    pub(crate) disk: bool,
}

impl Measure {
    /// Blocks: reads the worktree.
    pub(crate) fn measure(self) -> Input {
        let measured = Repository::find(Path::new(&self.spec.repo))
            .and_then(|repo| repo.changes(Path::new(&self.spec.worktree), &self.spec.base_commit));
        let changes = match measured {
            Ok(c) => {
                let value = protocol::Changes { files: c.files, added: c.added, removed: c.removed };
                Some(Observed { value, at: now() })
            }
            Err(error) => {
                tracing::warn!(run = %self.run, %error, "changes are unknown");
                None
            }
        };
        let disk = self.disk.then(|| worktrees::disk_bytes(Path::new(&self.spec.worktree)).ok()).flatten();
        let disk = disk.map(|value| Observed { value, at: now() });
        Input::Measured { run: self.run, changes, disk }
    }
}

/// Resident memory of this process in bytes.
pub(crate) fn own_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
