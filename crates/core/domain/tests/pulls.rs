//! When a run's forge is told of it, and what of a reviewer's words reaches the agent.

use domain::command::Command;
use domain::comment::{Comment, Side};
use domain::decide::{self, Decision, Facts};
use domain::effect::{Effect, Outcome};
use domain::event::{
    EffectStarted, GENESIS, Merge, MergeRequested, ProofWritten, PullOpened, Review, RunReady, WorkMeasured,
    WorktreeCreated,
};
use domain::gate::Method;
use domain::pull_request::{PullState, PullWork};
use domain::status::By;
use domain::{Body, Event, RunState, Timestamp, fold};

mod measured;

struct Run(RunState);

impl Run {
    /// A run that is ready and proven.
    fn ready(deliver: &serde_json::Value) -> Self {
        let mut run = Self(RunState::default());
        let of = domain::RunId::parse("abc234").expect("an id");
        let phases = serde_json::json!([{"name": "build", "prompt": "t"}]);
        let spec = serde_json::json!({
            "id": of, "name": "a", "repo": "/r", "base": "main", "base_commit": "b", "branch": "p/a", "worktree": "/w/a",
            "agent": "rehearsal", "model": null, "task": "t", "phases": phases, "deliver": deliver,
        });
        let spec: domain::command::NewRun = serde_json::from_value(spec).expect("a spec");
        run.add(domain::event::RunCreated { run: Box::new(spec) });
        run.add(WorktreeCreated { path: "/w".into(), branch: "b".into(), head: "b".into() });
        run.add(RunReady { changed: true });
        run.prove();
        run
    }

    fn local() -> Self {
        Self::ready(&serde_json::json!({"forge": "local"}))
    }

    fn add(&mut self, body: impl Into<Body>) {
        let seq = self.0.seq + 1;
        let at = Timestamp::from_millis(i64::try_from(seq).expect("small") * 1000);
        let event =
            Event { seq, at, phase: None, attempt: None, body: body.into(), src: None, prev: GENESIS.to_owned() };
        fold::apply(&mut self.0, &event);
    }

    fn prove(&mut self) {
        self.add(work());
        let k = self.0.proof.next();
        self.add(ProofWritten { k, seq: self.0.seq, statement: "s".into(), score: 90 });
    }

    fn take(&mut self, decision: Decision) {
        decision.events.into_iter().for_each(|(_, body)| self.add(body));
        for effect in decision.effects {
            self.add(EffectStarted { id: self.0.last_effect + 1, effect });
        }
    }

    fn ask(&mut self, command: &Command) {
        let decision = decide::command(&self.0, command, 0).expect("it is carried out");
        self.take(decision);
    }

    /// The step that is taken next.
    fn begins(&mut self) -> Option<Effect> {
        let next = decide::next(&self.0, true);
        self.take(next);
        self.0.effects.values().next().cloned()
    }

    fn ends(&mut self, outcome: Outcome, facts: Facts) {
        let id = *self.0.effects.keys().next().expect("an effect");
        let finished = decide::finished(&self.0, id, outcome, facts);
        self.take(finished);
    }

    /// Tells the forge, which does as it is told; returns what it was told.
    fn deliver(&mut self) -> Option<PullWork> {
        let Some(Effect::Deliver { work }) = self.begins() else { return None };
        let pull = PullOpened { forge: "local".into(), number: 1, url: None, work: work.clone() };
        self.ends(Outcome::Done, Facts::Delivered(Box::new(pull)));
        Some(work)
    }
}

fn work() -> WorkMeasured {
    measured::work(Merge::Clean)
}

fn comment(line: u64, text: &str) -> Comment {
    Comment { path: "src/a.rs".into(), side: Side::New, line, on: "let a = 1;".into(), text: text.into() }
}

#[test]
fn a_proven_run_gets_one_pull_request() {
    let mut run = Run::local();
    assert!(!run.0.is_at_rest(), "its forge is to be told");
    let told = run.deliver().expect("it is opened");
    assert_eq!((told.state, told.pack, told.mergeable, told.checks), (PullState::Open, 1, Some(true), None));
    assert!(run.0.is_at_rest() && run.begins().is_none());
    let mut draft = Run::ready(&serde_json::json!({"forge": "local", "draft": true}));
    assert_eq!(draft.deliver().map(|work| work.state), Some(PullState::Draft));
    let mut none = Run::ready(&serde_json::json!({}));
    assert!(none.begins().is_none() && none.0.is_at_rest());
}

#[test]
fn a_failed_delivery_waits_for_a_person() {
    let mut run = Run::local();
    assert!(matches!(run.begins(), Some(Effect::Deliver { .. })));
    run.ends(Outcome::Failed("the disk is full".into()), Facts::Nothing);
    assert!(run.begins().is_none() && run.0.is_at_rest() && run.0.pull.is_none());
    run.ask(&Command::Pr { to: PullState::Open });
    assert_eq!(run.deliver().map(|work| work.state), Some(PullState::Open));
}

#[test]
fn draft_or_closed_pulls_shut_the_gate() {
    let mut run = Run::local();
    run.deliver().expect("it is opened");
    for (to, why) in
        [(PullState::Draft, "its pull request is a draft"), (PullState::Closed, "its pull request is closed")]
    {
        run.ask(&Command::Pr { to });
        assert_eq!(run.deliver().map(|work| work.state), Some(to));
        let reasons = domain::gate::reasons(&run.0, &work());
        assert!(reasons.iter().any(|reason| reason == why), "{reasons:?}");
    }
    run.ask(&Command::Pr { to: PullState::Open });
    run.deliver().expect("it is opened");
    assert!(!domain::gate::reasons(&run.0, &work()).iter().any(|reason| reason.contains("pull request")));
}

#[test]
fn the_forge_hears_of_a_merge() {
    let mut run = Run::local();
    run.deliver().expect("it is opened");
    let head = work().head;
    let base = "b".repeat(40);
    let by = By::Person;
    run.add(MergeRequested { method: Method::Squash, head: head.clone(), base: base.clone(), by });
    assert!(matches!(run.begins(), Some(Effect::Merge { pull: Some(1), .. })));
    let merged = domain::event::RunMerged { method: Method::Squash, head, commit: "c".repeat(40), before: base };
    run.ends(Outcome::Done, Facts::Merged(merged));
    assert_eq!(run.deliver().map(|work| work.state), Some(PullState::Merged));
    assert!(matches!(run.begins(), Some(Effect::RemoveWorktree { .. })), "then its worktree goes");
}

#[test]
fn comments_reach_the_agent_with_the_verdict() {
    let mut run = Run::local();
    run.deliver().expect("it is opened");
    run.ask(&Command::Comment { comment: comment(3, "why 1?") });
    run.ask(&Command::Comment { comment: comment(3, "why not 2?") });
    run.ask(&Command::Comment { comment: comment(9, "and here?") });
    run.ask(&Command::Comment { comment: comment(12, "never mind") });
    run.ask(&Command::Comment { comment: comment(12, "") });
    assert!(
        decide::command(&run.0, &Command::Comment { comment: comment(12, "") }, 0).is_err(),
        "nothing to take back"
    );
    assert!(!run.0.proof.stale, "a comment alone changes no proof");
    let approved = Command::Review { verdict: Review::Approve, text: String::new() };
    let said = decide::judged(&run.0, &approved, 0, &work(), &[]).expect("it is proven");
    run.take(said);
    run.prove();
    run.deliver().expect("the forge hears of it");
    assert!(run.0.comments.iter().all(|said| !said.sent), "an approval tells the agent nothing");
    let asked = Command::Review { verdict: Review::Changes, text: String::new() };
    let said =
        decide::judged(&run.0, &asked, 0, &work(), &[comment(9, "and here?")]).expect("comments are words enough");
    run.take(said);
    let repair = run.0.phases[0].repair.as_ref().expect("the agent goes on");
    let told = "src/a.rs line 3:\n> let a = 1;\nwhy not 2?\n\nsrc/a.rs line 9 (it was changed since):\n> let a = 1;\nand here?";
    assert_eq!(repair.review.as_deref(), Some(told));
    assert!(run.0.comments.iter().all(|said| said.sent));
    let none = decide::judged(&run.0, &asked, 0, &work(), &[]);
    assert!(none.is_err(), "what was sent is not sent again");
}
