//! Pausing, trying again, going back, removing and bringing back, by decisions and folds alone.

mod stage;
mod steps;

use domain::attempt::Exit;
use domain::command::Command;
use domain::decide::{self, Facts};
use domain::effect::{Effect, Outcome, WORDS};
use domain::event::{AttemptFinished, EffectFinished, EffectStarted, Lost, WaitingStarted, WordsGiven};
use domain::phase::{PhaseSpec, SessionUse};
use domain::status::By;
use domain::{Status, handover};

use stage::{Run, phase, retry};

// And each phase hears of those before.
#[test]
fn each_phase_lies_between_two_checkpoints() {
    let mut run = Run::two_phases();
    assert_eq!(run.go_on(), ["create", "save 0", "start plan.1"]);
    run.agent("one", Some(true));
    assert_eq!(run.go_on(), ["commit plan", "save 1", "start build.1"]);
    let told = handover::prompt(&run.state, &run.state.attempt_key().expect("an attempt"));
    assert!(told.starts_with("build it\n") && told.contains("- plan (done at head1): one ends"), "{told}");
    assert_eq!(run.state.attempt().expect("one").resumes, None, "a new session");
    run.agent("two", Some(true));
    assert_eq!(run.go_on(), ["commit build", "save 2"]);
    assert_eq!(run.state.status, Status::Ready);
}

#[test]
fn a_phase_may_continue_the_previous_session() {
    let build = PhaseSpec { session: SessionUse::Continue, ..phase("build") };
    let mut run = Run::new(vec![phase("plan"), build], false);
    run.go_on();
    run.agent("one", Some(true));
    run.go_on();
    assert_eq!(run.state.attempt().expect("one").resumes.as_deref(), Some("one"));
    let told = handover::prompt(&run.state, &run.state.attempt_key().expect("an attempt"));
    assert_eq!(told, "build it", "its session has its own memory");
}

#[test]
fn a_retry_begins_where_its_phase_began() {
    let mut run = Run::two_phases();
    run.go_on();
    run.agent("one", Some(true));
    run.go_on();
    run.agent("two", Some(false));
    run.go_on();
    assert!(matches!(run.state.status, Status::Failed { .. }));
    let refusal = run.ask(&retry(), 1).expect_err("something of it lives");
    assert!(refusal.to_string().contains("1 process of it lives"), "{refusal}");
    run.ask(&retry(), 0).expect("nothing lives");
    assert_eq!(run.state.status, Status::Queued);
    assert!(decide::next(&run.state, false).is_nothing(), "it waits for a place like any other");
    assert_eq!(run.go_on(), ["save 2", "restore 1", "start build.2"]);
    let told = handover::prompt(&run.state, &run.state.attempt_key().expect("an attempt"));
    assert!(told.contains("failed: two ends") && told.contains("refs/pilothouse/abc234/2"), "{told}");
    run.agent("three", Some(true));
    run.go_on();
    assert_eq!(run.state.status, Status::Ready);
    assert_eq!(run.state.phases[1].attempts.len(), 2, "both attempts stay known");
}

#[test]
fn unsaid_words_are_said_later() {
    let mut run = Run::two_phases();
    run.go_on();
    run.agent("one", None);
    run.go_on();
    run.ask(&retry(), 0).expect("nothing lives");
    run.go_on();
    // What a person said for the end of a turn that never came is said to the one that goes on.
    let key = run.state.attempt_key();
    run.append(key.clone(), WordsGiven { text: "use python".to_owned() }.into());
    run.append(key.clone(), WordsGiven { text: "and no pip".to_owned() }.into());
    let heard = Effect::Write {
        attempt: key.clone().expect("an attempt"),
        write: format!("{WORDS}0"),
        data: String::new(),
        question: None,
        how: String::new(),
    };
    run.append(key.clone(), EffectStarted { id: 900, effect: heard }.into());
    run.append(None, EffectFinished { id: 900, outcome: Outcome::Done }.into());
    run.append(key, Lost { reason: "reboot".to_owned(), survivors: 0 }.into());
    run.ask(&retry(), 0).expect("nothing lives");
    run.go_on();
    let told = handover::prompt(&run.state, &run.state.attempt_key().expect("an attempt"));
    assert!(told.ends_with("plan it\n\nYou were told this:\n\nand no pip"), "{told}");
}

#[test]
fn a_cut_attempt_resumes_its_session() {
    let mut run = Run::two_phases();
    run.go_on();
    run.agent("one", None);
    run.go_on();
    run.ask(&retry(), 0).expect("nothing lives");
    assert_eq!(run.go_on(), ["start plan.2"], "the worktree stays as it is");
    assert_eq!(run.state.attempt().expect("one").resumes.as_deref(), Some("one"));
    let told = handover::prompt(&run.state, &run.state.attempt_key().expect("an attempt"));
    assert!(told.starts_with("You were interrupted.") && told.ends_with("plan it"), "{told}");

    let key = run.state.attempt_key();
    run.append(key, Lost { reason: "reboot".to_owned(), survivors: 0 }.into());
    let fresh = Command::Retry { phase: None, resume: Some(false) };
    run.ask(&fresh, 0).expect("nothing lives");
    assert_eq!(run.go_on(), ["save 1", "restore 0", "start plan.3"]);
    assert_eq!(run.state.attempt().expect("one").resumes, None);
}

#[test]
fn a_senseless_retry_is_refused() {
    let mut run = Run::two_phases();
    run.go_on();
    assert!(run.ask(&retry(), 0).is_err(), "it is at work");
    run.agent("one", Some(false));
    run.go_on();
    let of = |phase: &str| Command::Retry { phase: Some(phase.to_owned()), resume: None };
    assert!(run.ask(&of("deploy"), 0).expect_err("no such phase").to_string().contains("plan, build"));
    assert!(run.ask(&of("build"), 0).expect_err("not reached").to_string().contains("never came to that phase"));
}

#[test]
fn a_rollback_reopens_the_later_phases() {
    let mut run = Run::two_phases();
    run.go_on();
    run.agent("one", Some(true));
    run.go_on();
    run.agent("two", Some(true));
    run.go_on();
    assert_eq!(run.state.status, Status::Ready);
    assert!(run.ask(&Command::Rollback { to: 7 }, 0).expect_err("none").to_string().contains("0 to 2"));
    assert!(run.ask(&Command::Rollback { to: 0 }, 2).is_err(), "something of it lives");
    run.ask(&Command::Rollback { to: 1 }, 0).expect("a checkpoint");
    assert!(!run.state.is_at_rest(), "it is under way");
    assert_eq!(run.go_on(), ["save 3", "restore 1"]);
    let Status::Failed { phase, reason } = &run.state.status else { panic!("{:?}", run.state.status) };
    assert_eq!((phase.as_str(), run.state.head.as_deref()), ("build", Some("head1")));
    assert!(reason.contains("rolled back to checkpoint 1"), "{reason}");
    assert_eq!(domain::group::of(&run.state), domain::group::Group::Ready, "who put it back needs no call");
    run.ask(&retry(), 0).expect("nothing lives");
    assert_eq!(run.go_on(), ["save 4", "restore 1", "start build.2"]);
    run.agent("three", Some(true));
    run.go_on();
    assert_eq!(run.state.status, Status::Ready);

    run.ask(&Command::Rollback { to: 0 }, 0).expect("a checkpoint");
    run.go_on();
    assert_eq!(run.state.current().expect("a phase").spec.name, "plan");
    run.ask(&Command::Rollback { to: 2 }, 0).expect("a checkpoint");
    run.go_on();
    assert_eq!(run.state.status, Status::Ready, "forth again to where all was done");
    run.ask(&Command::Rollback { to: 0 }, 0).expect("a checkpoint");
    run.go_on();
    run.ask(&retry(), 0).expect("nothing lives");
    let done = run.go_on();
    assert_eq!(done.last().map(String::as_str), Some("start plan.2"));
    run.agent("four", Some(true));
    let done = run.go_on();
    assert_eq!(done.last().map(String::as_str), Some("start build.3"), "a later phase is done again");
}

#[test]
fn a_failed_rollback_changes_nothing() {
    let mut run = Run::new(vec![phase("build")], false);
    run.go_on();
    run.agent("one", Some(true));
    run.go_on();
    run.ask(&Command::Rollback { to: 0 }, 0).expect("a checkpoint");
    let decision = decide::next(&run.state, true);
    run.take(decision);
    let id = run.state.last_effect;
    run.finish(id, Outcome::Failed("disk full".to_owned()), Facts::Nothing);
    assert_eq!(run.state.status, Status::Ready);
    assert!(run.state.is_at_rest() && run.go_on().is_empty());
}

#[test]
fn a_pause_lies_over_any_status() {
    let mut run = Run::new(vec![phase("build")], false);
    run.go_on();
    run.ask(&Command::Pause, 0).expect("an agent works");
    assert_eq!(run.go_on(), ["freeze"]);
    assert!(matches!(run.state.status, Status::Paused { by: By::Person, .. }));
    assert!(run.ask(&Command::Pause, 0).is_err() && run.state.is_live());
    // What it had written before it stood still is read afterwards.
    let asks = WaitingStarted {
        id: "q".into(),
        text: "may I?".into(),
        choices: Vec::new(),
        tool: None,
        ..WaitingStarted::default()
    };
    run.append(run.state.attempt_key(), asks.into());
    assert!(matches!(run.state.status, Status::Paused { .. }));
    run.ask(&Command::Resume { budget: domain::budget::Budget::NONE }, 0).expect("paused");
    run.go_on();
    assert_eq!(run.state.status, Status::Waiting, "it asked meanwhile");
    assert!(run.ask(&Command::Resume { budget: domain::budget::Budget::NONE }, 0).is_err(), "not paused");

    run.ask(&Command::Pause, 0).expect("an agent waits");
    run.go_on();
    run.append(run.state.attempt_key(), AttemptFinished { exit: Exit { signal: Some(9), ..Exit::default() } }.into());
    run.go_on();
    assert!(matches!(run.state.status, Status::Failed { .. }), "killed while it stood still");
    assert!(run.state.paused.is_none());
}

#[test]
fn a_removed_worktree_can_only_come_back() {
    let mut run = Run::new(vec![phase("build")], false);
    run.go_on();
    assert!(run.ask(&Command::Rm, 0).is_err(), "it works");
    run.agent("one", Some(true));
    run.go_on();
    assert!(run.ask(&Command::Rm, 3).is_err(), "something of it lives");
    run.ask(&Command::Rm, 0).expect("at rest");
    assert!(run.ask(&Command::Rm, 0).is_err(), "under way");
    let removed = run.go_on();
    assert!(removed[0].starts_with("remove abc234."), "{removed:?}");
    assert!(run.state.removed && run.state.dismissed);
    assert!(run.ask(&retry(), 0).is_err() && run.ask(&Command::Rollback { to: 0 }, 0).is_err());
    run.ask(&Command::Restore, 0).expect("it was removed");
    let back = run.go_on();
    assert_eq!(back, [removed[0].replace("remove", "bring back")]);
    assert!(!run.state.removed && !run.state.dismissed && run.state.status == Status::Ready);
    run.ask(&Command::Dismiss, 0).expect("at rest");
    assert!(run.state.dismissed && run.ask(&Command::Dismiss, 0).is_err());
}

// Of an unchanged worktree, which goes by itself.
#[test]
fn a_refused_removal_is_not_tried_again() {
    let never = PhaseSpec { commit: domain::phase::CommitUse::Never, ..phase("build") };
    let mut run = Run::new(vec![never], true);
    run.go_on();
    run.agent("one", Some(true));
    loop {
        let decision = decide::next(&run.state, true);
        run.take(decision);
        let Some((id, effect)) = run.state.effects.iter().next().map(|(id, e)| (*id, e.clone())) else { continue };
        if matches!(effect, Effect::RemoveWorktree { by: By::Pilothouse, .. }) {
            run.finish(id, Outcome::Refused("it holds work".to_owned()), Facts::Nothing);
            break;
        }
        run.perform(id, &effect);
    }
    assert!(!run.state.removed && run.state.status == Status::Ready && run.state.is_at_rest());
    assert!(run.go_on().is_empty(), "it is not tried again");
}

#[test]
fn a_retry_after_rollback_begins_anew() {
    let mut run = Run::two_phases();
    run.go_on();
    run.agent("one", None);
    run.go_on();
    run.ask(&Command::Rollback { to: 0 }, 0).expect("a checkpoint");
    run.go_on();
    run.ask(&retry(), 0).expect("nothing lives");
    run.go_on();
    assert_eq!(run.state.attempt().expect("one").resumes, None, "the session knows nothing of the way back");
}

#[test]
fn a_power_cut_forgets_no_retry() {
    let mut run = Run::two_phases();
    run.go_on();
    run.agent("one", Some(true));
    run.go_on();
    run.agent("two", Some(true));
    run.go_on();
    run.ask(&Command::Retry { phase: Some("build".to_owned()), resume: None }, 0).expect("nothing lives");
    while run.state.retry.as_ref().is_some_and(|retry| !retry.put_back) {
        let decision = decide::next(&run.state, true);
        run.take(decision);
        let (id, effect) = run.state.effects.iter().next().map(|(id, e)| (*id, e.clone())).expect("an effect");
        run.perform(id, &effect);
    }
    // Only the first event of the batch was written.
    let decision = decide::next(&run.state, true);
    let (key, body) = decision.events[0].clone();
    run.append(key, body);
    assert_eq!(run.go_on(), ["start build.2"]);
}
