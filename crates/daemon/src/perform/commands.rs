//! Shell commands under a keeper: begun once, and waited for by whatever daemon serves then.

use std::path::Path;
use std::time::Duration;

use domain::attempt::{AttemptKey, Exit};
use supervisor::{Start, SupervisorError};

use super::{Job, attempt_folder, keep};
use crate::Places;

/// How often it is looked whether the commands have ended.
const LOOK: Duration = Duration::from_millis(50);

/// Whether an earlier daemon's keeper ever held the folder of this attempt. One that was about to be started may still
/// come, and then only one of the two gets it.
pub(super) fn were_begun(places: &Places, job: &Job, key: &AttemptKey) -> Result<bool, String> {
    let folder = attempt_folder(places, job, key)?;
    let record = supervisor::keeper_record(&folder).map_err(|e| e.to_string())?;
    let exit = supervisor::exit_record(&folder).map_err(|e| e.to_string())?;
    Ok(job.again && (record.is_some() || exit.is_some() || supervisor::is_held(&folder)))
}

/// Makes the attempt's folder, where nothing of the run lives any more.
pub(super) fn make_ready(places: &Places, job: &Job, key: &AttemptKey) -> Result<(), String> {
    keep::ready(places, job)?;
    let state = evidence::StateFolder::open(&places.home).map_err(|e| e.to_string())?;
    state.run(&job.spec.id).create_attempt(key).map(drop).map_err(|e| e.to_string())
}

/// Has a keeper start them.
pub(super) fn begin(places: &Places, job: &Job, key: &AttemptKey, start: &Start) -> Result<(), String> {
    let folder = attempt_folder(places, job, key)?;
    match supervisor::launch(&places.binary, &folder, start, &[]) {
        Ok(launched) => reap(launched.child),
        // An earlier daemon's keeper got there first, after it had been looked for.
        Err(SupervisorError::Held) => {}
        Err(error) => return Err(error.to_string()),
    }
    Ok(())
}

/// How they ended.
pub(super) fn wait(folder: &Path) -> Result<Exit, String> {
    loop {
        // The record is looked for after the keeper: one that ends in between has left it.
        let keeper = supervisor::keeper_record(folder).map_err(|e| e.to_string())?;
        let lives = keeper.is_some_and(|record| record.keeper.is_alive());
        if let Some(exit) = supervisor::exit_record(folder).map_err(|e| e.to_string())? {
            return Ok(exit);
        }
        if !lives && !supervisor::is_held(folder) {
            return Err("its keeper died".to_owned());
        }
        std::thread::sleep(LOOK);
    }
}

/// Waits for the keeper beside, so that it leaves no zombie.
fn reap(mut child: std::process::Child) {
    std::thread::spawn(move || child.wait());
}
