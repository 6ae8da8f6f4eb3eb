//! A step of pilothouse's own that fails after the agent's work is done, and is taken again alone.

use domain::attempt::{AttemptKey, Exit};
use domain::command::Command;
use domain::decide::Facts;
use domain::effect::{Effect, Outcome};
use domain::event::AttemptFinished;
use domain::{Status, decide};

use crate::stage::{Run, phase, retry};

/// Takes the run to its next effect, without performing that; returns it with its number.
fn next_effect(run: &mut Run) -> (u64, Effect) {
    while run.state.effects.is_empty() {
        let decision = decide::next(&run.state, true);
        assert!(!decision.is_nothing(), "{:?}", run.state.status);
        run.take(decision);
    }
    run.state.effects.iter().next().map(|(id, effect)| (*id, effect.clone())).expect("it was just begun")
}

fn fails(run: &mut Run, wanted: impl Fn(&Effect) -> bool) {
    let (id, effect) = next_effect(run);
    assert!(wanted(&effect), "{effect:?}");
    run.finish(id, Outcome::Failed("no space".to_owned()), Facts::Nothing);
    // What is proven of it is done with.
    run.go_on();
    assert!(matches!(run.state.status, Status::Failed { .. }), "{:?}", run.state.status);
}

#[test]
fn only_the_failed_commit_is_retried() {
    let mut run = Run::new(vec![phase("build")], false);
    run.go_on();
    run.agent("one", Some(true));
    fails(&mut run, |effect| matches!(effect, Effect::CommitLeftovers { .. }));
    run.ask(&retry(), 0).expect("the step can be taken again");
    assert!(decide::next(&run.state, false).is_nothing(), "it waits for a place like any other");
    assert_eq!(run.go_on(), ["commit build", "save 1"]);
    assert_eq!((&run.state.status, run.state.phases[0].attempts.len()), (&Status::Ready, 1));
}

#[test]
fn only_the_failed_checkpoint_is_retried() {
    let mut run = Run::two_phases();
    run.go_on();
    run.agent("one", Some(true));
    let (id, effect) = next_effect(&mut run);
    run.perform(id, &effect);
    fails(&mut run, |effect| matches!(effect, Effect::SaveCheckpoint { .. }));
    run.ask(&retry(), 0).expect("the step can be taken again");
    assert_eq!(run.go_on(), ["save 1", "start build.1"]);
}

#[test]
fn a_fresh_start_is_honoured() {
    let mut run = Run::new(vec![phase("build")], false);
    run.go_on();
    run.agent("one", Some(true));
    fails(&mut run, |effect| matches!(effect, Effect::CommitLeftovers { .. }));
    run.ask(&Command::Retry { phase: None, resume: Some(false) }, 0).expect("asked for");
    // The way back fails too: that is the step to be taken again, and no commit.
    fails(&mut run, |effect| matches!(effect, Effect::SaveCheckpoint { .. }));
    run.ask(&retry(), 0).expect("it begins anew");
    assert_eq!(run.go_on(), ["save 1", "restore 0", "start build.2"]);
}

#[test]
fn a_session_survives_an_unstarted_attempt() {
    let mut run = Run::new(vec![phase("build")], false);
    run.go_on();
    run.agent("one", None);
    run.go_on();
    run.ask(&retry(), 0).expect("it was cut short");
    let (id, _) = next_effect(&mut run);
    run.finish(id, Outcome::Failed("no such program".to_owned()), Facts::Nothing);
    run.go_on();
    let key = AttemptKey { phase: "build".to_owned(), attempt: 2 };
    if run.state.attempt_named(&key).is_some_and(|attempt| attempt.exit.is_none()) {
        run.append(Some(key), AttemptFinished { exit: Exit::default() }.into());
    }
    assert!(matches!(run.state.status, Status::Failed { .. }), "{:?}", run.state.status);
    run.ask(&retry(), 0).expect("its session can go on");
    assert_eq!(run.go_on(), ["start build.3"], "the worktree stays as it is");
}
