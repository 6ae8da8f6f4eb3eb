//! A run's state as its timeline on disk has it.

use domain::{RunId, RunState, fold};
use evidence::StateFolder;
use protocol::{Code, Refused};

use crate::places::DaemonPlaces;

/// Folds a run's timeline on disk; everything that was shown is in there.
pub(crate) fn state(places: &DaemonPlaces, run: &RunId) -> Result<RunState, Refused> {
    let folder = StateFolder::open(&places.home).map_err(broken)?.run(run);
    let events = evidence::read(folder.path()).map_err(broken)?;
    Ok(fold::all(&events))
}

pub(super) fn broken(error: impl ToString) -> Refused {
    Refused { code: Code::Failed, reason: error.to_string() }
}
