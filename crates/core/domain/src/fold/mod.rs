//! What a run's events add up to; the one place where its state changes.

mod attempt;
mod attempt_of;
mod background;
mod checking;
mod concern;
mod conflict;
mod delivering;
mod effects;
mod escape;
mod keeping;
mod life;
mod proving;
mod spending;
mod stale;
mod time;

use crate::event::{Body, Event};
use crate::run::RunState;
use attempt::attempt_event;
use attempt_of::attempt_of;
use background::background;
use checking::checking;
use concern::Concern;
use conflict::conflict;
use delivering::delivering;
use keeping::keeping;
use life::life;
use proving::proving;
use spending::spending;

/// The name of the file in which the gateway tells of calls, in the run's folder.
pub const CALLS: &str = "calls.jsonl";

/// The state after all `events`, from nothing.
pub fn all<'a>(events: impl IntoIterator<Item = &'a Event>) -> RunState {
    let mut state = RunState::default();
    for event in events {
        apply(&mut state, event);
    }
    state
}

/// Changes `state` by one event. Every order of events gives a state; none panics.
pub fn apply(state: &mut RunState, event: &Event) {
    state.seq = event.seq;
    time::pass_time(state, event.at);
    // What pilothouse notes for itself is no sign of life of the run.
    if !matches!(event.body, Body::Adopted(_) | Body::Note(_)) {
        state.last_event_at = Some(event.at);
    }
    if let (Some(src), Some(attempt)) = (&event.src, attempt_of(state, event))
        && let Some(to) = src.to
        && src.file == "stdout"
    {
        attempt.read_to = attempt.read_to.max(to);
    }
    if let Some(to) = event.src.as_ref().filter(|src| src.file == CALLS).and_then(|src| src.to) {
        state.calls_to = state.calls_to.max(to);
    }
    let body = &event.body;
    match Concern::of(body) {
        Concern::Life => life(state, event, body),
        Concern::Attempt => attempt_event(state, event, body),
        Concern::Background => background(state, event, body),
        Concern::Keeping => keeping(state, event, body),
        Concern::Spending => spending(state, event, body),
        Concern::Checking => checking(state, event, body),
        Concern::Proving => proving(state, event, body),
        Concern::Delivering => delivering(state, event, body),
        Concern::Conflict => conflict(state, body),
        Concern::Nothing => {}
    }
    escape::look(state, event);
    proving::look(state, event);
}
