//! When a proof pack is written, and what makes it old.

use domain::attempt::AttemptKey;
use domain::command::Command;
use domain::decide::{self, Decision, Facts};
use domain::effect::{Effect, Outcome};
use domain::event::{
    EffectStarted, GENESIS, Merge, Note, ProofWritten, PullOpened, Review, ReviewGiven, RunFailed, RunReady,
    ToolCalled, ToolReturned, WorkMeasured, WorktreeCreated,
};
use domain::pull_request::{PullState, PullWork};
use domain::status::By;
use domain::{Body, Event, RunState, Timestamp, fold, score};

mod measured;

use measured::work;

#[derive(Default)]
struct Run(RunState);

impl Run {
    /// A run that has failed and whose proof is due.
    fn failed() -> Self {
        let mut run = Self::default();
        let of = domain::RunId::parse("abc234").expect("an id");
        let spec = serde_json::json!({
            "id": of, "name": "a", "repo": "/r", "base": "main", "base_commit": "b", "branch": "p/a",
            "worktree": "/w/a", "agent": "rehearsal", "model": null, "task": "t", "phases": [],
        });
        run.0.spec = Some(serde_json::from_value(spec).expect("a spec"));
        run.add(WorktreeCreated { path: "/w".into(), branch: "b".into(), head: "h".repeat(40) });
        run.add(RunFailed { phase: None, reason: "it gave up".into() });
        run
    }

    fn add(&mut self, body: impl Into<Body>) {
        let seq = self.0.seq + 1;
        let at = Timestamp::from_millis(i64::try_from(seq).expect("small") * 1000);
        let (phase, attempt) = (None::<String>, None);
        let event = Event { seq, at, phase, attempt, body: body.into(), src: None, prev: GENESIS.to_owned() };
        fold::apply(&mut self.0, &event);
    }

    fn take(&mut self, decision: Decision) {
        let key: Option<AttemptKey> = None;
        decision.events.into_iter().for_each(|(of, body)| {
            assert_eq!(of, key, "a proof is of the whole run");
            self.add(body);
        });
        for effect in decision.effects {
            self.add(EffectStarted { id: self.0.last_effect + 1, effect });
        }
    }

    /// Has the next step done with these facts, and returns it.
    fn step(&mut self, facts: Facts) -> Option<Effect> {
        let next = decide::next(&self.0, true);
        self.take(next);
        let (id, effect) = self.0.effects.iter().next().map(|(id, effect)| (*id, effect.clone()))?;
        let finished = decide::finished(&self.0, id, Outcome::Done, facts);
        self.take(finished);
        Some(effect)
    }

    fn prove(&mut self, merge: Merge) -> Vec<Effect> {
        let mut done: Vec<Effect> = self.step(Facts::Measured(Box::new(work(merge)))).into_iter().collect();
        let seq = self.0.seq - 1;
        let (k, score) = (self.0.proof.next(), score::score(&self.0).score);
        done.extend(self.step(Facts::Proven(ProofWritten { k, seq, statement: "s".into(), score })));
        done
    }
}

#[test]
fn a_runs_end_is_proven_once() {
    let mut run = Run::failed();
    let measured = run.0.seq + 2;
    let did = run.prove(Merge::Clean);
    assert_eq!(did, [Effect::MeasureWork, Effect::WriteProof { k: 1, seq: measured }]);
    assert!(decide::next(&run.0, true).is_nothing());
    assert_eq!(run.0.proof.score(), run.0.proof.written.as_ref().map(|written| written.score));
    run.add(Note { text: "nothing new".into() });
    assert!(run.0.proof.score().is_some());
}

// Until its base changes.
#[test]
fn a_complete_pack_is_not_rewritten() {
    let mut run = Run::failed();
    run.prove(Merge::Clean);
    run.take(decide::command(&run.0, &Command::Proof, 0).expect("asked for"));
    assert_eq!(run.prove(Merge::Clean), [Effect::MeasureWork]);
    run.take(decide::command(&run.0, &Command::Proof, 0).expect("asked for"));
    let did = run.prove(Merge::Conflicts(vec!["a".into()]));
    assert!(matches!(did.as_slice(), [Effect::MeasureWork, Effect::WriteProof { k: 2, .. }]), "{did:?}");
}

#[test]
fn a_review_counts_for_its_commit() {
    let mut run = Run::failed();
    run.prove(Merge::Clean);
    let before = run.0.proof.score().expect("a score");
    let review = |head: &str| ReviewGiven {
        verdict: Review::Approve,
        head: head.repeat(40),
        text: "".into(),
        comments: Vec::new(),
        by: By::Person,
    };
    run.add(review("x"));
    assert_eq!((run.0.proof.stale, run.0.proof.score()), (true, None));
    assert_eq!(score::score(&run.0).score, before, "it was of another commit");
    run.add(review("h"));
    assert_eq!(score::score(&run.0).score, before + 10);
}

#[test]
fn a_closed_gate_names_what_helps() {
    let mut run = Run::failed();
    run.add(RunReady { changed: true });
    run.prove(Merge::Clean);
    let advice = |run: &Run, now: &WorkMeasured| decide::gate(&run.0, now).expect_err("it is closed").next;
    let now = work(Merge::Clean);
    assert!(advice(&run, &now).contains("--approve"), "nobody has looked at it");
    let review = |head: &str| ReviewGiven {
        verdict: Review::Approve,
        head: head.to_owned(),
        text: String::new(),
        comments: Vec::new(),
        by: By::Person,
    };
    run.add(review(&"x".repeat(40)));
    run.0.proof.stale = false;
    assert!(advice(&run, &now).contains("--approve"), "another commit was approved");
    let open = WorkMeasured { uncommitted: true, ..now.clone() };
    assert_eq!(advice(&run, &open), "commit it in the worktree, or throw it away there");
    let work = PullWork {
        state: PullState::Draft,
        head: now.head.clone(),
        pack: 1,
        checks: None,
        mergeable: None,
        review: None,
    };
    run.0.pull = Some(PullOpened { forge: "local".to_owned(), number: 1, url: None, work });
    assert!(advice(&run, &now).contains("`pilothouse pr a --open`"));
}

#[test]
fn unmeasurable_work_is_given_up() {
    let mut run = Run::failed();
    assert_eq!(run.step(Facts::Nothing), Some(Effect::MeasureWork));
    assert!(decide::next(&run.0, true).is_nothing());
    assert_eq!(run.0.proof.score(), None);
}

#[test]
fn a_failed_proof_is_retried_with_pauses() {
    let mut run = Run::failed();
    let mut pauses = Vec::new();
    loop {
        let next = decide::next(&run.0, true);
        assert_eq!(next.effects, [Effect::MeasureWork], "{:?}", run.0.proof);
        run.take(next);
        let id = run.0.last_effect;
        let outcome = Outcome::Failed("git can't be started".into());
        run.take(decide::finished(&run.0, id, outcome, Facts::Nothing));
        assert!(decide::next(&run.0, true).is_nothing(), "not at once");
        let Some(at) = decide::proves_again_at(&run.0) else { break };
        let ended = run.0.last_event_at.expect("a moment");
        pauses.push(at.since(ended) / 1000);
        assert!(decide::prove_again(&run.0, ended).is_nothing(), "not before it is time");
        run.take(decide::prove_again(&run.0, at));
    }
    assert_eq!(pauses, [5, 30, 120, 600]);
    assert_eq!(run.0.proof.failed.as_ref().map(|failed| failed.times), Some(5));
    // Whoever asks begins anew, and what is written forgets it.
    run.take(decide::command(&run.0, &Command::Proof, 0).expect("asked for"));
    assert_eq!(run.0.proof.failed, None);
    run.prove(Merge::Clean);
    assert!(run.0.proof.failed.is_none() && run.0.proof.written.is_some());
}

#[test]
fn a_successful_tool_proves_a_write_elsewhere() {
    let mut run = Run::failed();
    for (id, name, path, ok) in [
        ("1", "Write", "/w/a/src/x", true),
        ("2", "Write", "/r/src/x", false),
        ("3", "Read", "/etc/passwd", true),
        ("4", "Edit", "/r/src/y", true),
    ] {
        run.add(ToolCalled { id: id.into(), name: name.into(), about: path.into(), full: None });
        run.add(ToolReturned { id: id.into(), ok, text: String::new() });
    }
    let paths: Vec<_> = run.0.escapes.iter().map(|escape| escape.path.as_str()).collect();
    assert_eq!(paths, ["/r/src/y"]);
    let outside = score::score(&run.0).parts.into_iter().find(|part| part.name == "outside").expect("the part");
    assert_eq!((outside.value, outside.evidence), (Some(0), vec![run.0.seq]));
}
