//! Freezing an attempt's processes and letting them go on.

use domain::attempt::AttemptKey;
use domain::decide::Facts;
use domain::effect::Outcome;
use supervisor::{KeeperReply, KeeperRequest};

use super::job::{Job, Performed, attempt_folder, failed, refused};
use super::{Performer, gateway, supervise};
use crate::places::DaemonPlaces;

/// Freezes an attempt's processes. Freezing what is frozen only counts again, so no probe is needed.
pub(super) fn freeze(places: &DaemonPlaces, performer: &Performer, job: &Job, attempt: &AttemptKey) -> Performed {
    let ask = |request| attempt_folder(places, job, attempt).and_then(|folder| supervise::ask(&folder, request));
    match ask(&KeeperRequest::Freeze) {
        Ok(KeeperReply::Frozen(frozen)) => {
            if let Err(reason) = gateway::tell(performer, &job.spec.id, true, job.limits) {
                tracing::warn!(%reason, "the gateway does not know that it stands still");
            }
            (Outcome::Done, Facts::Frozen(frozen))
        }
        Ok(_) => failed("the keeper gave another answer than was asked for"),
        Err(reason) => {
            // It may have done so all the same and answered too late: what is not known to stand still must go on.
            let _unheard = ask(&KeeperRequest::Thaw);
            refused(reason)
        }
    }
}

/// Lets an attempt's processes go on. Waking what is awake is no mistake, so no probe is needed.
pub(super) fn thaw(places: &DaemonPlaces, performer: &Performer, job: &Job, attempt: &AttemptKey) -> Performed {
    // A request that was held back goes on within the limits that hold now.
    if let Err(reason) = gateway::tell(performer, &job.spec.id, false, job.limits) {
        return failed(reason);
    }
    match attempt_folder(places, job, attempt).and_then(|folder| supervise::ask(&folder, &KeeperRequest::Thaw)) {
        Ok(_) => (Outcome::Done, Facts::Nothing),
        Err(reason) => failed(reason),
    }
}
