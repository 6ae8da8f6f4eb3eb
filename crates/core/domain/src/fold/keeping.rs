//! Events of pausing, checkpoints, retries and removal.

use super::attempt::{ends, unpause};
use super::concern::misplaced;
use super::spending::let_go_on;
use crate::checkpoint::{Checkpoint, RetryAsked, Rollback};
use crate::event::{Body, Event};
use crate::run::{Paused, RunState, Snapshot};
use crate::status::{By, Status};

/// Events of pausing, checkpoints and removal; `false` for all others.
#[expect(clippy::wildcard_enum_match_arm, reason = "Concern::of names every kind")]
pub(super) fn keeping(state: &mut RunState, event: &Event, body: &Body) {
    match body {
        Body::RunPaused(data) if state.is_live() || data.by == By::Budget && !state.status.is_settled() => {
            let under = state.status_mut().clone();
            state.status = Status::Paused { by: data.by.clone(), reason: data.reason.clone() };
            state.paused = Some(Paused { frozen: data.frozen.clone(), under });
        }
        Body::RunPaused(_) => {}
        Body::RunResumed(_) => {
            state.cut_in_a_row = 0;
            if matches!(state.status, Status::Paused { by: By::Budget, .. }) {
                let_go_on(state);
            }
            unpause(state);
        }
        Body::CheckpointSaved(data) => {
            state.head = Some(data.head.clone());
            let finished = state.current().is_some_and(|phase| phase.progress.finished);
            if let Some(phase) = state.phases.get_mut(state.phase).filter(|_| finished) {
                phase.progress.ended_at.get_or_insert(data.n);
            }
            state.checkpoints.push(Checkpoint {
                n: data.n,
                commit: data.commit.clone(),
                tree: data.tree.clone(),
                head: data.head.clone(),
                why: data.why.clone(),
                at: event.at,
                phase: state.phase + usize::from(finished),
                progress: state.phases.iter().map(|phase| phase.progress.clone()).collect(),
                dropped: false,
            });
            if let Some(retry) = &mut state.retry {
                retry.saved = true;
            }
            let repair = state.phases.get_mut(state.phase).and_then(|phase| phase.repair.as_mut());
            if let Some(repair) = repair.filter(|repair| repair.attempt.is_none()) {
                repair.saved = true;
            }
            if let Some(rollback) = &mut state.rollback {
                rollback.saved = true;
            }
        }
        Body::CheckpointRestored(data) => {
            state.head = Some(data.head.clone());
            match &mut state.retry {
                Some(retry) => retry.put_back = true,
                None => rolled_back(state, event, data.n),
            }
        }
        Body::RetryRequested(data) => {
            state.goes_on_at = None;
            state.over = None;
            state.step_failed = false;
            if data.only_step {
                state.status = Status::Queued;
                state.ended_at = None;
                state.dismissed = false;
            } else if let Some(phase) = state.phases.iter().position(|p| p.spec.name == data.phase) {
                state.retry = Some(RetryAsked { phase, resume: data.resume, saved: false, put_back: false });
                state.status = Status::Queued;
                state.ended_at = None;
                state.dismissed = false;
                state.phase = phase;
                state.phases[phase].try_again(data.resume);
                state.phases[phase + 1..].iter_mut().for_each(|later| later.reopen(None));
            }
        }
        Body::ReplyGiven(data) => state.reply = Some(data.text.clone()),
        Body::RollbackRequested(data) => {
            state.rollback = Some(Rollback { to: data.to, by: data.by.clone(), saved: false });
        }
        Body::RunDismissed(_) => state.dismissed = true,
        Body::CheckpointsDropAsked(data) => state.dropping = Some(data.by.clone()),
        Body::CheckpointsDropped(_) => {
            state.dropping = None;
            state.checkpoints.iter_mut().for_each(|checkpoint| checkpoint.dropped = true);
        }
        Body::RunMoved(data) => {
            if let Some(spec) = &mut state.spec {
                spec.repo.clone_from(&data.repo);
                spec.worktree.clone_from(&data.worktree);
            }
            // The built-in forge keeps pull requests by the repository's place.
            state.pull_retold = state.pull.is_some();
        }
        Body::RemovalRequested(data) => state.removing = Some(data.by.clone()),
        Body::SnapshotSaved(data) => {
            let (name, left_out) = (data.name.clone(), data.left_out.clone());
            state.snapshot = Some(Snapshot { name, bytes: data.bytes, left_out });
        }
        Body::WorktreeRemoved(data) => {
            state.removing = None;
            state.removed = true;
            // One that pilothouse lets go by itself is still to be seen by the person.
            state.dismissed |= data.by == By::Person;
        }
        Body::RestoreRequested(_) => state.restoring = true,
        Body::WorktreeRestored(data) => {
            state.restoring = false;
            state.removed = false;
            state.dismissed = false;
            state.head = Some(data.head.clone());
        }
        other => misplaced(other),
    }
}

/// Every phase is as far as it was when the checkpoint was saved; the one that goes on begins there.
fn rolled_back(state: &mut RunState, event: &Event, to: u32) {
    state.rollback = None;
    let Some(checkpoint) = state.checkpoints.iter().find(|c| c.n == to) else { return };
    let index = checkpoint.phase;
    for (phase, progress) in state.phases.iter_mut().zip(checkpoint.progress.clone()) {
        phase.progress = progress;
    }
    let Some(phase) = state.phases.get_mut(index) else {
        state.phase = state.phases.len().saturating_sub(1);
        return ends(state, event, Status::Ready);
    };
    phase.reopen(Some(to));
    phase.progress.rolled_back = true;
    let name = phase.spec.name.clone();
    state.phase = index;
    let reason = format!("rolled back to checkpoint {to}; retry goes on from there");
    ends(state, event, Status::Failed { phase: name, reason });
}
