//! A run's whole life by `next`, `finished` and `fold` alone, the way the dispatcher drives them.

use domain::attempt::{AttemptKey, Exit};
use domain::command::NewRun;
use domain::decide::{self, Decision, Facts};
use domain::effect::{Effect, Outcome};
use domain::event::{
    AgentFinished, AttemptFinished, EffectStarted, GENESIS, Lost, RunCreated, RunQueued, WaitingEnded, WaitingStarted,
};
use domain::phase::PhaseSpec;
use domain::status::{Activity, By};
use domain::{Body, Event, RunId, RunState, Status, Timestamp, fold};

struct Run {
    state: RunState,
    events: Vec<Event>,
}

impl Run {
    fn new(phases: &[&str]) -> Self {
        let mut run = Self { state: RunState::default(), events: Vec::new() };
        let phases = phases
            .iter()
            .map(|name| PhaseSpec { name: (*name).to_owned(), prompt: "do it".to_owned(), ..PhaseSpec::default() })
            .collect();
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
            ..NewRun::unknown(RunId::parse("abc234").expect("an id"))
        };
        run.append(None, RunCreated { run: Box::new(spec) }.into());
        run.append(None, RunQueued {}.into());
        run
    }

    fn append(&mut self, attempt: Option<AttemptKey>, body: Body) {
        let (phase, attempt) = attempt.map(|k| (k.phase, k.attempt)).unzip();
        let seq = self.state.seq + 1;
        let at = Timestamp::from_millis(i64::try_from(seq).expect("small") * 1000);
        let event = Event { seq, at, phase, attempt, body, src: None, prev: GENESIS.to_owned() };
        fold::apply(&mut self.state, &event);
        self.events.push(event);
    }

    /// Appends a decision's events and starts its effects; returns them with their ids.
    fn take(&mut self, decision: Decision) -> Vec<(u64, Effect)> {
        for (key, body) in decision.events {
            self.append(key, body);
        }
        let mut started = Vec::new();
        for effect in decision.effects {
            let id = self.state.last_effect + 1;
            self.append(None, EffectStarted { id, effect: effect.clone() }.into());
            started.push((id, effect));
        }
        started
    }

    fn next(&mut self) -> Vec<(u64, Effect)> {
        let decision = decide::next(&self.state, true);
        self.take(decision)
    }

    fn finish(&mut self, id: u64, outcome: Outcome, facts: Facts) {
        let decision = decide::finished(&self.state, id, outcome, facts);
        self.take(decision);
    }

    fn key(&self) -> Option<AttemptKey> {
        self.state.attempt_key()
    }

    /// From `queued` to an agent at work in the present phase.
    fn start_agent(&mut self) {
        if self.state.worktree_at.is_none() {
            let (id, effect) = self.next().remove(0);
            assert_eq!(effect, Effect::CreateWorktree);
            assert_eq!(self.state.status, Status::Preparing);
            let (path, branch, head) = ("/w/fix".to_owned(), "pilothouse/fix".to_owned(), "b".repeat(40));
            self.finish(id, Outcome::Done, Facts::Worktree { path, branch, head });
        }
        self.checkpoint();
        let (id, effect) = self.next().remove(0);
        assert!(matches!(effect, Effect::StartAttempt(_)), "{effect:?}");
        self.finish(
            id,
            Outcome::Done,
            Facts::Started {
                pid: 10,
                keeper_pid: 9,
                reads: "text".to_owned(),
                sandbox: None,
                metered: false,
                paid_by: None,
            },
        );
        assert_eq!(self.state.status, Status::Working(Activity::Starting));
        assert!(decide::next(&self.state, true).is_nothing(), "an agent is at work");
    }

    /// Saves the checkpoint that the next step is to save, if it is.
    fn checkpoint(&mut self) {
        if let [Effect::SaveCheckpoint { n, .. }] = decide::next(&self.state, true).effects[..] {
            let (id, _) = self.next().remove(0);
            let head = self.state.head.clone().unwrap_or_default();
            self.finish(
                id,
                Outcome::Done,
                Facts::Checkpoint { commit: format!("{n}").repeat(40), tree: String::new(), head },
            );
        }
    }

    fn agent_ends(&mut self, ok: bool) {
        self.append(self.key(), AgentFinished { ok, text: "said so".to_owned() }.into());
        let (id, effect) = self.next().remove(0);
        assert_eq!(Some(effect), self.key().map(Effect::CloseInput));
        assert!(decide::next(&self.state, true).is_nothing(), "it is closed once");
        self.finish(id, Outcome::Done, Facts::Nothing);
        assert!(decide::next(&self.state, true).is_nothing(), "also after that");
        self.append(self.key(), AttemptFinished { exit: Exit { code: Some(0), ..Exit::default() } }.into());
    }

    fn commit(&mut self) {
        let (id, effect) = self.next().remove(0);
        assert!(matches!(effect, Effect::CommitLeftovers { .. }), "{effect:?}");
        self.finish(id, Outcome::Done, Facts::Committed { head: "c".repeat(40), leftovers: 1 });
        let (id, effect) = self.next().remove(0);
        let Effect::SaveCheckpoint { n, .. } = effect else { panic!("{effect:?}") };
        self.finish(
            id,
            Outcome::Done,
            Facts::Checkpoint { commit: format!("{n}").repeat(40), tree: String::new(), head: "c".repeat(40) },
        );
    }
}

#[test]
fn a_run_is_ready_after_every_phase() {
    let mut run = Run::new(&["plan", "build"]);
    for phase in ["plan", "build"] {
        run.start_agent();
        assert_eq!(run.key().expect("an attempt").phase, phase);
        run.agent_ends(true);
        run.commit();
    }
    assert!(run.next().is_empty());
    assert_eq!(run.state.status, Status::Ready);
    assert_eq!(run.state.head, Some("c".repeat(40)));
    assert_eq!(decide::next(&run.state, true).effects, [Effect::MeasureWork], "its proof is all that is left to do");
    assert!(run.state.effects.is_empty());
}

#[test]
fn a_queued_run_waits_for_a_place() {
    let run = Run::new(&["build"]);
    assert!(decide::next(&run.state, false).is_nothing());
    assert!(!run.state.takes_a_slot());
    assert_eq!(decide::next(&run.state, true).effects, [Effect::CreateWorktree]);
}

#[test]
fn an_agent_admitting_failure_has_failed() {
    let mut run = Run::new(&["build"]);
    run.start_agent();
    run.agent_ends(false);
    run.next();
    assert_eq!(run.state.status, Status::Failed { phase: "build".to_owned(), reason: "said so".to_owned() });
}

#[test]
fn an_agent_without_a_result_has_failed() {
    let mut run = Run::new(&["build"]);
    run.start_agent();
    run.append(run.key(), AttemptFinished { exit: Exit { code: Some(0), ..Exit::default() } }.into());
    run.next();
    let Status::Failed { reason, .. } = &run.state.status else { panic!("{:?}", run.state.status) };
    assert_eq!(reason, "the agent ended without a result (exit 0)");
}

#[test]
fn no_worktree_means_no_agent() {
    let mut run = Run::new(&["build"]);
    let (id, _) = run.next().remove(0);
    run.finish(id, Outcome::Failed("disk full".to_owned()), Facts::Nothing);
    let reason = "no worktree: disk full".to_owned();
    assert_eq!(run.state.status, Status::Failed { phase: String::new(), reason });
    assert!(decide::next(&run.state, true).is_nothing());
}

#[test]
fn an_unstartable_agent_fails_its_run() {
    let mut run = Run::new(&["build"]);
    let (id, _) = run.next().remove(0);
    let (path, branch, head) = ("/w".to_owned(), "b".to_owned(), "c".to_owned());
    run.finish(id, Outcome::Done, Facts::Worktree { path, branch, head });
    run.checkpoint();
    let (id, _) = run.next().remove(0);
    run.finish(id, Outcome::Failed("no such program".to_owned()), Facts::Nothing);
    run.next();
    let Status::Failed { reason, .. } = &run.state.status else { panic!("{:?}", run.state.status) };
    assert!(reason.contains("no such program"), "{reason}");
}

#[test]
fn terminating_waits_for_no_work_on_files() {
    let mut run = Run::new(&["build"]);
    let (id, _) = run.next().remove(0);
    let decision = decide::terminate(&run.state, 5_000, By::Person).expect("a run that is being prepared can end");
    run.take(decision);
    assert!(run.next().is_empty());
    assert_eq!(run.state.status, Status::Terminated { by: By::Person });
    assert!(!run.state.is_at_rest() && run.state.takes_a_slot(), "its worktree is still being made");
    assert!(decide::rm(&run.state, 0, By::Person).is_err(), "and nobody takes that away meanwhile");
    let mut failed = Run { state: run.state.clone(), events: Vec::new() };
    failed.finish(id, Outcome::Failed("no room".to_owned()), Facts::Nothing);
    assert_eq!(failed.state.status, Status::Terminated { by: By::Person }, "it stays what it is");
    let (path, branch, head) = ("/w".to_owned(), "b".to_owned(), "c".to_owned());
    run.finish(id, Outcome::Done, Facts::Worktree { path, branch, head });
    assert_eq!(run.state.status, Status::Terminated { by: By::Person });
    assert!(run.state.has_worktree() && run.state.effects.is_empty());

    // Nor for a commit that takes git for ever.
    let mut run = Run::new(&["build"]);
    run.start_agent();
    run.append(run.key(), AgentFinished { ok: true, text: String::new() }.into());
    run.append(run.key(), AttemptFinished { exit: Exit { code: Some(0), ..Exit::default() } }.into());
    let (id, effect) = run.next().remove(0);
    assert!(matches!(effect, Effect::CommitLeftovers { .. }), "{effect:?}");
    let decision = decide::terminate(&run.state, 0, By::Person).expect("its git can wait");
    run.take(decision);
    assert!(run.next().is_empty());
    run.finish(id, Outcome::Failed("it was ended".to_owned()), Facts::Nothing);
    assert_eq!(run.state.status, Status::Terminated { by: By::Person });
}

#[test]
fn a_starting_agent_can_be_stopped() {
    let mut run = Run::new(&["build"]);
    let (id, _) = run.next().remove(0);
    let (path, branch, head) = ("/w".to_owned(), "b".to_owned(), "c".to_owned());
    run.finish(id, Outcome::Done, Facts::Worktree { path, branch, head });
    run.checkpoint();
    let (start, effect) = run.next().remove(0);
    let Effect::StartAttempt(key) = effect else { panic!("{effect:?}") };
    let decision = decide::terminate(&run.state, 0, By::Person).expect("it can end");
    run.take(decision);
    let (stop, effect) = run.next().remove(0);
    assert_eq!(effect, Effect::StopAttempt { attempt: key, grace_ms: 0, by: By::Person });
    assert!(run.next().is_empty(), "it is asked for once");
    run.finish(stop, Outcome::Done, Facts::Stopped { exit: None, untold: None });
    assert_eq!(run.state.status, Status::Terminated { by: By::Person });
    // Its start had come just before, or was kept from coming: either is told after the end.
    let before = run.state.clone();
    for (outcome, facts) in [
        (
            Outcome::Done,
            Facts::Started {
                pid: 10,
                keeper_pid: 9,
                reads: "text".to_owned(),
                sandbox: None,
                metered: false,
                paid_by: None,
            },
        ),
        (Outcome::Failed("ended before it began".to_owned()), Facts::Nothing),
    ] {
        let mut run = Run { state: before.clone(), events: Vec::new() };
        run.finish(start, outcome, facts);
        assert_eq!(run.state.status, Status::Terminated { by: By::Person });
        assert!(run.state.effects.is_empty() && !run.state.is_live());
    }
}

#[test]
fn terminating_stops_what_lives() {
    let mut run = Run::new(&["build"]);
    run.start_agent();
    let decision = decide::terminate(&run.state, 5_000, By::Person).expect("a working run can end");
    run.take(decision);
    assert!(decide::terminate(&run.state, 5_000, By::Person).is_err(), "asked before");
    let (id, effect) = run.next().remove(0);
    assert!(matches!(effect, Effect::StopAttempt { grace_ms: 5_000, .. }), "{effect:?}");
    let exit = Exit { signal: Some(15), asked: true, ..Exit::default() };
    run.finish(id, Outcome::Done, Facts::Stopped { exit: Some(exit), untold: None });
    assert_eq!(run.state.status, Status::Terminated { by: By::Person });
    assert!(!run.state.is_live());
    assert_eq!(decide::next(&run.state, true).effects, [Effect::MeasureWork]);
    assert!(decide::terminate(&run.state, 0, By::Person).is_err(), "over already");
}

#[test]
fn only_its_answer_ends_a_question() {
    let mut run = Run::new(&["build"]);
    run.start_agent();
    let asks = |id: &str| WaitingStarted {
        id: id.to_owned(),
        text: "may I?".to_owned(),
        choices: Vec::new(),
        tool: None,
        input: None,
        ..WaitingStarted::default()
    };
    run.append(run.key(), asks("q1").into());
    assert_eq!(run.state.status, Status::Waiting);
    assert!(decide::answer(&run.state, "q0").is_err());
    assert_eq!(decide::answer(&run.state, "q1").expect("the open question").0.text, "may I?");
    run.append(run.key(), WaitingEnded { id: "q0".to_owned(), how: "allowed".to_owned() }.into());
    assert_eq!(run.state.status, Status::Waiting);
    run.append(run.key(), WaitingEnded { id: "q1".to_owned(), how: "allowed".to_owned() }.into());
    assert_eq!(run.state.status, Status::Working(Activity::Thinking));
}

#[test]
fn a_run_with_survivors_is_not_lost() {
    let mut run = Run::new(&["build"]);
    run.start_agent();
    run.append(run.key(), Lost { reason: "keeper gone".to_owned(), survivors: 2 }.into());
    assert!(run.state.keeper_gone && run.state.is_live());
    assert!(matches!(run.state.status, Status::Working(_)));
    run.append(run.key(), Lost { reason: "keeper gone".to_owned(), survivors: 0 }.into());
    assert_eq!(run.state.status, Status::Lost { reason: "keeper gone".to_owned() });
    assert!(!run.state.is_live());
}
