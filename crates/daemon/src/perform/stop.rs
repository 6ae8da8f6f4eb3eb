//! Ending an attempt's processes: asked of its keeper, done to each of them where there is none.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::RunId;
use domain::attempt::{AttemptKey, Exit};
use domain::decide::Facts;
use domain::effect::Outcome;
use domain::untold::untold;
use supervisor::{Keeper, KeeperRecord, KeeperRequest};

use super::Performer;
use super::doubtful::{doubtful, left_alone};
use super::effect_error::EffectError;
use super::job::{Job, attempt_folder, failed, refused};
use super::living::living;
use super::step::EffectProgress;
use crate::places::DaemonPlaces;

/// Least and most time between two looks whether a keeper has ended its tree; in between a part of the time that
/// passed.
const LOOKS: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(250));
/// Time beyond the grace for which a keeper is asked that does not answer.
const UNHEARD: Duration = Duration::from_secs(5);
/// Time beyond the grace for which a keeper that was asked may go on without having ended its tree.
const UNENDED: Duration = Duration::from_secs(15);
/// Time beyond the grace that a keeper may take before the stop fails.
const BEYOND_GRACE: Duration = Duration::from_secs(30);

/// An end that is under way.
struct EndingAttempt {
    folder: PathBuf,
    grace_ms: u64,
    began: Instant,
    asked: bool,
}

/// Asks the keeper to end its tree and goes on at the exit record; without a keeper the marked processes are ended one by
/// one. Ending what has ended is no mistake, so no probe is needed.
pub(super) fn stop(performer: &Performer, job: &Job, attempt: &AttemptKey, grace_ms: u64) -> EffectProgress {
    let places = &performer.places;
    let begin = || -> Result<EndingAttempt, EffectError> {
        let folder = attempt_folder(places, job, attempt)?;
        let state = evidence::StateFolder::open(&places.home)?;
        state.run(&job.spec.id).create_attempt(attempt)?;
        Ok(EndingAttempt { folder, grace_ms, began: Instant::now(), asked: false })
    };
    match begin() {
        Ok(stop) => stop.step(performer, job),
        Err(reason) => failed(reason).into(),
    }
}

/// Has every keeper of a run end its tree, without writing anything down here.
pub(super) fn ask_all(places: &DaemonPlaces, run: &RunId, grace_ms: u64) {
    let attempts = places.home.join("runs").join(run.as_str()).join("attempts");
    let folders = fs::read_dir(attempts).into_iter().flatten().flatten();
    let records = folders.filter_map(|folder| supervisor::keeper_record(&folder.path()).ok().flatten());
    for record in records.filter(|record| record.keeper.is_alive()) {
        if let Err(error) = Keeper::new(&record).ask(&KeeperRequest::Stop { grace_ms }) {
            tracing::warn!(%run, %error, "its keeper does not hear that it is to end");
        }
    }
}

/// Returns when the gateway has heard of every pass that was taken back: what is told as ended can ask, and spend, no more.
/// One that does not answer is not waited for again; it is replaced, and its passes are gone with it.
fn forget_pass(performer: &Performer) {
    if let Err(error) = performer.gateway.passes.tell_changes() {
        tracing::warn!(%error, "the gateway was not told that a run may ask no more");
    }
}

impl EndingAttempt {
    fn step(mut self, performer: &Performer, job: &Job) -> EffectProgress {
        let places = &performer.places;
        match self.look(places, job) {
            Ok(Some(exit)) => match doubtful(places, job).as_slice() {
                [] => {
                    forget_pass(performer);
                    (Outcome::Done, Facts::Stopped { exit: exit.0, untold: settle(places, &job.spec.id) }).into()
                }
                left => refused(left_alone(left)).into(),
            },
            Ok(None) => {
                let wait = (self.began.elapsed() / 4).clamp(LOOKS.0, LOOKS.1);
                EffectProgress::After(wait, Box::new(move |performer, job| self.step(performer, job)))
            }
            Err(reason) => failed(reason).into(),
        }
    }

    /// Returns how the attempt ended when all of it has; `None` while it has not.
    fn look(&mut self, places: &DaemonPlaces, job: &Job) -> Result<Option<HowItEnded>, EffectError> {
        let exit = || supervisor::exit_record(&self.folder).map_err(EffectError::from);
        if let Some(exit) = exit()? {
            return Ok(Some(HowItEnded(Some(exit))));
        }
        let record = supervisor::keeper_record(&self.folder)?;
        match record.filter(|record| record.keeper.is_alive()) {
            Some(record) => self.ask(&record),
            // Set-up may be about to start its keeper: it finds that there is nothing to do any more.
            None if supervisor::forestall(&self.folder)? => {}
            None if exit().is_ok_and(|exit| exit.is_none()) => {
                let attempts = self.folder.parent().unwrap_or(&self.folder);
                supervisor::end_left(&places.home, job.spec.id.as_str(), attempts)
                    .map_err(|left| format!("{left} processes of it could not be ended"))?;
                return Ok(Some(HowItEnded(None)));
            }
            None => {}
        }
        if self.began.elapsed() > Duration::from_millis(self.grace_ms) + BEYOND_GRACE {
            let left = living(places, &job.spec.id).len();
            return Err(format!("its keeper has not ended the tree; {left} processes live").into());
        }
        Ok(None)
    }

    /// Has the keeper end its tree, or does it in its place when it does not.
    fn ask(&mut self, record: &KeeperRecord) {
        // Somebody may have stopped it, also since it was asked.
        record.keeper.wake();
        if !self.asked {
            self.asked = Keeper::new(record).ask(&KeeperRequest::Stop { grace_ms: self.grace_ms }).is_ok();
        }
        let late = if self.asked { UNENDED } else { UNHEARD };
        let holds = !self.asked || supervisor::holds_any(record);
        // What it holds is ended before it is: afterwards nothing would tell it from what a person started.
        if holds
            && self.began.elapsed() > Duration::from_millis(self.grace_ms) + late
            && supervisor::end_for_keeper(record)
            && supervisor::exit_record(&self.folder).is_ok_and(|exit| exit.is_none())
        {
            supervisor::leave_behind(&self.folder);
        }
    }
}

/// The exit record of an attempt that is over, if there is one.
struct HowItEnded(Option<Exit>);

/// Ends the doubt about killed keepers of a run where nothing of what they held can live; else why it stays.
pub(super) fn settle(places: &DaemonPlaces, run: &RunId) -> Option<String> {
    let attempts = places.home.join("runs").join(run.as_str()).join("attempts");
    let left = supervisor::settle_killed(&places.home, &attempts);
    let named: Vec<String> = left.iter().map(|process| format!("{} {}", process.name, process.pid)).collect();
    (!named.is_empty()).then(|| untold(&named))
}
