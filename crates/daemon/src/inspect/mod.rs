//! Requests of clients that take a look at the world: differences, facts, what may be removed.

mod calls;
mod diff;
mod explain;
mod gc;
mod kept;
mod moved;
mod state;

pub(crate) use diff::line_now;
pub(crate) use moved::moved;
pub(crate) use state::state;

use std::path::PathBuf;

use domain::RunId;
use protocol::{Refused, Reply};

use crate::places::DaemonPlaces;

/// A look that a client asks for.
#[derive(Debug)]
pub(crate) enum Inspect {
    Diff { run: RunId, since: Option<u32>, patch: bool },
    Calls { run: RunId, last: u64 },
    Explain { run: RunId },
    Removable { runs: Vec<RunId> },
    Gc { folder: PathBuf },
    Moved { folder: PathBuf },
    Kept { folder: PathBuf },
}

impl Inspect {
    /// Names what it may hang in: the run or folder that is looked at first.
    pub(crate) fn of(&self) -> String {
        match self {
            Self::Diff { run, .. } | Self::Calls { run, .. } | Self::Explain { run } => run.to_string(),
            Self::Removable { runs } => runs.first().map(RunId::to_string).unwrap_or_default(),
            Self::Gc { folder } | Self::Moved { folder } | Self::Kept { folder } => {
                folder.to_string_lossy().into_owned()
            }
        }
    }

    /// Takes the look, and replies. Blocks: reads files, asks keepers, runs git.
    pub(crate) fn look(self, places: &DaemonPlaces) -> Result<Reply, Refused> {
        match self {
            Self::Diff { run, since, patch } => diff::diff(places, &run, since, patch).map(Reply::Diff),
            Self::Calls { run, last } => calls::calls(places, run, last).map(Reply::Calls),
            Self::Explain { run } => explain::explain(places, &run).map(Reply::Facts),
            Self::Removable { runs } => gc::removable(places, &runs).map(Reply::Removable),
            Self::Moved { folder } => moved::rows(places, &folder).map(Reply::Moved),
            Self::Kept { folder } => kept::kept(places, &folder).map(Reply::Kept),
            Self::Gc { folder } => gc::gc(places, &folder).map(Reply::Removable),
        }
    }
}
