//! An effect of a run, and the places that it works in.

use std::path::{Path, PathBuf};

use domain::attempt::AttemptKey;
use domain::command::NewRun;
use domain::decide::Facts;
use domain::effect::{Effect, EffectId, Outcome};
use domain::policy::Policy;
use evidence::StateFolder;
use worktrees::{FoundWorktree, Repository, WorktreeError};

use super::effect_error::EffectError;
use crate::places::DaemonPlaces;

/// An effect of a run, with what performing it takes.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) spec: NewRun,
    pub(crate) id: EffectId,
    pub(crate) effect: Effect,
    /// The agent's start, where the effect starts an attempt.
    pub(crate) start: Option<StartWith>,
    /// The budgets that the run's calls count against.
    pub(crate) limits: gateway::Limits,
    /// Whether an earlier daemon started the effect and may or may not have finished: look before doing it.
    pub(crate) again: bool,
}

/// The agent of an attempt, and what it is told and allowed at its start.
#[derive(Debug, Clone)]
pub(crate) struct StartWith {
    pub(crate) agent: String,
    pub(crate) model: Option<String>,
    pub(crate) prompt: String,
    /// The session to go on in.
    pub(crate) resume: Option<String>,
    pub(crate) policy: Policy,
}

impl StartWith {
    /// Returns the task in the agent's own terms.
    pub(crate) fn task(&self) -> agents::Task<'_> {
        let (model, resume) = (self.model.as_deref(), self.resume.as_deref());
        match agents::find(&self.agent) {
            Some(agent) => agent.task(&self.prompt, model, resume, self.policy),
            None => agents::Own::task(&self.prompt, model, resume, self.policy),
        }
    }
}

/// The outcome of an effect, and the facts that it found out.
pub(super) type Performed = (Outcome, Facts);

/// Returns the folder of an attempt of this job's run.
pub(super) fn attempt_folder(places: &DaemonPlaces, job: &Job, attempt: &AttemptKey) -> Result<PathBuf, EffectError> {
    let state = StateFolder::open(&places.home)?;
    Ok(state.run(&job.spec.id).attempt(attempt))
}

pub(super) fn refused(reason: impl ToString) -> Performed {
    (Outcome::Refused(reason.to_string()), Facts::Nothing)
}

/// Opens the repository of a run.
pub(super) fn repository(spec: &NewRun) -> Result<Repository, WorktreeError> {
    Repository::at(Path::new(&spec.repo))
}

/// Returns where a run's worktree is now, checked to be a linked worktree of its repository.
pub(super) fn worktree(repo: &Repository, spec: &NewRun) -> Result<PathBuf, WorktreeError> {
    let path = match repo.worktree_of(spec.id.as_str())? {
        FoundWorktree::There(worktree) => worktree.path,
        // The lock may have been taken off by hand; what lies there must still be a worktree of this repository.
        FoundWorktree::Vanished(_) | FoundWorktree::Unknown => PathBuf::from(&spec.worktree),
    };
    if !path.exists() {
        return Err(WorktreeError::Gone { path });
    }
    repo.check_linked(&path).map(|_| path)
}

pub(super) fn failed(reason: impl ToString) -> Performed {
    (Outcome::Failed(reason.to_string()), Facts::Nothing)
}
