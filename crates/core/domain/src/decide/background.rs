//! The end of an agent whose turn is over and that is waited for, because work of its own goes on in the background.

use super::decision::Decision;
use crate::attempt::AttemptState;
use crate::event::{AgentFinished, Note};
use crate::run::RunState;
use crate::timestamp::Timestamp;

/// Milliseconds for which background work is waited for where nothing else is said.
const USUAL: u64 = 30 * 60_000;

/// Milliseconds within which an agent goes on whose background work is done, or says that it is idle.
const GOES_ON: u64 = 30_000;

/// Until when the run's agent is waited for; `None` while it works, asks or stands still.
pub fn rests_until(run: &RunState) -> Option<Timestamp> {
    let attempt = resting(run)?;
    let rest = attempt.rest.as_ref()?;
    let said = run.spec.as_ref().and_then(|spec| spec.background_within_ms);
    let within = if attempt.background.is_empty() { GOES_ON } else { said.unwrap_or(USUAL) };
    let within = i64::try_from(within).unwrap_or(i64::MAX);
    Some(Timestamp::from_millis(rest.since.as_millis().saturating_add(within)))
}

/// Takes what the agent said last for its end, when the time is up that [`rests_until`] says. What is still open is told.
pub fn rested(run: &RunState, now: Timestamp) -> Decision {
    let nothing = Decision::default();
    let due = rests_until(run).is_some_and(|until| until <= now);
    let Some((attempt, key)) = resting(run).filter(|_| due).zip(run.attempt_key()) else { return nothing };
    let Some(rest) = &attempt.rest else { return nothing };
    let open: Vec<&str> = attempt.background.values().map(String::as_str).collect();
    let told = (!open.is_empty()).then(|| {
        let text =
            format!("its background work took longer than it is waited for, so it is ended: {}", open.join("; "));
        Note { text }
    });
    let decision = told.into_iter().fold(nothing, |decision, note| decision.event(Some(key.clone()), note));
    decision.event(Some(key), AgentFinished { ok: true, text: rest.text.clone() })
}

fn resting(run: &RunState) -> Option<&AttemptState> {
    let waits = run.paused.is_none() && run.question.is_none() && run.ending.is_none() && !run.keeper_gone;
    run.attempt().filter(|attempt| waits && attempt.is_live() && attempt.result.is_none() && !attempt.input_closed)
}
