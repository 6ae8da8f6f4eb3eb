//! Shell commands under a keeper: begun once, and their end taken up by whatever daemon serves then.

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::attempt::{AttemptKey, Exit};
use supervisor::{Identity, KeeperStart, SupervisorError};

use super::effect_error::EffectError;
use super::job::{Job, Performed, attempt_folder};
use super::step::{EffectProgress, NextStep};
use super::{Performer, keep};
use crate::places::DaemonPlaces;

/// Time between two looks for the record of a keeper that is just being started.
const LOOK: Duration = Duration::from_millis(50);

/// Whether an earlier daemon's keeper ever held the folder of this attempt. One that was about to be started may still
/// come, and then only one of the two gets it.
pub(super) fn were_begun(places: &DaemonPlaces, job: &Job, key: &AttemptKey) -> Result<bool, EffectError> {
    let folder = attempt_folder(places, job, key)?;
    let record = supervisor::keeper_record(&folder)?;
    let exit = supervisor::exit_record(&folder)?;
    Ok(job.again && (record.is_some() || exit.is_some() || supervisor::is_held(&folder)))
}

/// Makes the attempt's folder, where nothing of the run lives any more.
pub(super) fn make_ready(places: &DaemonPlaces, job: &Job, key: &AttemptKey) -> Result<(), EffectError> {
    keep::ready(places, job)?;
    let state = evidence::StateFolder::open(&places.home)?;
    state.run(&job.spec.id).create_attempt(key).map(drop).map_err(EffectError::from)
}

/// Has a keeper start the commands.
pub(super) fn begin(
    performer: &Performer,
    job: &Job,
    key: &AttemptKey,
    start: &KeeperStart,
) -> Result<(), EffectError> {
    let places = &performer.places;
    let folder = attempt_folder(places, job, key)?;
    match supervisor::launch(&places.binary, &folder, start, &[]) {
        Ok(launched) => performer.reap(launched.record.keeper, launched.child),
        // An earlier daemon's keeper got there first, after it had been looked for.
        Err(SupervisorError::Held) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Goes on with `then`, and with how the commands ended, when they have. No thread is kept until then.
pub(super) fn wait(
    performer: &Performer,
    job: &Job,
    folder: PathBuf,
    then: impl FnOnce(&Performer, &Job, Result<Exit, EffectError>) -> Performed + Send + 'static,
) -> EffectProgress {
    let again = |folder, then| -> NextStep { Box::new(move |performer, job| wait(performer, job, folder, then)) };
    match look(&folder) {
        Ok(KeeperLook::Ended(exit)) => then(performer, job, Ok(exit)).into(),
        Ok(KeeperLook::Held(Some(keeper))) => EffectProgress::AtEnd(keeper, again(folder, then)),
        Ok(KeeperLook::Held(None)) => EffectProgress::After(LOOK, again(folder, then)),
        Err(why) => then(performer, job, Err(why)).into(),
    }
}

enum KeeperLook {
    Ended(Exit),
    /// The folder is held: by this keeper, or by one that has not said yet which process it is.
    Held(Option<Identity>),
}

fn look(folder: &Path) -> Result<KeeperLook, EffectError> {
    // The record is looked for after the keeper: one that ends in between has left it.
    let keeper = supervisor::keeper_record(folder)?;
    let keeper = keeper.map(|record| record.keeper).filter(Identity::is_alive);
    if let Some(exit) = supervisor::exit_record(folder)? {
        return Ok(KeeperLook::Ended(exit));
    }
    match keeper {
        None if !supervisor::is_held(folder) => Err("its keeper died".into()),
        keeper => Ok(KeeperLook::Held(keeper)),
    }
}
