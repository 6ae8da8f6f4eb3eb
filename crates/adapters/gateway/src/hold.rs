//! Requests beyond a budget: they wait while their agent is about to stand still or does, and are refused otherwise. Those
//! that only what is under way keeps back wait for that.

use std::sync::Arc;
use std::time::Duration;

use domain::budget::Used;
use domain::event::BudgetReached;
use tokio::time::Instant;

use crate::gateway::{GatewayState, now};
use crate::ledger::{Admission, LedgerAccount, day_of};
use crate::log::CallLog;
use crate::pass::Pass;
use crate::reserved::Reserved;

/// How long the daemon has to make the agent stand still, so that it never hears of an error.
const FREEZES_WITHIN: Duration = Duration::from_secs(5);
/// How often a waiting request is looked at again: a day may have begun, or its file have room, without a word of
/// anybody.
const LOOK: Duration = Duration::from_secs(1);

/// Why a request is not forwarded.
pub(crate) enum HeldRequest {
    /// The request's pass does not exist any more.
    Gone,
    Over(BudgetReached),
    /// The daemon has requests refused, and says why.
    Told(String),
}

/// Waits until the request may go on; returns its pass as it is then, and what is reserved for it.
pub(crate) async fn admit(
    gateway: &Arc<GatewayState>,
    token: &str,
    bound: Used,
) -> Result<(Arc<Pass>, Reserved), HeldRequest> {
    let mut changes = gateway.changed.subscribe();
    let mut since = Instant::now();
    loop {
        changes.mark_unchanged();
        let Some(pass) = gateway.find(token) else { return Err(HeldRequest::Gone) };
        let today = LedgerAccount { run: pass.run.clone(), repo: pass.repo.clone(), day: day_of(now()) };
        let held = if let Some(reason) = &pass.refuse {
            Some(HeldRequest::Told(reason.clone()))
        } else if gateway.writer.is_late(&CallLog::of(&pass.folder)) {
            // What is used could not be written down, so it waits for room, as everything does.
            None
        } else {
            match gateway.ledger().admit(&today, &pass, bound) {
                Admission::Goes => return Ok((pass, Reserved::new(gateway, today, bound))),
                Admission::Waits => None,
                Admission::Over(over) => Some(HeldRequest::Over(over)),
            }
        };
        let Some(held) = held.filter(|_| !pass.frozen) else {
            since = Instant::now();
            let _looks_anyway = tokio::time::timeout(LOOK, changes.changed()).await;
            continue;
        };
        let until = since + FREEZES_WITHIN;
        if Instant::now() >= until {
            return Err(held);
        }
        let _looks_anyway = tokio::time::timeout_at(until.min(Instant::now() + LOOK), changes.changed()).await;
    }
}
