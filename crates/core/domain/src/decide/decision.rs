//! Decisions, and refusals to decide.

use crate::attempt::AttemptKey;
use crate::effect::Effect;
use crate::event::Body;
use crate::run::RunState;

/// Events and effects that are to happen: first the events are appended, then the effects are performed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// Each event with the attempt it belongs to.
    pub events: Vec<(Option<AttemptKey>, Body)>,
    pub effects: Vec<Effect>,
}

impl Decision {
    pub(super) fn event(mut self, attempt: Option<AttemptKey>, body: impl Into<Body>) -> Self {
        self.events.push((attempt, body.into()));
        self
    }

    pub(super) fn effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    pub fn is_nothing(&self) -> bool {
        self.events.is_empty() && self.effects.is_empty()
    }
}

/// Why a command is not carried out: exit code 4 of the command line's contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; {next}")]
pub struct Refusal {
    pub reason: String,
    pub next: String,
}

impl Refusal {
    pub fn new(reason: impl Into<String>, next: impl Into<String>) -> Self {
        Self { reason: reason.into(), next: next.into() }
    }
}

/// Keeps the whole worktree as the next checkpoint.
pub(super) fn save(run: &RunState, why: String) -> Decision {
    let n = run.checkpoints.last().map_or(0, |last| last.n + 1);
    Decision::default().effect(Effect::SaveCheckpoint { n, why })
}

/// Checks that nothing of the run lives or is under way and that its worktree is there, for whatever changes
/// the worktree. `alive` is the count of its processes, which no state can know.
pub(super) fn settled(run: &RunState, alive: usize) -> Result<(), Refusal> {
    if run.is_live() || alive > 0 {
        let living = if alive > 0 { crate::figures::living(alive) } else { "its agent lives".to_owned() };
        // What pilothouse does by itself comes to its end by itself.
        let checks = run.status == crate::status::Status::Checking;
        let next = if checks { "wait until it is over, or terminate it" } else { "terminate it first" };
        return Err(Refusal::new(format!("it is {}, {living}", run.status.word()), next));
    }
    if !run.status.is_settled() {
        return Err(Refusal::new(format!("it is {}", run.status.word()), "wait until it is over, or terminate it"));
    }
    if !run.is_at_rest() {
        return Err(Refusal::new("something is being done with it already", "wait a moment"));
    }
    if run.removed {
        return Err(Refusal::new("its worktree was removed", "`pilothouse restore` brings it back"));
    }
    Ok(())
}
