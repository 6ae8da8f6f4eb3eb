//! An agent whose turn is over, and whose own work goes on in the background.

use domain::attempt::{AttemptKey, Exit};
use domain::command::NewRun;
use domain::decide;
use domain::effect::Effect;
use domain::event::{
    AgentFinished, AgentSession, AttemptFinished, AttemptStarted, BackgroundEnded, BackgroundStarted, EffectStarted,
    GENESIS, RunCreated, TurnEnded, TurnStarted, WaitingStarted,
};
use domain::phase::PhaseSpec;
use domain::{Body, Event, RunId, RunState, Status, Timestamp, fold};

const MINUTE: i64 = 60_000;

fn key() -> AttemptKey {
    AttemptKey { phase: "build".to_owned(), attempt: 1 }
}

fn append(run: &mut RunState, at: i64, body: impl Into<Body>) {
    let (phase, attempt) = (Some(key().phase), Some(1));
    let (seq, at, prev) = (run.seq + 1, Timestamp::from_millis(at), GENESIS.to_owned());
    fold::apply(run, &Event { seq, at, phase, attempt, body: body.into(), src: None, prev });
}

/// A run whose agent has ended its turn at minute 0 with a command in the background.
fn resting() -> RunState {
    let phases = vec![PhaseSpec { name: "build".to_owned(), ..PhaseSpec::default() }];
    let spec = NewRun { phases, ..NewRun::unknown(RunId::parse("abc234").expect("an id")) };
    let mut run = RunState::default();
    append(&mut run, 0, RunCreated { run: Box::new(spec) });
    append(&mut run, 0, EffectStarted { id: 1, effect: Effect::StartAttempt(key()) });
    append(
        &mut run,
        0,
        AttemptStarted { pid: 10, keeper_pid: 9, reads: None, sandbox: None, metered: false, paid_by: None },
    );
    run.effects.clear();
    append(&mut run, 0, TurnStarted {});
    append(&mut run, 0, BackgroundStarted { id: "b1".to_owned(), about: "the tests".to_owned() });
    append(&mut run, 0, TurnEnded { text: "I go on when they are done".to_owned(), open: 1 });
    run
}

fn minutes(run: &RunState) -> Option<i64> {
    decide::rests_until(run).map(|until| until.as_millis() / MINUTE)
}

#[test]
fn input_stays_open_amid_background_work() {
    let mut run = resting();
    assert!(decide::next(&run, true).is_nothing(), "its input is not closed");
    assert_eq!(minutes(&run), Some(30));
    assert!(decide::rested(&run, Timestamp::from_millis(29 * MINUTE)).is_nothing());
    append(&mut run, 10 * MINUTE, BackgroundEnded { id: "b1".to_owned(), how: "completed".to_owned() });
    assert_eq!(minutes(&run), Some(10), "half a minute to go on by itself");
    append(&mut run, 10 * MINUTE, AgentSession { session: "s".to_owned(), ..AgentSession::default() });
    assert_eq!(minutes(&run), None, "it works again");
    append(&mut run, 11 * MINUTE, AgentFinished { ok: true, text: "done".to_owned() });
    assert_eq!(decide::next(&run, true).effects, [Effect::CloseInput(key())]);
}

#[test]
fn overlong_background_work_is_ended_and_told() {
    let mut run = resting();
    let decision = decide::rested(&run, Timestamp::from_millis(30 * MINUTE));
    let [(_, Body::Note(note)), (_, Body::AgentFinished(end))] = &decision.events[..] else { panic!("{decision:?}") };
    assert!(note.text.contains("the tests"), "{}", note.text);
    assert_eq!((end.ok, end.text.as_str()), (true, "I go on when they are done"));
    for (_, body) in decision.events {
        append(&mut run, 30 * MINUTE, body);
    }
    assert_eq!(decide::next(&run, true).effects, [Effect::CloseInput(key())]);
}

#[test]
fn a_helper_that_asks_has_time() {
    let mut run = resting();
    let asked = WaitingStarted {
        id: "q".to_owned(),
        text: "Bash: ls".to_owned(),
        choices: Vec::new(),
        tool: None,
        input: None,
        ..WaitingStarted::default()
    };
    append(&mut run, MINUTE, asked);
    assert_eq!(minutes(&run), None);
}

#[test]
fn a_turn_that_ends_answers_no_question() {
    let mut run = resting();
    append(&mut run, MINUTE, WaitingStarted { id: "q".to_owned(), ..WaitingStarted::default() });
    append(&mut run, MINUTE, TurnEnded { text: "I asked you".to_owned(), open: 0 });
    assert_eq!(run.status, Status::Waiting);
}

#[test]
fn an_agent_killed_at_rest_has_failed() {
    let verdict = |exit: Exit| {
        let mut run = resting();
        append(&mut run, MINUTE, AttemptFinished { exit });
        run.attempt().and_then(|attempt| attempt.verdict()).expect("an end")
    };
    let killed = verdict(Exit { signal: Some(9), ..Exit::default() });
    assert_eq!(killed, Err("the agent ended without a result (ended by SIGKILL)".to_owned()));
    assert_eq!(verdict(Exit { code: Some(0), ..Exit::default() }), Ok(()), "one that leaves by itself is done");
}
