//! A run that is taken through its life by decisions and folds alone.

use domain::attempt::{AttemptKey, Exit, Frozen};
use domain::command::{Command, NewRun};
use domain::decide::{self, Decision, Facts, Refusal};
use domain::effect::{Effect, Outcome};
use domain::event::{AgentFinished, AgentSession, AttemptFinished, EffectStarted, GENESIS, RunCreated, RunQueued};
use domain::phase::PhaseSpec;
use domain::{Body, Event, RunId, RunState, Timestamp, fold};

pub(crate) struct Run {
    pub(crate) state: RunState,
    events: Vec<Event>,
    commits: u32,
}

impl Run {
    pub(crate) fn new(phases: Vec<PhaseSpec>, release_unchanged: bool) -> Self {
        let mut run = Self { state: RunState::default(), events: Vec::new(), commits: 0 };
        let spec = NewRun {
            name: "fix".to_owned(),
            repo: "/r".to_owned(),
            base: "main".to_owned(),
            base_commit: "base".to_owned(),
            branch: "pilothouse/fix".to_owned(),
            worktree: "/w/fix".to_owned(),
            agent: "rehearsal".to_owned(),
            task: "do it".to_owned(),
            phases,
            release_unchanged,
            ..NewRun::unknown(RunId::parse("abc234").expect("an id"))
        };
        run.append(None, RunCreated { run: Box::new(spec) }.into());
        run.append(None, RunQueued {}.into());
        run
    }

    pub(crate) fn two_phases() -> Self {
        Self::new(vec![phase("plan"), phase("build")], false)
    }

    pub(crate) fn append(&mut self, attempt: Option<AttemptKey>, body: Body) {
        let (phase, attempt) = attempt.map(|k| (k.phase, k.attempt)).unzip();
        let seq = self.state.seq + 1;
        let at = Timestamp::from_millis(i64::try_from(seq).expect("small") * 1000);
        let event = Event { seq, at, phase, attempt, body, src: None, prev: GENESIS.to_owned() };
        fold::apply(&mut self.state, &event);
        self.events.push(event);
        assert_eq!(fold::all(&self.events), self.state, "folding anew gives the same");
    }

    pub(crate) fn take(&mut self, decision: Decision) {
        for (key, body) in decision.events {
            self.append(key, body);
        }
        for effect in decision.effects {
            let id = self.state.last_effect + 1;
            self.append(None, EffectStarted { id, effect }.into());
        }
    }

    pub(crate) fn ask(&mut self, command: &Command, alive: usize) -> Result<(), Refusal> {
        let decision = decide::command(&self.state, command, alive)?;
        self.take(decision);
        Ok(())
    }

    /// Does what is to be done, until an agent works or nothing follows; returns the effects in order.
    pub(crate) fn go_on(&mut self) -> Vec<String> {
        let mut done = Vec::new();
        loop {
            if let Some((id, effect)) = self.state.effects.iter().next().map(|(id, e)| (*id, e.clone())) {
                let word = self.perform(id, &effect);
                // There is nothing to measure here, and then it is given up.
                done.extend(Some(word).filter(|_| effect != Effect::MeasureWork));
                continue;
            }
            let decision = decide::next(&self.state, true);
            if decision.is_nothing() {
                return done;
            }
            self.take(decision);
        }
    }

    pub(crate) fn perform(&mut self, id: u64, effect: &Effect) -> String {
        let head = self.state.head.clone().unwrap_or_default();
        let (facts, word) = match effect {
            Effect::CreateWorktree => {
                let (path, branch) = ("/w/fix".to_owned(), "pilothouse/fix".to_owned());
                (Facts::Worktree { path, branch, head: "base".to_owned() }, "create".to_owned())
            }
            Effect::StartAttempt(key) => (
                Facts::Started {
                    pid: 10,
                    keeper_pid: 9,
                    reads: "text".to_owned(),
                    sandbox: None,
                    metered: false,
                    paid_by: None,
                },
                format!("start {key}"),
            ),
            Effect::CommitLeftovers { phase } => {
                self.commits += 1;
                (Facts::Committed { head: format!("head{}", self.commits), leftovers: 1 }, format!("commit {phase}"))
            }
            Effect::SaveCheckpoint { n, .. } => {
                (Facts::Checkpoint { commit: format!("c{n}"), tree: String::new(), head }, format!("save {n}"))
            }
            Effect::RestoreCheckpoint { n } => {
                let head = self.state.checkpoints[*n as usize].head.clone();
                (Facts::Restored { head, kept: Vec::new() }, format!("restore {n}"))
            }
            Effect::Freeze { .. } => {
                (Facts::Frozen(Frozen { n: 3, of: 3, means: "freezer".to_owned() }), "freeze".to_owned())
            }
            Effect::RemoveWorktree { snapshot, .. } => {
                (Facts::Removed { bytes: 1, left_out: Vec::new(), branch: true }, format!("remove {snapshot}"))
            }
            Effect::RestoreWorktree { snapshot } => {
                (Facts::WorktreeBack { path: "/w/fix".to_owned(), head }, format!("bring back {snapshot}"))
            }
            other => (Facts::Nothing, format!("{other:?}").chars().take(10).collect()),
        };
        self.finish(id, Outcome::Done, facts);
        word
    }

    pub(crate) fn finish(&mut self, id: u64, outcome: Outcome, facts: Facts) {
        let decision = decide::finished(&self.state, id, outcome, facts);
        self.take(decision);
    }

    /// The agent at work names its session, says its result if it has one, and ends.
    pub(crate) fn agent(&mut self, session: &str, result: Option<bool>) {
        let key = self.state.attempt_key();
        self.append(key.clone(), AgentSession { session: session.to_owned(), ..AgentSession::default() }.into());
        if let Some(ok) = result {
            self.append(key.clone(), AgentFinished { ok, text: format!("{session} ends") }.into());
        }
        self.append(key, AttemptFinished { exit: Exit { code: Some(0), ..Exit::default() } }.into());
    }
}

pub(crate) fn phase(name: &str) -> PhaseSpec {
    PhaseSpec { name: name.to_owned(), prompt: format!("{name} it"), ..PhaseSpec::default() }
}

pub(crate) fn retry() -> Command {
    Command::Retry { phase: None, resume: None }
}
