//! Requests beyond a budget: they wait while their agent is about to stand still or does, and are refused otherwise.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::event::BudgetReached;

use crate::ledger::day_of;
use crate::log::CallLog;
use crate::pass::Pass;
use crate::serve::{Gateway, now};

/// How long the daemon has to make the agent stand still, so that it never hears of an error.
const FREEZES_WITHIN: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(50);
/// How often the pass of an agent that stands still is looked at.
const LOOK_AT_FROZEN: Duration = Duration::from_millis(500);

/// Why a request is not forwarded.
pub(crate) enum Held {
    /// Its pass is not there any more.
    Gone,
    Over(BudgetReached),
    /// The daemon says so.
    Told(String),
}

/// The pass as it is when the request may go on.
pub(crate) async fn admit(gateway: &Arc<Gateway>, token: &str, mut pass: Pass) -> Result<Pass, Held> {
    let mut since = Instant::now();
    loop {
        let over = gateway.ledger().over(&day_of(now()), &pass);
        let held = match (over, &pass.refuse) {
            (Some(over), _) => Held::Over(over),
            (None, Some(reason)) => Held::Told(reason.clone()),
            // What is used could not be written down, so it waits for room, as everything does.
            (None, None) if gateway.is_late(&CallLog::of(&pass.folder)) => {
                since = Instant::now();
                Held::Gone
            }
            (None, None) => return Ok(pass),
        };
        if pass.frozen {
            since = Instant::now();
            tokio::time::sleep(LOOK_AT_FROZEN).await;
        } else if since.elapsed() > FREEZES_WITHIN {
            return Err(held);
        } else {
            tokio::time::sleep(LOOK).await;
        }
        pass = match gateway.passes.find(token) {
            Ok(Some(pass)) => pass,
            // It is written whole or not at all, so it can't be half-read.
            Ok(None) | Err(_) => return Err(Held::Gone),
        };
    }
}
