//! Going on by itself once the provider has lifted the limit that ended an attempt.

use super::Decision;
use crate::command::NewRun;
use crate::event::RetryRequested;
use crate::phase::PhaseState;
use crate::run::RunState;
use crate::status::By;
use crate::timestamp::Timestamp;

/// More attempts of one phase than this are a person's to ask for.
const MOST_ATTEMPTS: u32 = 50;

/// Milliseconds between an attempt that met a limit and the next one, at least.
const PAUSE: i64 = 1_000;

/// When a run goes on whose attempt has just failed; `None` when it met no limit with a time that is near enough, or
/// when its agent named no session to go on in.
pub(super) fn waits_until(run: &RunState, spec: &NewRun, phase: &PhaseState) -> Option<Timestamp> {
    let attempt = phase.attempt().filter(|attempt| attempt.session.is_some() && attempt.number < MOST_ATTEMPTS)?;
    let (until, now) = (attempt.limited_until?, run.last_event_at?);
    let near = spec.go_on_within_ms.is_some_and(|within| until.since(now) <= within);
    // One that was lifted meanwhile, or whose clock goes wrong, is not asked again and again without a pause.
    let earliest = Timestamp::from_millis(now.as_millis().saturating_add(PAUSE));
    near.then(|| until.max(earliest))
}

/// Goes on in the agent's session, when the time has come that [`next`](super::next) waits for.
pub fn go_on(run: &RunState, now: Timestamp) -> Decision {
    let decision = Decision::default();
    let due = run.goes_on_at.is_some_and(|at| at <= now) && run.ending.is_none();
    match run.current().filter(|_| due) {
        Some(phase) => {
            let asked =
                RetryRequested { phase: phase.spec.name.clone(), resume: true, only_step: false, by: By::Pilothouse };
            decision.event(run.attempt_key(), asked)
        }
        None => decision,
    }
}
