//! Trying a phase again: anew from where it began, or going on in the agent's own session.

use super::decision::{Decision, Refusal, settled};
use crate::event::RetryRequested;
use crate::run::RunState;
use crate::status::{By, Status};

/// A request to try a phase or a failed step again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RetryOrder<'a> {
    /// The phase to try again; `None`: the one that is to go on.
    pub phase: Option<&'a str>,
    /// Whether to continue the agent's session in the worktree as it is; `None`: when it was cut short. Where neither this nor
    /// a phase is named, work that is done is kept, and a step of pilothouse's own that failed is taken again alone.
    pub resume: Option<bool>,
    /// Processes of the run that live now, as just counted.
    pub alive: usize,
}

/// Decides `retry`; [`next`](super::next) carries it out.
///
/// # Errors
/// Refused while anything of the run lives, so that there are never two copies, and where there is nothing
/// to begin with.
pub fn retry(run: &RunState, asked: &RetryOrder<'_>, by: By) -> Result<Decision, Refusal> {
    // One that waits for a limit to be lifted need not wait.
    if run.goes_on_at.is_none() || asked.alive > 0 {
        settled(run, asked.alive)?;
    }
    if run.status == Status::Merged {
        return Err(Refusal::new("it is merged", "start another run"));
    }
    if run.step_failed && *asked == (RetryOrder { alive: asked.alive, ..RetryOrder::default() }) {
        let phase = run.current().map(|phase| phase.spec.name.clone()).unwrap_or_default();
        let event = RetryRequested { phase, resume: false, only_step: true, by };
        return Ok(Decision::default().event(run.attempt_key(), event));
    }
    let index = match asked.phase {
        Some(name) => run.phases.iter().position(|p| p.spec.name == name).ok_or_else(|| {
            let names: Vec<_> = run.phases.iter().map(|p| p.spec.name.as_str()).collect();
            Refusal::new(format!("it has no phase {name:?}"), format!("it has {}", names.join(", ")))
        })?,
        None => run.phase,
    };
    let unreached = || Refusal::new("it never came to that phase", "retry an earlier one");
    let phase = run.phases.get(index).ok_or_else(unreached)?;
    let never_begun = phase.attempts.is_empty() && phase.progress.began_at.is_none();
    if never_begun && index != run.phase {
        return Err(unreached());
    }
    let session = phase.attempts.iter().rev().find_map(|a| a.session.as_ref());
    // One that was to go on in a session and never started changed nothing; what it was to go on with counts.
    let last = phase.attempts.iter().rev().find(|a| a.pid.is_some() || a.resumes.is_none());
    // An agent that said nothing of its result was cut short, whatever by: its session can go on.
    let cut_short =
        !phase.progress.finished && last.is_some_and(|a| a.exit.is_some() && a.result.is_none() && a.pid.is_some());
    let resume =
        asked.resume.unwrap_or(cut_short && session.is_some() && asked.phase.is_none() && !phase.progress.rolled_back);
    if resume && session.is_none() {
        let next = "`retry` alone (r in the cockpit) begins the phase anew";
        return Err(Refusal::new("its agent never named a session that could go on", next));
    }
    if !resume && phase.progress.began_at.is_none() && !never_begun {
        let next = "`retry --resume` (R in the cockpit) goes on in the worktree as it is";
        return Err(Refusal::new("no checkpoint says how the worktree was when that phase began", next));
    }
    if !resume && !never_begun && phase.progress.began_at.is_some_and(|n| !run.has_checkpoint(n)) {
        let next = "`retry --resume` goes on in the worktree as it is, or start another run";
        return Err(Refusal::new("its checkpoints were dropped, so that phase can't begin where it began", next));
    }
    let event = RetryRequested { phase: phase.spec.name.clone(), resume, only_step: false, by };
    Ok(Decision::default().event(run.attempt_key(), event))
}
