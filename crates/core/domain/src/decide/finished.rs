//! What an effect's outcome means for its run.

use super::decision::Decision;
use super::next;
use crate::attempt::{AttemptKey, Exit, Frozen};
use crate::check::Verdict;
use crate::effect::{Effect, EffectId, Outcome};
use crate::event::{
    AgentFinished, AttemptFinished, AttemptStarted, CheckFinished, CheckpointRestored, CheckpointSaved,
    CheckpointsDropped, EffectFinished, EnvironmentLeased, Note, ProofWritten, PullChanged, PullOpened,
    RemovalRequested, RunFailed, RunMerged, RunPaused, RunResumed, RunTerminated, SetupFinished, SnapshotSaved,
    WaitingEnded, WorkMeasured, WorktreeCreated, WorktreeRemoved, WorktreeRestored,
};
use crate::phase::PhaseState;
use crate::run::RunState;
use crate::status::By;

/// Facts that performing an effect found out, beside its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    Nothing,
    Worktree {
        path: String,
        branch: String,
        head: String,
    },
    Leased {
        copied: Vec<String>,
        bytes: u64,
    },
    Started {
        pid: u32,
        keeper_pid: u32,
        /// The name of what its output is written in.
        reads: String,
        sandbox: Option<String>,
        /// The gateway stands between it and its model.
        metered: bool,
        /// Who pays for what it asks.
        paid_by: Option<String>,
    },
    /// The attempt is over and left this record; `None` when there was nothing to end. `untold` says why something of it may
    /// live all the same.
    Stopped {
        exit: Option<Exit>,
        untold: Option<String>,
    },
    Committed {
        head: String,
        leftovers: u32,
    },
    /// A check came to its end.
    Checked(Box<CheckFinished>),
    Measured(Box<WorkMeasured>),
    Proven(ProofWritten),
    Merged(RunMerged),
    /// The pull request as the forge has it now.
    Delivered(Box<PullOpened>),
    Frozen(Frozen),
    Checkpoint {
        commit: String,
        tree: String,
        head: String,
    },
    /// The branch stands at this commit after the worktree was put back.
    Restored {
        head: String,
        kept: Vec<String>,
    },
    Removed {
        bytes: u64,
        left_out: Vec<String>,
        branch: bool,
    },
    WorktreeBack {
        path: String,
        head: String,
    },
    /// The number of refs of checkpoints that went.
    Dropped {
        refs: u32,
    },
}

impl Facts {
    /// Whether performing this effect finds out facts of this kind.
    fn fit(&self, effect: &Effect) -> bool {
        match effect {
            Effect::CreateWorktree => matches!(self, Self::Worktree { .. }),
            Effect::LeaseEnvironment => matches!(self, Self::Leased { .. }),
            Effect::StartAttempt(_) => matches!(self, Self::Started { .. }),
            Effect::StopAttempt { .. } => matches!(self, Self::Stopped { .. }),
            Effect::CommitLeftovers { .. } => matches!(self, Self::Committed { .. }),
            Effect::RunCheck { .. } => matches!(self, Self::Checked(_)),
            Effect::MeasureWork => matches!(self, Self::Measured(_)),
            Effect::WriteProof { .. } => matches!(self, Self::Proven(_)),
            Effect::Merge { .. } => matches!(self, Self::Merged(_)),
            Effect::Deliver { .. } => matches!(self, Self::Delivered(_)),
            Effect::Freeze { .. } => matches!(self, Self::Frozen(_)),
            Effect::SaveCheckpoint { .. } => matches!(self, Self::Checkpoint { .. }),
            Effect::DropCheckpoints => matches!(self, Self::Dropped { .. }),
            Effect::RestoreCheckpoint { .. } => matches!(self, Self::Restored { .. }),
            Effect::RemoveWorktree { .. } => matches!(self, Self::Removed { .. }),
            Effect::RestoreWorktree { .. } => matches!(self, Self::WorktreeBack { .. }),
            Effect::SetUp { .. } | Effect::Write { .. } | Effect::CloseInput(_) | Effect::Thaw { .. } => {
                matches!(self, Self::Nothing)
            }
        }
    }
}

/// The events that follow when effect `id` has come to its `outcome`. They are appended as one batch,
/// `effect.finished` last, so that a crash between them leaves the effect open and it is probed.
pub fn finished(run: &RunState, id: EffectId, outcome: Outcome, facts: Facts) -> Decision {
    let Some(effect) = run.effects.get(&id) else { return Decision::default() };
    let decision = match (&outcome, facts) {
        (Outcome::Done, facts) => done(run, effect, facts),
        (Outcome::Failed(reason) | Outcome::Refused(reason), _) => failed(run, effect, reason),
        (Outcome::Unknown(reason), _) => {
            let text = format!("{}: not known whether it took place: {reason}", title(effect));
            Decision::default().event(effect.attempt(), Note { text })
        }
    };
    let decision = match (effect, &outcome) {
        // Without its task an agent waits for ever, so this is its end.
        (
            Effect::Write { question: None, .. },
            Outcome::Failed(reason) | Outcome::Refused(reason) | Outcome::Unknown(reason),
        ) => {
            let text = format!("its task could not be given to it: {reason}");
            decision.event(effect.attempt(), AgentFinished { ok: false, text })
        }
        _ => decision,
    };
    let key = effect.attempt();
    decision.event(key, EffectFinished { id, outcome })
}

/// Power may have failed between two events of the batch that told of the outcome; what is known already is
/// not told a second time.
fn done(run: &RunState, effect: &Effect, facts: Facts) -> Decision {
    let decision = Decision::default();
    if !facts.fit(effect) {
        // A performer of ours gave the facts of another effect; silence would lose what it found out.
        let text = format!("{}: done, and what it found out was not told", title(effect));
        return decision.event(effect.attempt(), Note { text });
    }
    match (effect, facts) {
        (Effect::CreateWorktree, Facts::Worktree { path, branch, head }) if run.worktree_at.is_none() => {
            decision.event(None, WorktreeCreated { path, branch, head })
        }
        (Effect::LeaseEnvironment, Facts::Leased { copied, bytes }) if !run.leased => {
            decision.event(None, EnvironmentLeased { copied, bytes })
        }
        (Effect::SetUp { .. }, _) if !run.set_up && !run.status.is_settled() => {
            let commands = run.spec.as_ref().map_or(0, |spec| spec.environment.setup.len());
            let commands = u32::try_from(commands).unwrap_or(u32::MAX);
            decision.event(effect.attempt(), SetupFinished { commands })
        }
        (Effect::StartAttempt(key), Facts::Started { pid, keeper_pid, reads, sandbox, metered, paid_by })
            if run.attempt_named(key).is_none_or(|attempt| attempt.pid.is_none() && attempt.exit.is_none()) =>
        {
            decision.event(
                Some(key.clone()),
                AttemptStarted {
                    pid,
                    keeper_pid,
                    reads: (!reads.is_empty()).then_some(reads),
                    sandbox,
                    metered,
                    paid_by,
                },
            )
        }
        (Effect::StopAttempt { attempt, by, .. }, Facts::Stopped { exit, untold }) => {
            let live = run.attempt_named(attempt).is_some_and(|a| a.is_live());
            let exit = exit.unwrap_or(Exit { asked: true, ..Exit::default() });
            let decision =
                if live { decision.event(Some(attempt.clone()), AttemptFinished { exit }) } else { decision };
            let over = run.status.is_settled();
            if over {
                decision
            } else {
                decision.event(Some(attempt.clone()), RunTerminated { by: by.clone(), untold })
            }
        }
        (Effect::CommitLeftovers { phase }, Facts::Committed { head, leftovers }) => {
            let open = |p: &&PhaseState| {
                let checked = p.progress.committed.is_some() && p.repair.is_none() && !p.spec.checks.is_empty();
                p.spec.name == *phase && !p.progress.finished && !checked
            };
            let number = run.attempt().map_or(1, |a| a.number);
            let key = AttemptKey { phase: phase.clone(), attempt: number };
            run.phases.iter().find(open).map_or(decision, |phase| next::committed(phase, key, head, leftovers))
        }
        (Effect::RunCheck { name, n }, Facts::Checked(checked)) if is_open(run, name, *n) => {
            decision.event(run.attempt_key(), *checked)
        }
        (Effect::MeasureWork, Facts::Measured(measured)) if run.proof.due && run.proof.covers.is_none() => {
            decision.event(None, *measured)
        }
        (Effect::WriteProof { k, .. }, Facts::Proven(written)) if run.proof.next() == *k => {
            decision.event(None, written)
        }
        (Effect::Merge { .. }, Facts::Merged(merged)) if run.merging.is_some() => {
            let merged = decision.event(None, merged);
            // Its work is in the base, so its worktree is of no more use; a snapshot keeps what was beside.
            match run.has_worktree() {
                true => merged.event(None, RemovalRequested { by: By::Pilothouse }),
                false => merged,
            }
        }
        (Effect::Deliver { .. }, Facts::Delivered(pull)) if run.pull.as_ref() != Some(&*pull) => match run.pull {
            None => decision.event(None, *pull),
            Some(_) => decision.event(None, PullChanged { pull: *pull }),
        },
        (Effect::Write { attempt, question: Some(id), how, .. }, _)
            if run.question.as_ref().is_some_and(|open| open.id == *id) =>
        {
            decision.event(Some(attempt.clone()), WaitingEnded { id: id.clone(), how: how.clone() })
        }
        (Effect::Freeze { attempt, by, reason }, Facts::Frozen(frozen)) if run.paused.is_none() => {
            let (by, reason) = (by.clone(), reason.clone());
            decision.event(Some(attempt.clone()), RunPaused { by, reason, frozen })
        }
        (Effect::Thaw { attempt, by }, _) if run.paused.is_some() => {
            decision.event(Some(attempt.clone()), RunResumed { by: by.clone() })
        }
        (Effect::SaveCheckpoint { n, why }, Facts::Checkpoint { commit, tree, head })
            if run.checkpoints.iter().all(|c| c.n != *n) =>
        {
            decision.event(run.attempt_key(), CheckpointSaved { n: *n, commit, tree, head, why: why.clone() })
        }
        (Effect::RestoreCheckpoint { n }, Facts::Restored { head, kept })
            if run.rollback.is_some() || run.retry.as_ref().is_some_and(|retry| !retry.put_back) =>
        {
            decision.event(run.attempt_key(), CheckpointRestored { n: *n, head, kept })
        }
        (Effect::RemoveWorktree { snapshot, by, .. }, Facts::Removed { bytes, left_out, branch }) if !run.removed => {
            let saved = run.snapshot.as_ref().is_some_and(|known| known.name == *snapshot);
            let decision = match saved {
                true => decision,
                false => decision.event(None, SnapshotSaved { name: snapshot.clone(), bytes, left_out }),
            };
            decision.event(None, WorktreeRemoved { by: by.clone(), branch })
        }
        (Effect::DropCheckpoints, Facts::Dropped { refs }) if run.dropping.is_some() => {
            decision.event(None, CheckpointsDropped { refs })
        }
        (Effect::RestoreWorktree { .. }, Facts::WorktreeBack { path, head }) if run.restoring => {
            decision.event(None, WorktreeRestored { path, head })
        }
        _ => decision,
    }
}

/// Whether the `n`th end of a check has not been told.
fn is_open(run: &RunState, name: &str, n: u32) -> bool {
    run.last_check(name).is_none_or(|last| last.n < n)
}

fn failed(run: &RunState, effect: &Effect, reason: &str) -> Decision {
    let decision = Decision::default();
    match effect {
        // It says nothing of the work, which is what the run must know.
        Effect::RunCheck { name, n } if is_open(run, name, *n) => {
            let head = run.head.clone().unwrap_or_default();
            let (name, reason) = (name.clone(), reason.to_owned());
            let error =
                CheckFinished { name, n: *n, verdict: Verdict::Error, reason, head, ..CheckFinished::default() };
            decision.event(run.attempt_key(), error)
        }
        // One that was ended meanwhile stays what it is.
        Effect::CreateWorktree if !run.status.is_settled() => {
            decision.event(None, RunFailed { phase: None, reason: format!("no worktree: {reason}") })
        }
        Effect::LeaseEnvironment | Effect::SetUp { .. } if !run.status.is_settled() && run.ending.is_none() => {
            decision.event(effect.attempt(), RunFailed { phase: None, reason: format!("{}: {reason}", title(effect)) })
        }
        Effect::CommitLeftovers { phase } if !run.status.is_settled() => {
            let key = run.attempt_key();
            let reason = format!("what the agent left could not be committed: {reason}");
            decision.event(key, RunFailed { phase: Some(phase.clone()), reason })
        }
        Effect::StartAttempt(key) if run.attempt_named(key).is_none_or(|attempt| attempt.exit.is_none()) => {
            let exit = Exit { error: Some(reason.to_owned()), ..Exit::default() };
            decision.event(Some(key.clone()), AttemptFinished { exit })
        }
        // A run that was on its way can't go on without its checkpoint; one at rest stays what it is.
        Effect::SaveCheckpoint { .. } | Effect::RestoreCheckpoint { .. } if !run.status.is_settled() => {
            let phase = run.current().map(|p| p.spec.name.clone());
            decision.event(run.attempt_key(), RunFailed { phase, reason: format!("{}: {reason}", title(effect)) })
        }
        Effect::CreateWorktree
        | Effect::LeaseEnvironment
        | Effect::SetUp { .. }
        | Effect::StartAttempt(_)
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
        | Effect::Thaw { .. }
        | Effect::SaveCheckpoint { .. }
        | Effect::DropCheckpoints
        | Effect::RestoreCheckpoint { .. }
        | Effect::RemoveWorktree { .. }
        | Effect::RestoreWorktree { .. } => {
            decision.event(effect.attempt(), Note { text: format!("{}: {reason}", title(effect)) })
        }
    }
}

fn title(effect: &Effect) -> &'static str {
    match effect {
        Effect::CreateWorktree => "making the worktree",
        Effect::LeaseEnvironment => "copying into the worktree",
        Effect::SetUp { .. } => "set-up",
        Effect::StartAttempt(_) => "starting the agent",
        Effect::StopAttempt { .. } => "terminating",
        Effect::CommitLeftovers { .. } => "committing what the agent left",
        Effect::RunCheck { .. } => "running a check",
        Effect::MeasureWork => "measuring its work",
        Effect::WriteProof { .. } => "writing the proof pack",
        Effect::Merge { .. } => "merging",
        Effect::Deliver { .. } => "telling the forge",
        Effect::Write { .. } => "writing to the agent",
        Effect::CloseInput(_) => "closing the agent's input",
        Effect::Freeze { .. } => "pausing",
        Effect::Thaw { .. } => "resuming",
        Effect::SaveCheckpoint { .. } => "saving a checkpoint",
        Effect::DropCheckpoints => "letting checkpoints go",
        Effect::RestoreCheckpoint { .. } => "going back to a checkpoint",
        Effect::RemoveWorktree { .. } => "removing the worktree",
        Effect::RestoreWorktree { .. } => "restoring the worktree",
    }
}
