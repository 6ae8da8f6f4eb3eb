//! A run's state: what its events add up to.

use std::collections::{BTreeMap, BTreeSet};

use crate::attempt::{AttemptKey, AttemptState, Frozen};
use crate::budget::{Budget, Used};
use crate::check::CheckState;
use crate::checkpoint::{Checkpoint, RetryAsked, Rollback};
use crate::command::NewRun;
use crate::comment::SentComment;
use crate::effect::{Effect, EffectId};
use crate::escape::Escape;
use crate::event::{BudgetReached, CheckFinished, ConflictFound, GateDecided, MergeRequested, PullOpened, RunMerged};
use crate::phase::PhaseState;
use crate::proof::ProofState;
use crate::pull_request::{PullState, PullWork};
use crate::question::{QuestionKind, SingleQuestion, asked_last};
use crate::spend::{self, Spent};
use crate::status::{By, Status};
use crate::times::Times;
use crate::timestamp::Timestamp;
use crate::tokens::Tokens;

/// A question the agent waits on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub id: String,
    pub text: String,
    pub choices: Vec<String>,
    pub tool: Option<String>,
    pub input: Option<String>,
    pub kind: QuestionKind,
    pub asks: Vec<SingleQuestion>,
    /// All of what is asked, where that is more than `text`.
    pub full: Option<String>,
    pub asked_at: Timestamp,
    /// An answer was begun to be written; whether it arrived is another matter.
    pub answered: bool,
}

/// A run whose processes stand still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paused {
    pub frozen: Frozen,
    /// The status of the run when it goes on.
    pub under: Status,
}

/// A worktree that is gone and what was kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub name: String,
    /// Bytes of the files kept.
    pub bytes: u64,
    pub left_out: Vec<String>,
}

/// Checks that a person asked for, on a run that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recheck {
    pub checks: Vec<String>,
    pub done: Vec<CheckFinished>,
    /// The status that the run had before these checks.
    pub was: Status,
    /// The first of them was begun, so that the run has a place of the concurrency limit.
    pub begun: bool,
}

/// Everything that is known of a run from its timeline; only [`fold`](crate::fold) changes it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunState {
    /// The run as it was asked for; `None` before `run.created` (a timeline whose start is lost).
    pub spec: Option<NewRun>,
    pub status: Status,
    pub phases: Vec<PhaseState>,
    /// Index into `phases` of the phase that is or was last at work.
    pub phase: usize,
    /// The worktree exists: the commit it was made at.
    pub worktree_at: Option<String>,
    /// The worktree has what it gets beside what git checks out.
    pub leased: bool,
    /// The set-up commands have ended well.
    pub set_up: bool,
    /// How often they were begun.
    pub setups: u32,
    /// The commit the branch was last seen at.
    pub head: Option<String>,
    pub question: Option<Question>,
    /// Questions that the agent asks beside that one, in their order.
    pub more_questions: Vec<Question>,
    /// Tools that a person allowed for the rest of this run.
    pub allowed: BTreeSet<String>,
    /// The model that the agent itself named.
    pub model: Option<String>,
    /// Tokens that the agent reported; `None` when it has reported nothing.
    pub tokens: Option<Tokens>,
    /// The use of models, by quarter of an hour, agent and model.
    pub spend: Vec<Spent>,
    /// Bytes of `calls.jsonl` that became events.
    pub calls_to: u64,
    /// The amount that the run may use until it is paused and a person decides.
    pub budget: Budget,
    /// A person let it go on until its own budget is used, whatever day and repository have used.
    pub budget_alone: bool,
    /// A person has been warned since the budget was set.
    pub warned: bool,
    /// The budget that is used up, until a person lets it go on.
    pub over: Option<BudgetReached>,
    /// Calls one after the other whose bill is not known to its end, since a person let it go on.
    pub cut_in_a_row: u32,
    /// The amount that the run had used when it could not be paused for a budget.
    pub unfrozen_at: Option<Used>,
    pub times: Times,
    /// Up to when they are counted.
    pub times_at: Option<Timestamp>,
    /// Effects that were started and have not finished.
    pub effects: BTreeMap<EffectId, Effect>,
    pub last_effect: EffectId,
    /// The keeper is gone while processes of the run still live.
    pub keeper_gone: bool,
    /// Why something of it may live although it was terminated.
    pub untold: Option<String>,
    /// A request to end it: by whom, and the grace in milliseconds.
    pub ending: Option<(By, u64)>,
    pub dismissed: bool,
    /// When it goes on by itself after a limit that ended its attempt.
    pub goes_on_at: Option<Timestamp>,
    pub paused: Option<Paused>,
    pub checkpoints: Vec<Checkpoint>,
    /// By name; those that were begun.
    pub checks: BTreeMap<String, CheckState>,
    pub recheck: Option<Recheck>,
    pub proof: ProofState,
    /// The decision of the gate when it was last open.
    pub gate: Option<GateDecided>,
    /// A merge that was asked for.
    pub merging: Option<MergeRequested>,
    pub merged: Option<RunMerged>,
    /// The pull request, as the forge said last.
    pub pull: Option<PullOpened>,
    /// The state that a person asked the pull request to have.
    pub pull_asked: Option<PullState>,
    /// A person asked, so the forge is told even what it should know.
    pub pull_retold: bool,
    /// The facts that the forge could not be told.
    pub pull_failed: Option<PullWork>,
    /// Comments of a reviewer on single lines, the oldest first.
    pub comments: Vec<SentComment>,
    /// The event in which something was last said of one.
    pub commented_at: u64,
    /// Conflicts of its work with other runs and the base, as was seen last.
    pub conflicts: Vec<ConflictFound>,
    /// Where its agents wrote that is not theirs.
    pub escapes: Vec<Escape>,
    /// Tools that write and have not returned: the call's id and the path.
    pub writing: Vec<(String, String)>,
    pub retry: Option<RetryAsked>,
    /// The run failed at a step of pilothouse's own after its agent's work, which can be taken again alone.
    pub step_failed: bool,
    /// A person's answer to its agent's last words, until an attempt begins with it.
    pub reply: Option<String>,
    pub rollback: Option<Rollback>,
    /// A request to drop its checkpoints: by whom.
    pub dropping: Option<By>,
    /// A request to remove its worktree: by whom.
    pub removing: Option<By>,
    /// The last snapshot that was saved of its worktree.
    pub snapshot: Option<Snapshot>,
    /// The worktree was removed.
    pub removed: bool,
    /// The worktree's return was asked for.
    pub restoring: bool,
    pub created_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub last_event_at: Option<Timestamp>,
    /// The last event's number; 0 before the first.
    pub seq: u64,
}

impl Default for RunState {
    fn default() -> Self {
        Self {
            spec: None,
            status: Status::Unknown { reason: "its timeline does not say how it began".to_owned() },
            phases: Vec::new(),
            phase: 0,
            worktree_at: None,
            leased: false,
            set_up: false,
            setups: 0,
            head: None,
            question: None,
            more_questions: Vec::new(),
            allowed: BTreeSet::new(),
            model: None,
            tokens: None,
            spend: Vec::new(),
            calls_to: 0,
            budget: Budget::NONE,
            budget_alone: false,
            warned: false,
            over: None,
            cut_in_a_row: 0,
            unfrozen_at: None,
            times: Times::default(),
            times_at: None,
            effects: BTreeMap::new(),
            last_effect: 0,
            keeper_gone: false,
            untold: None,
            ending: None,
            dismissed: false,
            goes_on_at: None,
            paused: None,
            checkpoints: Vec::new(),
            checks: BTreeMap::new(),
            recheck: None,
            proof: ProofState::default(),
            gate: None,
            merging: None,
            merged: None,
            pull: None,
            pull_asked: None,
            pull_retold: false,
            pull_failed: None,
            comments: Vec::new(),
            commented_at: 0,
            conflicts: Vec::new(),
            escapes: Vec::new(),
            writing: Vec::new(),
            retry: None,
            step_failed: false,
            reply: None,
            rollback: None,
            dropping: None,
            removing: None,
            snapshot: None,
            removed: false,
            restoring: false,
            created_at: None,
            started_at: None,
            ended_at: None,
            last_event_at: None,
            seq: 0,
        }
    }
}

impl RunState {
    pub fn current(&self) -> Option<&PhaseState> {
        self.phases.get(self.phase)
    }

    pub fn attempt(&self) -> Option<&AttemptState> {
        self.current()?.attempt()
    }

    /// The attempt at work now, or last.
    pub fn attempt_key(&self) -> Option<AttemptKey> {
        let phase = self.current()?;
        Some(AttemptKey { phase: phase.spec.name.clone(), attempt: phase.attempt()?.number })
    }

    pub fn attempt_named(&self, key: &AttemptKey) -> Option<&AttemptState> {
        let phase = self.phases.iter().find(|p| p.spec.name == key.phase)?;
        phase.attempts.iter().find(|a| a.number == key.attempt)
    }

    /// Whether an attempt of this run has a keeper that has not reported its end.
    pub fn is_live(&self) -> bool {
        self.phases.iter().flat_map(|p| &p.attempts).any(AttemptState::is_live)
    }

    /// The question in its agent's last words, where the agent ended well and nothing came of the question yet.
    pub fn asked_last(&self) -> Option<&str> {
        let attempt = self.attempt().filter(|attempt| attempt.result.as_ref().is_some_and(|result| result.ok))?;
        asked_last(attempt.said.as_deref()?)
    }

    /// Whether it did nothing but ask, so that nothing comes of it without an answer.
    pub fn only_asked(&self) -> bool {
        self.status == Status::Ready && self.asked_last().is_some() && !self.has_changed()
    }

    /// Whether the branch moved, or files differ that nothing committed.
    pub fn has_changed(&self) -> bool {
        let base = self.spec.as_ref().map(|spec| spec.base_commit.as_str());
        let trees = self.checkpoints.first().zip(self.checkpoints.last());
        self.head.as_deref() != base || trees.is_some_and(|(first, last)| first.tree != last.tree)
    }

    /// The use in all.
    pub fn spent(&self) -> spend::Sum {
        self.spend.iter().collect()
    }

    /// The amount that counts against its budget.
    pub fn used(&self) -> Used {
        self.spent().used()
    }

    /// Whether a budget keeps it from going on and nothing of it lives.
    pub fn is_held(&self) -> bool {
        self.paused.is_some() && !self.is_live()
    }

    /// Whether there is a checkpoint of this number to go back to.
    pub fn has_checkpoint(&self, n: u32) -> bool {
        self.checkpoints.iter().any(|checkpoint| checkpoint.n == n && !checkpoint.dropped)
    }

    /// The name and model of the agent that works on a phase; on one that is nothing but checks, of the one before it.
    pub fn agent_of(&self, phase: &str) -> Option<(&str, Option<&str>)> {
        let spec = self.spec.as_ref()?;
        let index = self.phases.iter().position(|p| p.spec.name == phase);
        let own = index.and_then(|index| self.at_work(index)).map(|p| &p.spec);
        Some(match own.and_then(|p| Some((p.agent.as_deref()?, p.model.as_deref()))) {
            Some(other) => other,
            None => (&spec.agent, spec.model.as_deref()),
        })
    }

    /// The phase whose agent does the work of this one: itself, or the nearest before it that is not only checks.
    fn at_work(&self, index: usize) -> Option<&PhaseState> {
        self.phases.get(..=index)?.iter().rev().find(|phase| !phase.spec.only_checks)
    }

    /// The session in which what a phase's checks found would be mended.
    pub fn session_before(&self, index: usize) -> Option<String> {
        let own = self.phases.get(index)?.attempts.iter().rev().find_map(|attempt| attempt.session.clone());
        own.or_else(|| self.at_work(index)?.attempts.iter().rev().find_map(|attempt| attempt.session.clone()))
    }

    /// The last result of a check.
    pub fn last_check(&self, name: &str) -> Option<&CheckFinished> {
        self.checks.get(name)?.last.as_ref().map(|(last, _)| last)
    }

    /// The last result of every check.
    pub fn last_checks(&self) -> Vec<CheckFinished> {
        self.checks.values().filter_map(|check| Some(check.last.as_ref()?.0.clone())).collect()
    }

    /// The worktree is there and is to stay.
    pub fn has_worktree(&self) -> bool {
        self.worktree_at.is_some() && !self.removed
    }

    /// The status apart from a pause.
    pub(crate) fn status_mut(&mut self) -> &mut Status {
        match &mut self.paused {
            Some(paused) => &mut paused.under,
            None => &mut self.status,
        }
    }

    /// Whether it waits for one of the places that the concurrency limit counts: to begin, or to run its checks again.
    pub fn waits_for_slot(&self) -> bool {
        let checks = self.recheck.as_ref().is_some_and(|recheck| !recheck.begun);
        self.effects.is_empty() && self.ending.is_none() && (self.status == Status::Queued || checks)
    }

    /// Whether the run takes one of the places that the concurrency limit counts.
    pub fn takes_a_slot(&self) -> bool {
        if !self.effects.is_empty() || self.is_live() {
            return true;
        }
        let rests = self.status.is_settled() || matches!(self.status, Status::Queued | Status::Unknown { .. });
        !(rests || self.waits_for_slot() || self.goes_on_at.is_some() || self.is_held())
    }
}
