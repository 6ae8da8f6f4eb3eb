//! What an agent left behind and was ended with it, in words; and what it is still waited for.

use domain::attempt::AttemptState;
use domain::{RunState, decide};

/// The dialect whose agent never leaves by itself, so that its end tells nothing.
const STAYS: &str = "acp";

/// Says what was ended at good ends, the same words in a row once: `2 processes that it left were ended`.
pub(super) fn behind(run: &RunState) -> Option<String> {
    let ended = run.phases.iter().filter_map(|phase| phase.attempt()).filter(|attempt| attempt.exit.is_some());
    let mut said: Vec<String> = ended.flat_map(of_attempt).collect();
    said.dedup();
    (!said.is_empty()).then(|| said.join("; "))
}

fn of_attempt(attempt: &AttemptState) -> Vec<String> {
    let Some(exit) = attempt.exit.as_ref().filter(|_| attempt.result.as_ref().is_some_and(|result| result.ok)) else {
        return Vec::new();
    };
    let open: Vec<&str> = attempt.background.values().map(String::as_str).collect();
    let stays = attempt.reads.as_deref() == Some(STAYS);
    let said = [
        (!open.is_empty()).then(|| format!("its background work was ended: {}", open.join("; "))),
        match exit.survivors_ended {
            0 => None,
            1 => Some("a process that it left was ended".to_owned()),
            n => Some(format!("{n} processes that it left were ended")),
        },
        (exit.timed_out && !stays).then(|| "its agent did not leave and was ended".to_owned()),
    ];
    said.into_iter().flatten().collect()
}

/// Says what an agent whose turn is over is waited for, and until when.
pub(super) fn waits_for(run: &RunState) -> Option<String> {
    let attempt = run.attempt().filter(|attempt| attempt.is_live() && attempt.rest.is_some())?;
    let open: Vec<&str> = attempt.background.values().map(String::as_str).collect();
    let until = decide::rests_until(run).filter(|_| !open.is_empty())?;
    let (hour, minute, _) = until.time_of_day();
    Some(format!(
        "its turn is over; waits for its background work until {hour:02}:{minute:02} UTC (limits.background_within): {}",
        open.join("; ")
    ))
}
