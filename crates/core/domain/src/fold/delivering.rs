//! Events of pull requests and of what reviewers say of single lines.

use super::concern::misplaced;
use crate::comment::SentComment;
use crate::effect::{Effect, Outcome};
use crate::event::{Body, CommentGiven, Event};
use crate::run::RunState;

/// Older ones that went with a verdict are forgotten, so that a state stays small.
const KEPT: usize = 200;

/// Events of delivering; `false` for all others.
#[expect(clippy::wildcard_enum_match_arm, reason = "Concern::of names every kind")]
pub(super) fn delivering(state: &mut RunState, event: &Event, body: &Body) {
    match body {
        Body::PullAsked(data) => {
            (state.pull_asked, state.pull_failed) = (Some(data.to), None);
            state.pull_retold = true;
        }
        Body::PullOpened(data) => state.pull = Some(data.clone()),
        Body::PullChanged(data) => state.pull = Some(data.pull.clone()),
        Body::CommentGiven(data) => {
            state.commented_at = event.seq;
            said(state, data);
        }
        other => misplaced(other),
    }
}

fn said(state: &mut RunState, given: &CommentGiven) {
    state.comments.retain(|said| said.sent || !said.comment.is_at(&given.comment));
    if given.comment.text.is_empty() {
        return;
    }
    state.comments.push(SentComment { comment: given.comment.clone(), head: given.head.clone(), sent: false });
    let over = state.comments.len().saturating_sub(KEPT);
    state.comments.drain(..over);
}

/// Takes up the end of a delivery. A delivery that failed is not tried again and again, but when there is something
/// else to tell the forge, or a person asks.
pub(super) fn ended(state: &mut RunState, effect: &Effect, outcome: &Outcome) {
    if let Effect::Deliver { work } = effect {
        let told = *outcome == Outcome::Done && state.pull.as_ref().is_some_and(|pull| pull.work == *work);
        state.pull_retold = false;
        state.pull_failed = (!told).then(|| work.clone());
    }
}
