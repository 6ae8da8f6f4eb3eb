//! Events of proofs and reviews.

use super::attempt::ends;
use super::concern::misplaced;
use super::stale::tells;
use crate::effect::{Effect, Outcome};
use crate::event::{Body, Event, Review, ReviewGiven};
use crate::handover::asked_for;
use crate::phase::Repair;
use crate::proof::ProofFailure;
use crate::run::RunState;
use crate::status::{By, Status};
use crate::timestamp::Timestamp;

/// Events of proofs and reviews; `false` for all others.
#[expect(clippy::wildcard_enum_match_arm, reason = "Concern::of names every kind")]
pub(super) fn proving(state: &mut RunState, event: &Event, body: &Body) {
    let proof = &mut state.proof;
    match body {
        Body::ProofRequested(data) => {
            proof.due = true;
            proof.covers = None;
            match &mut proof.failed {
                Some(failed) if data.by == By::Pilothouse => failed.again_at = None,
                failed => *failed = None,
            }
        }
        Body::WorkMeasured(data) => {
            let same = proof.measured.as_ref() == Some(data) && !proof.stale && proof.written.is_some();
            state.head = Some(data.head.clone());
            // A pack of other work tells nothing of this, whatever becomes of the next one.
            proof.stale |= proof.measured.as_ref() != Some(data);
            proof.measured = Some(data.clone());
            // A pack that tells all of it is there already.
            proof.due &= !same;
            proof.covers = proof.due.then_some(event.seq);
            if same {
                proof.failed = None;
            }
        }
        Body::ProofWritten(data) => {
            proof.written = Some(data.clone());
            (proof.due, proof.stale, proof.covers) = (false, false, None);
            proof.failed = None;
        }
        Body::ReviewGiven(data) => {
            proof.review = Some(data.clone());
            proof.reviewed_at = Some(event.seq);
            // An approval tells the agent nothing.
            state.comments.iter_mut().for_each(|said| said.sent |= data.verdict == Review::Changes);
            match data.verdict {
                Review::Approve => (state.proof.due, state.proof.covers) = (state.has_worktree(), None),
                Review::Changes => changes(state, data),
            }
        }
        Body::GateDecided(data) => state.gate = Some(data.clone()).filter(|gate| gate.open),
        Body::MergeRequested(data) => state.merging = Some(data.clone()),
        Body::RunMerged(data) => {
            state.merging = None;
            state.merged = Some(data.clone());
            ends(state, event, Status::Merged);
        }
        other => misplaced(other),
    }
}

/// The last phase goes on with what a reviewer asks for, as with what a check found.
fn changes(state: &mut RunState, given: &ReviewGiven) {
    let Some(phase) = state.phases.get_mut(state.phase) else { return };
    phase.reopen(phase.progress.began_at);
    phase.repair = Some(Repair { review: Some(asked_for(given)), ..Repair::default() });
    (state.proof.due, state.proof.covers) = (false, None);
    state.status = Status::Queued;
    state.ended_at = None;
    state.dismissed = false;
    state.goes_on_at = None;
    state.over = None;
}

/// Notes that an event makes the run's pack old; the end of a run asks for a new pack.
pub(super) fn look(state: &mut RunState, event: &Event) {
    if tells(&event.body) {
        state.proof.stale = true;
    }
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "which kinds make a pack old stands in `tells`; these end a run"
    )]
    match &event.body {
        Body::RunReady(_) | Body::RunFailed(_) | Body::RunTerminated(_)
            if state.has_worktree() && state.spec.is_some() =>
        {
            (state.proof.due, state.proof.covers) = (true, None);
            state.proof.failed = None;
        }
        Body::WorktreeRemoved(_) => {
            (state.proof.due, state.proof.covers) = (false, None);
            state.proof.failed = None;
        }
        _ => {}
    }
}

/// Takes up the end of an effect. A proof that failed is not tried again at once: its events come before the effect's
/// end, so events that are missing by then will never come from this effect.
pub(super) fn ended(state: &mut RunState, effect: &Effect, outcome: &Outcome, at: Timestamp) {
    if matches!(effect, Effect::Merge { .. }) {
        state.merging = None;
    }
    let proof = &mut state.proof;
    let gives_up = match effect {
        Effect::MeasureWork => proof.covers.is_none(),
        Effect::WriteProof { .. } => true,
        Effect::CreateWorktree
        | Effect::LeaseEnvironment
        | Effect::SetUp { .. }
        | Effect::StartAttempt(_)
        | Effect::StopAttempt { .. }
        | Effect::CommitLeftovers { .. }
        | Effect::RunCheck { .. }
        | Effect::Merge { .. }
        | Effect::Deliver { .. }
        | Effect::Write { .. }
        | Effect::CloseInput(_)
        | Effect::Freeze { .. }
        | Effect::Thaw { .. }
        | Effect::SaveCheckpoint { .. }
        | Effect::DropCheckpoints
        | Effect::RestoreCheckpoint { .. }
        | Effect::RemoveWorktree { .. }
        | Effect::RestoreWorktree { .. } => false,
    };
    if gives_up {
        (proof.due, proof.covers) = (false, None);
    }
    if let (true, Outcome::Failed(why)) = (gives_up, outcome) {
        proof.failed = Some(ProofFailure::after(proof.failed.as_ref(), why, at));
    }
}
