//! Turns that are no end, and the work that goes on behind them.

use super::attempt::works;
use super::attempt_of::attempt_of;
use super::concern::misplaced;
use crate::attempt::Rest;
use crate::event::{Body, Event};
use crate::run::RunState;
use crate::status::Activity;

/// Folds an event of this part.
#[expect(clippy::wildcard_enum_match_arm, reason = "Concern::of names every kind")]
pub(super) fn background(state: &mut RunState, event: &Event, body: &Body) {
    let Some(attempt) = attempt_of(state, event) else { return };
    match body {
        Body::TurnStarted(_) => {
            attempt.rest = None;
            works(state, Activity::Thinking);
        }
        Body::TurnEnded(data) => {
            attempt.rest = Some(Rest { text: data.text.clone(), since: event.at });
            let activity = if data.open == 0 { Activity::Finishing } else { Activity::Background };
            // One that asks beside its work still waits for its answer.
            if state.question.is_none() {
                works(state, activity);
            }
        }
        Body::BackgroundStarted(data) => {
            attempt.background.insert(data.id.clone(), data.about.clone());
        }
        Body::BackgroundEnded(data) => {
            attempt.background.remove(&data.id);
            if let Some(rest) = attempt.rest.as_mut().filter(|_| attempt.background.is_empty()) {
                rest.since = event.at;
            }
        }
        other => misplaced(other),
    }
}
