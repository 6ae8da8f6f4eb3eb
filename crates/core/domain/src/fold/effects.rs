//! Effects that begin and end.

use crate::attempt::{AttemptState, Exit};
use crate::effect::{Effect, Outcome, WORDS};
use crate::run::RunState;
use crate::status::{By, Status};
use crate::timestamp::Timestamp;

pub(super) fn effect_starts(state: &mut RunState, effect: &Effect) {
    if state.status == Status::Queued {
        state.status = Status::Preparing;
    }
    match effect {
        Effect::StartAttempt(key) => {
            state.retry = None;
            let reply = state.reply.take();
            if let Some(phase) = state.phases.iter_mut().find(|p| p.spec.name == key.phase)
                && phase.attempts.iter().all(|a| a.number != key.attempt)
            {
                let resumes = phase.resumes.take();
                if let Some(repair) = &mut phase.repair {
                    repair.attempt.get_or_insert(key.attempt);
                }
                phase.attempts.push(AttemptState { started: true, resumes, reply, ..AttemptState::new(key.attempt) });
            }
        }
        Effect::Write { attempt, write, question: None, .. } if write.starts_with(WORDS) => {
            let phase = state.phases.iter_mut().find(|p| p.spec.name == attempt.phase);
            let known = phase.and_then(|p| p.attempts.iter_mut().find(|a| a.number == attempt.attempt));
            if let Some(known) = known {
                known.rest = None;
                if !known.unsaid.is_empty() {
                    known.unsaid.remove(0);
                }
            }
        }
        Effect::Write { question: Some(id), .. } => {
            if let Some(open) = state.question.as_mut().filter(|open| open.id == *id) {
                open.answered = true;
            }
        }
        Effect::SetUp { n } => state.setups = state.setups.max(*n),
        Effect::CloseInput(key) => {
            let phase = state.phases.iter_mut().find(|p| p.spec.name == key.phase);
            let attempt = phase.and_then(|p| p.attempts.iter_mut().find(|a| a.number == key.attempt));
            if let Some(attempt) = attempt {
                attempt.input_closed = true;
            }
        }
        Effect::CreateWorktree
        | Effect::LeaseEnvironment
        | Effect::StopAttempt { .. }
        | Effect::CommitLeftovers { .. }
        | Effect::RunCheck { .. }
        | Effect::MeasureWork
        | Effect::WriteProof { .. }
        | Effect::Merge { .. }
        | Effect::Deliver { .. }
        | Effect::Write { .. }
        | Effect::Freeze { .. }
        | Effect::Thaw { .. }
        | Effect::SaveCheckpoint { .. }
        | Effect::DropCheckpoints
        | Effect::RestoreCheckpoint { .. }
        | Effect::RemoveWorktree { .. }
        | Effect::RestoreWorktree { .. } => {}
    }
}

pub(super) fn effect_ends(state: &mut RunState, effect: &Effect, outcome: &Outcome, at: Timestamp) {
    super::proving::ended(state, effect, outcome, at);
    super::delivering::ended(state, effect, outcome);
    let (Outcome::Failed(reason) | Outcome::Refused(reason) | Outcome::Unknown(reason)) = outcome else { return };
    match effect {
        Effect::StartAttempt(key) => {
            let phase = state.phases.iter_mut().find(|p| p.spec.name == key.phase);
            if let Some(attempt) = phase.and_then(|p| p.attempts.iter_mut().find(|a| a.number == key.attempt)) {
                attempt.exit.get_or_insert_with(|| Exit { error: Some(reason.clone()), ..Exit::default() });
            }
        }
        // What can't be paused is tried again when more was used, and not at every event.
        Effect::Freeze { by: By::Budget, .. } => state.unfrozen_at = Some(state.used()),
        // What was asked for is not tried again and again; who asked has been told.
        Effect::SaveCheckpoint { .. } | Effect::RestoreCheckpoint { .. } => state.rollback = None,
        // What can't be proven to be the run's is left alone; what merely did not end in time is ended still.
        Effect::StopAttempt { .. } if matches!(outcome, Outcome::Refused(_)) => state.ending = None,
        Effect::RemoveWorktree { .. } => state.removing = None,
        Effect::DropCheckpoints => state.dropping = None,
        Effect::RestoreWorktree { .. } => {
            state.restoring = false;
            state.reply = None;
        }
        Effect::CreateWorktree
        | Effect::LeaseEnvironment
        | Effect::SetUp { .. }
        | Effect::StopAttempt { .. }
        | Effect::CommitLeftovers { .. }
        | Effect::RunCheck { .. }
        | Effect::MeasureWork
        | Effect::WriteProof { .. }
        | Effect::Merge { .. }
        | Effect::Deliver { .. }
        | Effect::Write { .. }
        | Effect::CloseInput(_)
        | Effect::Freeze { .. }
        | Effect::Thaw { .. } => {}
    }
}
