//! Going on by itself once the provider has lifted the limit that ended an attempt.

use super::decision::Decision;
use crate::command::NewRun;
use crate::event::RetryRequested;
use crate::phase::PhaseState;
use crate::run::RunState;
use crate::status::By;
use crate::timestamp::Timestamp;

/// More attempts of one phase than this are a person's to ask for.
const MOST_ATTEMPTS: u32 = 20;

/// Attempts in a row that may meet a limit whose time was waited for already, at most.
const MOST_IN_VAIN: usize = 5;

/// Milliseconds between an attempt that met a limit and the next one, at least.
const PAUSE: i64 = 1_000;

/// Milliseconds between two attempts where the time that the provider gave has passed: it is late, or a clock is fast.
const FLOORS: [i64; 3] = [60_000, 300_000, 900_000];

/// When a run goes on whose attempt has just failed; `None` when it met no limit with a time that is near enough, when
/// it was waited for in vain too often, or when its agent named no session to go on in.
pub(super) fn waits_until(run: &RunState, spec: &NewRun, phase: &PhaseState) -> Option<Timestamp> {
    let attempt = phase.attempt().filter(|attempt| attempt.session.is_some() && attempt.number < MOST_ATTEMPTS)?;
    let (until, now) = (attempt.limited_until?, run.last_event_at?);
    let (in_vain, began_late) = waited_in_vain(phase);
    if in_vain >= MOST_IN_VAIN {
        return None;
    }
    let passed = until.as_millis() <= now.as_millis();
    let level = in_vain + usize::from(if in_vain == 0 { passed } else { began_late });
    // One that was lifted meanwhile, or whose clock goes wrong, is not asked again and again without a pause.
    let pause = level.checked_sub(1).map_or(PAUSE, |level| FLOORS[level.min(FLOORS.len() - 1)]);
    let until = until.max(Timestamp::from_millis(now.as_millis().saturating_add(pause)));
    spec.go_on_within_ms.is_some_and(|within| until.since(now) <= within).then_some(until)
}

/// How many attempts in a row, the last one too, met a limit for which the one before had waited already, and whether the
/// time had passed when the first of them met it.
fn waited_in_vain(phase: &PhaseState) -> (usize, bool) {
    let shortest = FLOORS[0].unsigned_abs();
    let mut in_vain = 0;
    let mut began_late = false;
    for pair in phase.attempts.windows(2).rev() {
        let [before, after] = pair else { break };
        let (Some(limit), Some(waited), Some(again)) = (before.limited_until, before.waited_until, after.limited_until)
        else {
            break;
        };
        // It is the same time again, or one that is next to now.
        if again.since(waited) > shortest {
            break;
        }
        in_vain += 1;
        began_late = waited.since(limit) >= shortest;
    }
    (in_vain, began_late)
}

/// Why a run does not go on whose provider's limit did not end; `None` where it met none so often.
pub(super) fn gave_up(phase: &PhaseState) -> Option<String> {
    let (in_vain, _) = waited_in_vain(phase);
    (in_vain >= MOST_IN_VAIN).then(|| {
        format!("its limit did not end at the time that the provider gave, {in_vain} attempts in a row; `pilothouse retry --resume` tries again")
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunId;
    use crate::attempt::AttemptState;
    use crate::phase::PhaseSpec;

    /// Seconds that each attempt of a run is waited for whose provider always names a time, given the clock's seconds.
    fn waits(named: impl Fn(i64) -> i64) -> Vec<i64> {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let spec =
            NewRun { go_on_within_ms: Some(86_400_000), ..NewRun::unknown(RunId::parse("abc234").expect("an id")) };
        let mut phase = PhaseState::new(PhaseSpec::default());
        let mut waits = Vec::new();
        let mut now = 1_000;
        for number in 1..=MOST_ATTEMPTS {
            let (session, limited_until) = (Some("s".to_owned()), Some(at(named(now))));
            phase.attempts.push(AttemptState { session, limited_until, ..AttemptState::new(number) });
            let run = RunState { last_event_at: Some(at(now)), ..RunState::default() };
            let Some(until) = waits_until(&run, &spec, &phase) else { break };
            if let Some(last) = phase.attempts.last_mut() {
                last.waited_until = Some(until);
            }
            let wait = until.as_millis() / 1000 - now;
            waits.push(wait);
            now += wait;
        }
        assert_eq!(gave_up(&phase).is_some(), waits.len() < MOST_ATTEMPTS as usize - 1, "{waits:?}");
        waits
    }

    #[test]
    fn a_passed_time_lengthens_each_wait() {
        let minutes = |minutes: &[i64]| minutes.iter().map(|minutes| minutes * 60).collect::<Vec<_>>();
        assert_eq!(waits(|now| now - 30), minutes(&[1, 5, 15, 15, 15]), "it passed before");
        assert_eq!(waits(|_| 1_120), minutes(&[2, 1, 5, 15, 15]), "the provider is late");
        assert_eq!(waits(|now| now + 2)[1..], minutes(&[1, 5, 15, 15]), "its clock is fast");
    }

    #[test]
    fn new_limit_times_are_waited_for_exactly() {
        assert!(waits(|now| now + 18_000).iter().all(|wait| *wait == 18_000));
    }
}
