//! A run that has used what it may use stands still until a person decides.

use domain::attempt::{AttemptKey, Exit, Frozen};
use domain::budget::{Budget, BudgetOf, Used};
use domain::command::NewRun;
use domain::decide::{self, Facts};
use domain::effect::{Effect, Outcome};
use domain::event::{
    AgentFinished, AgentSession, AttemptFinished, AttemptStarted, BudgetReached, CallEnd, EffectStarted, GENESIS,
    ModelCalled, PhaseStarted, RunCreated, UsageReported, WorktreeCreated,
};
use domain::group::{self, Group};
use domain::money::Usd;
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
            name: "fix".to_owned(),
            repo: "/r".to_owned(),
            base: "main".to_owned(),
            base_commit: "b".repeat(40),
            branch: "pilothouse/fix".to_owned(),
            worktree: "/w/fix".to_owned(),
            agent: "rehearsal".to_owned(),
            task: "do it".to_owned(),
            phases: vec![PhaseSpec { name: "build".to_owned(), ..PhaseSpec::default() }],
            budget_tokens: Some(1_000),
            ..NewRun::unknown(RunId::parse("abc234").expect("an id"))
        };
        let (path, branch, head) = (run.worktree.clone(), run.branch.clone(), run.base_commit.clone());
        let mut at_work = Self { state: RunState::default(), seq: 0 };
        let start = Effect::StartAttempt(key());
        at_work.hear(RunCreated { run: Box::new(run) });
        at_work.hear(WorktreeCreated { path, branch, head });
        at_work.hear(PhaseStarted { index: 1, count: 1, checkpoint: Some(0), resumes: None });
        at_work.hear(EffectStarted { id: 1, effect: start });
        at_work.hear(AttemptStarted {
            pid: 10,
            keeper_pid: 9,
            reads: None,
            sandbox: None,
            metered: false,
            paid_by: None,
        });
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
        self.hear(UsageReported { tokens: Tokens { input, ..Tokens::default() }, ..UsageReported::default() });
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
fn a_run_pauses_at_its_budget() {
    let mut run = Run::at_work();
    assert!(run.uses(999).is_empty(), "not yet");
    assert!(matches!(run.uses(1).as_slice(), [Effect::Freeze { by: By::Budget, .. }]));
    run.finish(Outcome::Done, frozen());
    let Status::Paused { by: By::Budget, reason } = run.state.status.clone() else { panic!("{:?}", run.state.status) };
    assert!(reason.contains("1k of 1k tokens") && reason.contains("1k tokens more"), "{reason}");
    assert_eq!(group::of(&run.state), Group::NeedsYou);
    assert!(run.uses(0).is_empty(), "it is paused once");

    let resumed = decide::resume(&run.state, Budget::NONE, By::Person).expect("it is paused");
    run.take(resumed);
    run.finish(Outcome::Done, Facts::Nothing);
    assert_eq!(run.state.budget.tokens, Some(2_000));
    assert!(run.uses(999).is_empty(), "as much again");
    assert!(matches!(run.uses(1).as_slice(), [Effect::Freeze { .. }]));
}

#[test]
fn a_failed_pause_waits_for_further_use() {
    let mut run = Run::at_work();
    assert_eq!(run.uses(1_000).len(), 1);
    run.finish(Outcome::Failed("its keeper does not answer".to_owned()), Facts::Nothing);
    assert_eq!(run.state.budget.tokens, Some(1_000), "nobody has allowed more");
    assert!(decide::next(&run.state, true).is_nothing());
    assert_eq!(run.uses(10).len(), 1, "when more was used");
}

/// A call of so many tokens at so many dollars.
fn call(input: u64, usd: Option<f64>) -> ModelCalled {
    ModelCalled {
        id: format!("c{input}"),
        provider: "anthropic".to_owned(),
        asked: Some("a-model".to_owned()),
        answered: None,
        began_at: Timestamp::from_millis(1),
        first_byte_ms: Some(10),
        duration_ms: 20,
        status: Some(200),
        end: CallEnd::Whole,
        finish: None,
        error: None,
        retry: None,
        session: None,
        tokens: Some(Tokens { input, ..Tokens::default() }),
        cache_write_1h: 0,
        beside: Vec::new(),
        over: None,
        at_most: None,
        special: None,
        cost_usd: usd.and_then(Usd::new),
    }
}

#[test]
fn a_metered_agents_report_is_not_counted() {
    let mut run = Run::at_work();
    run.hear(AttemptStarted { pid: 10, keeper_pid: 9, reads: None, sandbox: None, metered: true, paid_by: None });
    run.hear(call(300, Some(0.25)));
    run.hear(UsageReported { tokens: Tokens { input: 300, ..Tokens::default() }, ..UsageReported::default() });
    let spent = run.state.spent();
    assert_eq!(run.state.tokens.map(|t| t.total()), Some(300));
    assert_eq!((spent.calls, spent.cost(), spent.reported), (1, Usd::new(0.25), false));
    run.hear(call(100, None));
    let spent = run.state.spent();
    assert_eq!((spent.cost(), spent.unpriced, spent.usd), (None, 100, Usd::new(0.25).expect("an amount")));
}

#[test]
fn money_is_a_budget_too() {
    let mut run = Run::at_work();
    run.state.budget = Budget { tokens: None, usd: Usd::new(0.5) };
    run.hear(call(1, Some(0.41)));
    let warned = decide::next(&run.state, true);
    assert!(
        matches!(warned.events.as_slice(), [(_, Body::BudgetWarned(w))] if w.used == "$0.41 of $0.50"),
        "{warned:?}"
    );
    run.take(warned);
    assert!(decide::next(&run.state, true).is_nothing(), "once");
    run.hear(call(2, Some(0.12)));
    let stopped = decide::next(&run.state, true);
    assert!(matches!(run.take(stopped).as_slice(), [Effect::Freeze { by: By::Budget, .. }]));
    run.finish(Outcome::Done, frozen());
    let less = Budget { tokens: None, usd: Usd::new(0.53) };
    let refused = decide::resume(&run.state, less, By::Person).expect_err("that is used already");
    assert!(refused.reason.contains("$0.53 of $0.53"), "{refused}");
    let more = Budget { tokens: None, usd: Usd::new(2.0) };
    let resumed = decide::resume(&run.state, more, By::Person).expect("more than was used");
    assert!(matches!(run.take(resumed).as_slice(), [Effect::Thaw { .. }]));
    assert_eq!(run.state.budget, more);
}

#[test]
fn a_refused_attempt_resumes_its_session() {
    let mut run = Run::at_work();
    run.hear(AgentSession { session: "s-1".to_owned(), ..AgentSession::default() });
    run.hear(BudgetReached { of: BudgetOf::Day, used: "$50.00 of $50.00".to_owned() });
    run.hear(AgentFinished { ok: false, text: "400".to_owned() });
    run.hear(AttemptFinished { exit: Exit { code: Some(1), ..Exit::default() } });
    let held = decide::next(&run.state, true);
    run.take(held);
    let Status::Paused { by: By::Budget, reason } = run.state.status.clone() else { panic!("{:?}", run.state.status) };
    assert!(reason.contains("budget of the day reached: $50.00 of $50.00"), "{reason}");
    assert!(!run.state.takes_a_slot() && run.state.is_held());
    assert!(decide::next(&run.state, true).is_nothing(), "it waits for a person");
    let alone = decide::resume(&run.state, Budget { tokens: Some(5_000), usd: None }, By::Person).expect("a figure");
    run.take(alone);
    assert!(run.state.budget_alone, "the day's budget does not stop it again");
    assert_eq!(run.state.status, Status::Queued);
    let next = decide::next(&run.state, true);
    let begun = next
        .events
        .iter()
        .any(|(_, body)| matches!(body, Body::PhaseStarted(p) if p.resumes.as_deref() == Some("s-1")));
    assert!(begun, "{next:?}");
}

#[test]
fn a_cut_call_counts_its_upper_bound() {
    let mut run = Run::at_work();
    let bound = Used { tokens: 700, usd: Usd::ZERO };
    let cut = |tokens| ModelCalled { end: CallEnd::Left, at_most: Some(bound), ..call(tokens, None) };
    run.hear(cut(100));
    assert!(decide::next(&run.state, true).events.iter().any(|(_, body)| matches!(body, Body::BudgetWarned(_))));
    run.hear(cut(150));
    assert_eq!(run.state.tokens.map(|tokens| tokens.total()), Some(250), "what was measured stays that");
    let decision = decide::next(&run.state, true);
    let used = decision.events.iter().find_map(|(_, body)| match body {
        Body::BudgetReached(reached) => Some(reached.used.clone()),
        _ => None,
    });
    let expected = "1.7k of 1k tokens (up to 1.4k tokens of it for answers that were cut off)";
    assert_eq!(used.as_deref(), Some(expected));
    run.take(decision);
    run.hear(call(2_050, None));
    let over = run.state.over.as_ref().expect("it is over");
    assert!(over.used.starts_with("3.7k of 1k"), "the figures follow the sum: {}", over.used);
}

#[test]
fn repeatedly_cut_answers_need_a_person() {
    let mut run = Run::at_work();
    run.state.budget = Budget::NONE;
    let cut = || ModelCalled { end: CallEnd::Left, tokens: None, ..call(1, None) };
    (0..9).for_each(|_| run.hear(cut()));
    run.hear(call(1, None));
    (0..9).for_each(|_| run.hear(cut()));
    assert!(decide::next(&run.state, true).is_nothing(), "one came to its end between");
    run.hear(cut());
    let decision = decide::next(&run.state, true);
    let Some(Effect::Freeze { reason, .. }) = decision.effects.first() else { panic!("{decision:?}") };
    assert!(reason.contains("10 answers in a row were cut off"), "{reason}");
}
