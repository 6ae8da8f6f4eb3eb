//! A run that has used what it may use stands still until a person decides.

use domain::attempt::{AttemptKey, Frozen};
use domain::command::NewRun;
use domain::decide::{self, Facts};
use domain::effect::{Effect, Outcome};
use domain::event::{AttemptStarted, EffectStarted, GENESIS, PhaseStarted, RunCreated, UsageReported, WorktreeCreated};
use domain::group::{self, Group};
use domain::phase::PhaseSpec;
use domain::status::By;
use domain::tokens::Tokens;
use domain::{Body, Event, RunId, RunState, Status, Timestamp, fold};

struct Run {
    state: RunState,
    seq: u64,
}

impl Run {
    /// A run at work that may use a thousand tokens.
    fn at_work() -> Self {
        let run = NewRun {
            id: RunId::parse("abc234").expect("an id"),
            name: "fix".to_owned(),
            repo: "/r".to_owned(),
            base: "main".to_owned(),
            base_commit: "b".repeat(40),
            branch: "pilothouse/fix".to_owned(),
            worktree: "/w/fix".to_owned(),
            agent: "rehearsal".to_owned(),
            model: None,
            task: "do it".to_owned(),
            phases: vec![PhaseSpec { name: "build".to_owned(), ..PhaseSpec::default() }],
            release_unchanged: false,
            interactive: false,
            policy: domain::policy::Policy::default(),
            go_on_within_ms: None,
            environment: domain::environment::EnvironmentSpec::default(),
            budget_tokens: Some(1_000),
        };
        let (path, branch, head) = (run.worktree.clone(), run.branch.clone(), run.base_commit.clone());
        let mut at_work = Self { state: RunState::default(), seq: 0 };
        let start = Effect::StartAttempt(key());
        at_work.hear(RunCreated { run: Box::new(run) });
        at_work.hear(WorktreeCreated { path, branch, head });
        at_work.hear(PhaseStarted { index: 1, count: 1, checkpoint: Some(0), resumes: None });
        at_work.hear(EffectStarted { id: 1, effect: start });
        at_work.hear(AttemptStarted { pid: 10, keeper_pid: 9, reads: None, sandbox: None });
        let decision = decide::finished(&at_work.state, 1, Outcome::Done, Facts::Nothing);
        at_work.take(decision);
        at_work
    }

    fn hear(&mut self, body: impl Into<Body>) {
        self.seq += 1;
        let (phase, attempt) = (Some("build".to_owned()), Some(1));
        let at = Timestamp::from_millis(i64::try_from(self.seq).expect("few events"));
        let prev = GENESIS.to_owned();
        fold::apply(&mut self.state, &Event { seq: self.seq, at, phase, attempt, body: body.into(), src: None, prev });
    }

    fn take(&mut self, decision: decide::Decision) -> Vec<Effect> {
        for (_, body) in decision.events {
            self.hear(body);
        }
        for effect in &decision.effects {
            self.hear(EffectStarted { id: self.state.last_effect + 1, effect: effect.clone() });
        }
        decision.effects
    }

    fn uses(&mut self, input: u64) -> Vec<Effect> {
        self.hear(UsageReported { tokens: Tokens { input, ..Tokens::default() }, of: None });
        let decision = decide::next(&self.state, true);
        self.take(decision)
    }

    fn finish(&mut self, outcome: Outcome, facts: Facts) {
        let decision = decide::finished(&self.state, self.state.last_effect, outcome, facts);
        self.take(decision);
    }
}

fn key() -> AttemptKey {
    AttemptKey { phase: "build".to_owned(), attempt: 1 }
}

fn frozen() -> Facts {
    Facts::Frozen(Frozen { n: 3, of: 3, means: "freezer".to_owned() })
}

#[test]
fn it_is_paused_at_its_budget_and_a_person_gives_it_as_much_again() {
    let mut run = Run::at_work();
    assert!(run.uses(999).is_empty(), "not yet");
    assert!(matches!(run.uses(1).as_slice(), [Effect::Freeze { by: By::Budget, .. }]));
    run.finish(Outcome::Done, frozen());
    let Status::Paused { by: By::Budget, reason } = run.state.status.clone() else { panic!("{:?}", run.state.status) };
    assert!(reason.contains("1k of 1k tokens") && reason.contains("1k more"), "{reason}");
    assert_eq!(group::of(&run.state), Group::NeedsYou);
    assert!(run.uses(0).is_empty(), "it is paused once");

    let resumed = decide::resume(&run.state, By::Person).expect("it is paused");
    run.take(resumed);
    run.finish(Outcome::Done, Facts::Nothing);
    assert_eq!(run.state.budget, Some(2_000));
    assert!(run.uses(999).is_empty(), "as much again");
    assert!(matches!(run.uses(1).as_slice(), [Effect::Freeze { .. }]));
}

#[test]
fn a_pause_that_fails_is_not_tried_at_every_event() {
    let mut run = Run::at_work();
    assert_eq!(run.uses(1_000).len(), 1);
    run.finish(Outcome::Failed("its keeper does not answer".to_owned()), Facts::Nothing);
    assert_eq!(run.state.budget, Some(2_000));
    assert!(run.uses(10).is_empty());
    assert_eq!(run.uses(990).len(), 1, "when as much again was used");
}
