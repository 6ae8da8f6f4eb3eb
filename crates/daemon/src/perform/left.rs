//! What keepers left that are gone: looked for, and cleared away.

use std::path::Path;
use std::sync::Arc;

use domain::RunId;
use domain::attempt::AttemptKey;
use domain::command::Command;

use super::doubtful::only_doubtful;
use super::lanes::Lane;
use super::living::living;
use super::{Performer, stop};
use crate::input::{CountedRun, FaceId, Input, Survived};
use crate::places::DaemonPlaces;

impl Performer {
    /// Looks what lives of a run whose keeper is gone; what was found comes back as an input.
    pub(crate) fn look_for_survivors(&self, run: RunId, attempt: AttemptKey) {
        let (places, inputs) = (Arc::clone(&self.places), self.inputs.clone());
        let of = run.to_string();
        self.lanes.push(Lane::Keepers, &of, move || {
            let survived = survivors(&places, &run, &attempt);
            let _stopping = inputs.send(Input::Survived { run, attempt, survived });
        });
    }

    /// Takes away the socket and the control groups that a keeper left of which nothing lives.
    pub(crate) fn clear_away(&self, run: RunId, attempt: AttemptKey) {
        let places = Arc::clone(&self.places);
        let of = run.to_string();
        self.lanes.push(Lane::Keepers, &of, move || {
            let folder = folder(&places, &run, &attempt);
            if let Ok(Some(record)) = supervisor::keeper_record(&folder) {
                let _gone = std::fs::remove_file(record.socket);
            }
            let attempts = folder.parent().unwrap_or(&folder);
            let _groups = supervisor::end_left(&places.home, run.as_str(), attempts);
        });
    }

    /// Looks whether what is left of runs without a keeper can be ended at all, for a client that asks for that.
    pub(crate) fn look_at_left(&self, face: FaceId, id: u64, asked: Vec<(String, RunId)>, command: Command) {
        let (places, inputs) = (Arc::clone(&self.places), self.inputs.clone());
        let of = asked.first().map_or_else(String::new, |(_, run)| run.to_string());
        self.lanes.push(Lane::Keepers, &of, move || {
            let look = |(asked, run): (String, RunId)| {
                let left = only_doubtful(&places, &run);
                CountedRun { left, ..CountedRun::unlooked(asked, run) }
            };
            let counted = asked.into_iter().map(look).collect();
            let _stopping = inputs.send(Input::Counted { face, id, counted, command });
        });
    }
}

fn survivors(places: &DaemonPlaces, run: &RunId, attempt: &AttemptKey) -> Survived {
    let record = supervisor::keeper_record(&folder(places, run, attempt)).ok().flatten();
    let living = living(places, run);
    let untold = if living.is_empty() { stop::settle(places, run) } else { None };
    Survived { living, rebooted: record.is_some_and(|record| !record.keeper.is_of_this_boot()), untold }
}

fn folder(places: &DaemonPlaces, run: &RunId, attempt: &AttemptKey) -> std::path::PathBuf {
    let runs: &Path = &places.home.join("runs");
    runs.join(run.as_str()).join("attempts").join(attempt.to_string())
}
