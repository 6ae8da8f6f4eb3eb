//! Events of proofs and reviews.

use crate::effect::Effect;
use crate::event::{Body, Event};
use crate::proof::tells;
use crate::run::RunState;

/// Events of proofs and reviews; `false` for all others.
pub(super) fn proving(state: &mut RunState, event: &Event, body: &Body) -> bool {
    let proof = &mut state.proof;
    match body {
        Body::ProofRequested(_) => {
            proof.due = true;
            proof.covers = None;
        }
        Body::WorkMeasured(data) => {
            let same = proof.measured.as_ref() == Some(data) && !proof.stale && proof.written.is_some();
            state.head = Some(data.head.clone());
            proof.measured = Some(data.clone());
            // A pack that tells all of it is there already.
            proof.due &= !same;
            proof.covers = proof.due.then_some(event.seq);
        }
        Body::ProofWritten(data) => {
            proof.written = Some(data.clone());
            (proof.due, proof.stale, proof.covers) = (false, false, None);
        }
        Body::ReviewGiven(data) => proof.review = Some(data.clone()),
        _ => return false,
    }
    true
}

/// What happens to a run makes its pack old; its end asks for a new one.
pub(super) fn look(state: &mut RunState, event: &Event) {
    if tells(&event.body) {
        state.proof.stale = true;
    }
    match &event.body {
        Body::RunReady(_) | Body::RunFailed(_) | Body::RunTerminated(_) if state.has_worktree() => {
            (state.proof.due, state.proof.covers) = (true, None);
        }
        Body::WorktreeRemoved(_) => (state.proof.due, state.proof.covers) = (false, None),
        _ => {}
    }
}

/// What can't be proven is not tried again and again: its events come before the effect's end, so where they did not come
/// they never will.
pub(super) fn ended(state: &mut RunState, effect: &Effect) {
    let proof = &mut state.proof;
    let gives_up = match effect {
        Effect::MeasureWork => proof.covers.is_none(),
        Effect::WriteProof { .. } => true,
        _ => false,
    };
    if gives_up {
        (proof.due, proof.covers) = (false, None);
    }
}
