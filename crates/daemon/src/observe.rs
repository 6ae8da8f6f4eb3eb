//! Measuring what no event tells: changes against the base, memory.

use std::fs;
use std::path::Path;

use domain::RunId;
use domain::command::NewRun;
use protocol::Observed;
use worktrees::Repository;

use crate::dispatcher::now;
use crate::input::Input;

/// Files and lines a run's worktree has against its base.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(crate) run: RunId,
    pub(crate) spec: NewRun,
}

impl Changes {
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
        Input::Changes { run: self.run, changes }
    }
}

/// Resident memory of this process in bytes.
pub(crate) fn own_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
