//! What checks do to a run: its end, a repair, a failure; and how they are run once more.

use std::collections::VecDeque;

use domain::attempt::Exit;
use domain::check::{CheckSpec, Verdict};
use domain::command::{Command, NewRun};
use domain::decide::{self, Decision, Facts};
use domain::effect::{Effect, Outcome};
use domain::event::{AgentFinished, AgentSession, AttemptFinished, CheckFinished, EffectStarted, GENESIS, RunCreated};
use domain::phase::PhaseSpec;
use domain::status::By;
use domain::{Body, Event, RunId, RunState, Status, Timestamp, fold, handover};

/// A run in a world where every effect succeeds, and checks come out as they are told to.
struct Run {
    state: RunState,
    /// The result of each check that is run: a verdict and the end of its output.
    results: VecDeque<(Verdict, &'static str)>,
    log: Vec<String>,
}

fn phase(name: &str, only_checks: bool, checks: &[&str], repair: u32) -> PhaseSpec {
    let checks = checks.iter().map(|name| (*name).to_owned()).collect();
    PhaseSpec {
        name: name.to_owned(),
        prompt: format!("do {name}"),
        only_checks,
        checks,
        repair,
        ..PhaseSpec::default()
    }
}

fn check(name: &str, required: bool) -> CheckSpec {
    let (name, run) = (name.to_owned(), format!("run-{name}"));
    CheckSpec { name, run, timeout_ms: 1000, required, weight: 1, report: None }
}

impl Run {
    fn new(phases: Vec<PhaseSpec>, results: &[(Verdict, &'static str)]) -> Self {
        let spec = NewRun {
            name: "fix".to_owned(),
            repo: "/r".to_owned(),
            base: "main".to_owned(),
            base_commit: "b".repeat(40),
            branch: "pilothouse/fix".to_owned(),
            worktree: "/w/fix".to_owned(),
            agent: "rehearsal".to_owned(),
            task: "do it".to_owned(),
            phases,
            checks: vec![check("lint", false), check("test", true)],
            ..NewRun::unknown(RunId::parse("abc234").expect("an id"))
        };
        let mut run = Self { state: RunState::default(), results: results.iter().copied().collect(), log: Vec::new() };
        run.append(None, RunCreated { run: Box::new(spec) }.into());
        run.play();
        run
    }

    fn append(&mut self, attempt: Option<domain::attempt::AttemptKey>, body: Body) {
        let (phase, attempt) = attempt.map(|k| (k.phase, k.attempt)).unzip();
        let seq = self.state.seq + 1;
        let at = Timestamp::from_millis(i64::try_from(seq).expect("small") * 1000);
        fold::apply(&mut self.state, &Event { seq, at, phase, attempt, body, src: None, prev: GENESIS.to_owned() });
    }

    /// Writes down what was decided, and does it.
    fn take(&mut self, decision: Decision) {
        for (key, body) in decision.events {
            self.append(key, body);
        }
        for effect in decision.effects {
            let id = self.state.last_effect + 1;
            self.append(effect.attempt(), EffectStarted { id, effect: effect.clone() }.into());
            let facts = self.perform(&effect);
            let done = decide::finished(&self.state, id, Outcome::Done, facts);
            self.take(done);
            if let Effect::StartAttempt(key) = effect {
                let session = AgentSession { session: format!("session of {key}"), ..AgentSession::default() };
                self.append(Some(key.clone()), session.into());
                self.append(Some(key.clone()), AgentFinished { ok: true, text: "done".to_owned() }.into());
                self.append(Some(key), AttemptFinished { exit: Exit { code: Some(0), ..Exit::default() } }.into());
            }
        }
    }

    fn perform(&mut self, effect: &Effect) -> Facts {
        let head = "c".repeat(40);
        match effect {
            Effect::CreateWorktree => Facts::Worktree { path: "/w".into(), branch: "b".into(), head: "b".repeat(40) },
            Effect::SaveCheckpoint { n, why } => {
                self.log.push(format!("checkpoint {n} {why}"));
                Facts::Checkpoint { commit: format!("{n}").repeat(40), tree: n.to_string(), head }
            }
            Effect::StartAttempt(key) => {
                let prompt = handover::prompt(&self.state, key);
                let resumed = self.state.attempt_named(key).and_then(|attempt| attempt.resumes.clone());
                let resumed = resumed.map(|session| format!(" in {session}")).unwrap_or_default();
                self.log.push(format!("start {key}{resumed}: {}", prompt.lines().last().unwrap_or_default()));
                Facts::Started {
                    pid: 10,
                    keeper_pid: 9,
                    reads: "text".into(),
                    sandbox: None,
                    metered: false,
                    paid_by: None,
                }
            }
            Effect::CommitLeftovers { .. } => Facts::Committed { head, leftovers: 1 },
            Effect::RestoreCheckpoint { n } => {
                self.log.push(format!("back to {n}"));
                Facts::Restored { head, kept: Vec::new() }
            }
            Effect::RunCheck { name, n } => {
                let (verdict, said) = self.results.pop_front().expect("a result for every check");
                self.log.push(format!("check {name} {n}: {}", verdict.word()));
                let (name, tail, tree) = (name.clone(), said.to_owned(), "t".to_owned());
                let reason = if verdict == Verdict::Pass { String::new() } else { format!("said {said}") };
                Facts::Checked(Box::new(CheckFinished {
                    name,
                    n: *n,
                    verdict,
                    reason,
                    tail,
                    head,
                    tree,
                    ..CheckFinished::default()
                }))
            }
            // There is nothing to measure here, and then it is given up.
            Effect::MeasureWork => Facts::Nothing,
            other => panic!("{other:?}"),
        }
    }

    /// Goes on until nothing more happens by itself.
    fn play(&mut self) {
        loop {
            let decision = decide::next(&self.state, true);
            if decision.is_nothing() {
                return;
            }
            self.take(decision);
        }
    }

    fn asked(&mut self, command: &Command) {
        let decision = decide::command(&self.state, command, 0).expect("allowed");
        self.take(decision);
        self.play();
    }

    fn failed(&self) -> &str {
        match &self.state.status {
            Status::Failed { reason, .. } => reason,
            other => panic!("{other:?}"),
        }
    }
}

const PASS: (Verdict, &str) = (Verdict::Pass, "");

#[test]
fn a_phase_ends_when_required_checks_pass() {
    let run = Run::new(vec![phase("build", false, &["lint", "test"], 2)], &[(Verdict::Fail, "ugly"), PASS]);
    assert_eq!(run.state.status, Status::Ready, "lint is not required");
    assert_eq!(
        run.log[1..],
        ["start build.1: do build", "check lint 1: fail", "check test 1: pass", "checkpoint 1 build finished"]
    );
    assert_eq!(run.state.checks["lint"].last.as_ref().map(|(last, _)| last.verdict), Some(Verdict::Fail));
}

#[test]
fn a_failed_checks_finding_is_prompted() {
    let results = [(Verdict::Fail, "1 is not 2"), (Verdict::Fail, "3 is not 2"), PASS];
    let run = Run::new(vec![phase("build", false, &[], 2), phase("verify", true, &["test"], 2)], &results);
    assert_eq!(run.state.status, Status::Ready);
    assert_eq!(
        run.log[2..],
        [
            "checkpoint 1 build finished",
            "check test 1: fail",
            "checkpoint 2 before repair 1 of verify",
            "start verify.1 in session of build.1: 1 is not 2",
            "check test 2: fail",
            "checkpoint 3 before repair 2 of verify",
            "start verify.2 in session of verify.1: 3 is not 2",
            "check test 3: pass",
            "checkpoint 4 verify finished",
        ]
    );
}

#[test]
fn repeated_failures_and_spent_repairs_fail_runs() {
    let twice = [(Verdict::Fail, "no"), (Verdict::Fail, "no")];
    let run = Run::new(vec![phase("build", false, &["test"], 5)], &twice);
    assert_eq!(run.failed(), "test: said no, twice the same; repairs 1/5 used");
    let run = Run::new(vec![phase("build", false, &["test"], 1)], &[(Verdict::Fail, "a"), (Verdict::Fail, "b")]);
    assert_eq!(run.failed(), "test: said b; repairs 1/1 used");
    let run = Run::new(vec![phase("build", false, &["test"], 0)], &[(Verdict::Fail, "a")]);
    assert_eq!(run.failed(), "test: said a");
    let run = Run::new(vec![phase("build", false, &["test"], 2)], &[(Verdict::Error, "no disk")]);
    assert_eq!(run.failed(), "test: said no disk; repairs 0/2 used", "nobody can mend what is no word on the work");
    let skipped = [(Verdict::Skipped, "none"), PASS];
    assert_eq!(Run::new(vec![phase("build", false, &["test"], 2)], &skipped).state.status, Status::Ready);
}

#[test]
fn a_retry_goes_on_in_its_phase() {
    let phases =
        vec![phase("plan", false, &[], 2), phase("build", false, &["lint"], 2), phase("verify", true, &["test"], 0)];
    let mut run = Run::new(phases, &[PASS, (Verdict::Error, "its keeper died"), PASS]);
    assert_eq!(run.failed(), "test: said its keeper died");
    let before = run.log.len();
    run.asked(&Command::Retry { phase: None, resume: None });
    assert_eq!(run.state.status, Status::Ready);
    assert_eq!(run.log[before..], ["check test 2: pass", "checkpoint 3 verify finished"]);
}

#[test]
fn a_person_can_run_checks_again() {
    let results = [PASS, PASS, (Verdict::Pass, ""), (Verdict::Fail, "moved"), PASS];
    let mut run = Run::new(vec![phase("build", false, &["lint", "test"], 2)], &results);
    run.asked(&Command::Check { names: vec!["test".to_owned()] });
    assert_eq!(run.state.status, Status::Ready);
    run.asked(&Command::Check { names: vec!["test".to_owned()] });
    assert_eq!(run.failed(), "test: said moved", "no agent is asked to mend it");
    run.asked(&Command::Check { names: vec!["test".to_owned()] });
    assert_eq!(run.state.status, Status::Ready, "and nothing stands against it any more");
}

#[test]
fn checks_asked_for_wait_for_a_slot() {
    let mut run = Run::new(vec![phase("build", false, &["lint", "test"], 2)], &[PASS, PASS, PASS, PASS]);
    let asked = decide::command(&run.state, &Command::Check { names: Vec::new() }, 0).expect("allowed");
    run.take(asked);
    assert!(decide::next(&run.state, false).is_nothing(), "others are at work");
    assert!(run.state.waits_for_slot() && !run.state.takes_a_slot());
    let ended = decide::terminate(&run.state, 0, By::Person).expect("it can be ended while it waits");
    assert_eq!(ended.events.len(), 1);
    let first = decide::next(&run.state, true);
    assert!(matches!(first.effects[..], [Effect::RunCheck { .. }]), "{first:?}");
    run.take(first);
    assert!(!run.state.waits_for_slot() && run.state.takes_a_slot(), "it keeps its slot between two checks");
    let second = decide::next(&run.state, false);
    assert!(matches!(second.effects[..], [Effect::RunCheck { .. }]), "{second:?}");
    run.take(second);
    run.play();
    assert_eq!(run.state.status, Status::Ready);
}

#[test]
fn a_run_continues_once_its_checks_pass() {
    let phases = vec![phase("build", false, &["test"], 0), phase("more", false, &[], 0)];
    let mut run = Run::new(phases, &[(Verdict::Fail, "no"), PASS, PASS]);
    assert_eq!(run.failed(), "test: said no");
    run.asked(&Command::Check { names: Vec::new() });
    assert_eq!(run.state.status, Status::Ready);
    assert_eq!(run.log.last().map(String::as_str), Some("checkpoint 2 more finished"));
    assert_eq!(run.log[2..5], ["check test 1: fail", "check lint 1: pass", "check test 2: pass"]);
}

#[test]
fn impossible_checks_are_refused_with_advice() {
    let mut run = Run::new(vec![phase("build", false, &["test"], 0)], &[PASS]);
    let refused = |run: &Run, names: &[&str], alive| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        decide::command(&run.state, &Command::Check { names }, alive).expect_err("refused").to_string()
    };
    assert_eq!(refused(&run, &["tset"], 0), "it has no check \"tset\"; it has lint, test");
    assert!(refused(&run, &[], 2).contains("terminate it first"));
    run.state.spec.as_mut().expect("a spec").checks.clear();
    assert!(refused(&run, &[], 0).starts_with("it has no checks"));
}
