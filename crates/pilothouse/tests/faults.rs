//! The daemon is killed after each event of a run, and what it had begun is found, finished or undone.

use std::fs;
use std::path::Path;
use std::process::Command;

use domain::attempt::AttemptKey;
use domain::effect::{Effect, Outcome};
use domain::event::EffectStarted;
use domain::{Body, Event, Timestamp, fold};
use serde_json::Value;
use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn events(folder: &Path) -> Vec<Event> {
    evidence::read(folder).unwrap_or_else(|e| panic!("{e}"))
}

/// Lines that the timeline has now, whole or not.
fn written(folder: &Path) -> usize {
    fs::read(folder.join("timeline.jsonl")).map_or(0, |text| text.iter().filter(|b| **b == b'\n').count())
}

/// Checks what must be true of a run that came to its end, however often its daemon died.
fn assert_whole(house: &House, row: &Value, when: &str) {
    house.proven(row["name"].as_str().expect("a name"));
    let folder = house.folder(row);
    let events = events(&folder);
    let count = |is: fn(&Body) -> bool| events.iter().filter(|e| is(&e.body)).count();
    assert_eq!(count(|b| matches!(b, Body::AttemptStarted(_))), 1, "{when}: the agent was started once");
    assert_eq!(count(|b| matches!(b, Body::AttemptFinished(_))), 1, "{when}: and ended once");
    assert_eq!(count(|b| matches!(b, Body::WorktreeCreated(_))), 1, "{when}");
    assert_eq!(count(|b| matches!(b, Body::AgentFinished(_))), 1, "{when}: its result counts once");
    assert_eq!(count(|b| matches!(b, Body::ProofWritten(_))), 1, "{when}: and is proven once");
    assert_eq!(count(|b| matches!(b, Body::PullOpened(_))), 1, "{when}: and delivered once");
    let state = fold::all(&events);
    assert!(state.effects.is_empty(), "{when}: {:?}", state.effects);
    let output = fs::read_to_string(folder.join("attempts/build.1/stdout")).expect("output");
    assert_eq!(output.matches("\"subtype\":\"init\"").count(), 1, "{when}: {output}");
    let live = house.row(row["name"].as_str().expect("a name")).expect("a row");
    let folded = protocol::row(&state, &protocol::Observations::default()).expect("a row");
    for field in ["status", "head", "phase", "tokens", "group"] {
        let folded = serde_json::to_value(&folded).expect("plain values");
        assert_eq!(folded[field], live[field], "{when}: the folded row is the live row in {field}");
    }
    assert_eq!(house.processes(row), 0, "{when}: nothing is left running");
}

#[test]
fn a_daemon_may_die_after_any_event() {
    // More than the events of such a run, so that its end is among the places.
    let places: Vec<usize> = (1..=36).collect();
    std::thread::scope(|scope| {
        for share in places.chunks(9) {
            scope.spawn(move || {
                let house = House::new(BINARY, Repo::with_files(10));
                for place in share {
                    let name = format!("dies-after-{place}");
                    let row = house.run(&name, "success");
                    let folder = house.folder(&row);
                    wait_until("that many events", || {
                        let status = || events(&folder).iter().any(|e| matches!(e.body, Body::PullOpened(_)));
                        let now = written(&folder);
                        if now >= *place || status() { Ok(()) } else { Err(format!("{now} events")) }
                    });
                    house.kill_daemon();
                    house.wait_for(&name, "ready");
                    assert_whole(&house, &row, &format!("killed after event {place}"));
                    let commits = house.repo.git(&["rev-list", "--count", &format!("main..pilothouse/{name}")]);
                    assert_eq!(commits.trim(), "2", "killed after event {place}: committed once");
                }
            });
        }
    });
}

/// A run that was queued by a daemon that then died, with `effect` begun and perhaps done by `world`.
fn with_open_effect(name: &str, effect: &Effect, world: impl FnOnce(&House, &Value)) -> (House, Value) {
    // No run may begin, so that the run stays as it is until this test has made its world.
    let house = House::new(BINARY, Repo::with_files(10));
    fs::write(house.home().join("config.toml"), "[limits]\nrunning = 1\n").expect("writable");
    house.run("holds-the-place", "asks");
    house.wait_for("holds-the-place", "waiting");
    let row = house.run(name, "success");
    house.kill_daemon();
    fs::remove_file(house.home().join("config.toml")).expect("removable");
    world(&house, &row);
    let mut timeline = evidence::Timeline::open(&house.folder(&row)).expect("a timeline").timeline;
    let at = Timestamp::from_millis(1_795_189_978_668);
    let started = EffectStarted { id: 1, effect: effect.clone() };
    timeline.append(at, vec![(None, started.into())], None).expect("room");
    timeline.sync().expect("a disk");
    (house, row)
}

fn outcome(house: &House, row: &Value) -> Outcome {
    wait_until("the effect's outcome", || {
        house.ok(&["status"]);
        let events = events(&house.folder(row));
        let found = events.iter().find_map(|e| match &e.body {
            Body::EffectFinished(done) if done.id == 1 => Some(done.outcome.clone()),
            _ => None,
        });
        found.ok_or_else(|| format!("{} events", events.len()))
    })
}

#[test]
fn an_unbegun_worktree_is_made() {
    let (house, row) = with_open_effect("not-begun", &Effect::CreateWorktree, |_, _| {});
    assert_eq!(outcome(&house, &row), Outcome::Done);
    house.wait_for("not-begun", "ready");
    assert_whole(&house, &row, "not begun");
}

#[test]
fn a_worktree_that_was_begun_is_completed() {
    let (house, row) = with_open_effect("begun", &Effect::CreateWorktree, |house, row| {
        let path = house.repo.path().with_file_name("shop.worktrees").join("begun");
        let reason = format!("pilothouse run {}", row["id"].as_str().expect("an id"));
        let path = path.to_str().expect("UTF-8");
        let words =
            ["worktree", "add", "--quiet", "--no-checkout", "--lock", "--reason", &reason, "-b", "pilothouse/begun"];
        house.repo.git(&[&words[..], &["--", path, "main"]].concat());
    });
    assert_eq!(outcome(&house, &row), Outcome::Done);
    let ready = house.wait_for("begun", "ready");
    assert!(fs::exists(Path::new(ready["worktree"].as_str().expect("a path")).join("README.md")).expect("readable"));
    assert_whole(&house, &row, "begun");
}

#[test]
fn a_foreign_folder_is_left_alone() {
    let (house, row) = with_open_effect("in-the-way", &Effect::CreateWorktree, |house, _| {
        let path = house.repo.path().with_file_name("shop.worktrees").join("in-the-way");
        fs::create_dir_all(&path).expect("a folder");
        fs::write(path.join("mine.txt"), "precious").expect("writable");
    });
    let Outcome::Failed(reason) = outcome(&house, &row) else { panic!("it can't be done") };
    assert!(reason.contains("not empty"), "{reason}");
    assert_eq!(house.wait_for("in-the-way", "failed")["needs_you"], true);
    let mine = house.repo.path().with_file_name("shop.worktrees").join("in-the-way/mine.txt");
    assert_eq!(fs::read_to_string(mine).expect("kept"), "precious");
}

/// A run whose agent has ended and whose daemon died with this effect begun.
fn with_ended_agent(name: &str) -> (House, Value) {
    let house = House::new(BINARY, Repo::with_files(10));
    let row = house.run(name, "success");
    house.wait_for(name, "ready");
    house.kill_daemon();
    (house, row)
}

/// Cuts the timeline behind the last event that `last` holds for, as if the daemon had died there.
fn cut_after(folder: &Path, last: impl Fn(&Body) -> bool) {
    let path = folder.join("timeline.jsonl");
    let text = fs::read_to_string(&path).expect("text");
    let kept = events(folder).iter().rposition(|e| last(&e.body)).expect("such an event") + 1;
    let lines: Vec<&str> = text.lines().take(kept).collect();
    fs::write(&path, format!("{}\n", lines.join("\n"))).expect("writable");
}

#[test]
fn committed_leftovers_are_not_committed_again() {
    let (house, row) = with_ended_agent("committed");
    let is_commit =
        |b: &Body| matches!(b, Body::EffectStarted(s) if matches!(s.effect, Effect::CommitLeftovers { .. }));
    cut_after(&house.folder(&row), is_commit);
    house.wait_for("committed", "ready");
    assert_whole(&house, &row, "cut after the commit");
    assert_eq!(house.repo.git(&["rev-list", "--count", "main..pilothouse/committed"]).trim(), "2");
}

#[test]
fn an_unseen_end_starts_no_second_agent() {
    let (house, row) = with_ended_agent("unseen");
    let is_start = |b: &Body| matches!(b, Body::EffectStarted(s) if matches!(s.effect, Effect::StartAttempt(_)));
    cut_after(&house.folder(&row), is_start);
    house.wait_for("unseen", "ready");
    assert_whole(&house, &row, "cut after the start was begun");
}

// And no second start.
#[test]
fn a_half_started_keeper_is_a_failure() {
    let attempt = AttemptKey { phase: "build".to_owned(), attempt: 1 };
    let (house, row) = with_ended_agent("half-started");
    let is_start = |b: &Body| matches!(b, Body::EffectStarted(s) if s.effect == Effect::StartAttempt(AttemptKey { phase: "build".to_owned(), attempt: 1 }));
    cut_after(&house.folder(&row), is_start);
    let folder = house.folder(&row).join("attempts").join(attempt.to_string());
    fs::remove_file(folder.join("exit.json")).expect("removable");
    let record = fs::read_to_string(folder.join("keeper.json")).expect("a record");
    let mut record: Value = serde_json::from_str(&record).expect("JSON");
    record["agent"] = Value::Null;
    fs::write(folder.join("keeper.json"), record.to_string()).expect("writable");
    let failed = house.wait_for("half-started", "failed");
    assert!(failed["reason"].as_str().expect("a reason").contains("not started twice"), "{failed:#}");
    let output = fs::read_to_string(folder.join("stdout")).expect("output");
    assert_eq!(output.matches("\"subtype\":\"init\"").count(), 1);
}

#[test]
fn a_doubtful_answer_is_not_sent_again() {
    let house = House::new(BINARY, Repo::with_files(10));
    let row = house.run("asks", "asks");
    let waiting = house.wait_for("asks", "waiting");
    house.kill_daemon();
    let attempt = AttemptKey { phase: "build".to_owned(), attempt: 1 };
    let folder = house.folder(&row);
    let record = supervisor::keeper_record(&folder.join("attempts/build.1")).expect("readable").expect("a keeper");
    // The keeper logged the line, and died with everything before anyone knew more.
    let logged = "{\"id\":\"answer\",\"data\":\"line\\n\"}\n";
    let mut log = fs::OpenOptions::new().append(true).open(folder.join("attempts/build.1/stdin.jsonl")).expect("a log");
    std::io::Write::write_all(&mut log, logged.as_bytes()).expect("room");
    assert!(record.keeper.kill());
    record.keeper.wait();
    let agent = record.agent.expect("an agent");
    // Without its keeper's end of the pipes the agent may have gone by itself.
    agent.kill();
    agent.wait();
    let question = waiting["question"]["id"].as_str().map(str::to_owned);
    let effect = Effect::Write {
        attempt,
        write: "answer".to_owned(),
        data: "line\n".to_owned(),
        question,
        how: "allowed once".to_owned(),
    };
    let mut timeline = evidence::Timeline::open(&folder).expect("a timeline").timeline;
    let id = fold::all(&events(&folder)).last_effect + 1;
    timeline.append(Timestamp::default(), vec![(None, EffectStarted { id, effect }.into())], None).expect("room");
    drop(timeline);
    house.wait_for("asks", "lost");
    let found = events(&folder).into_iter().find_map(|e| match e.body {
        Body::EffectFinished(done) if done.id == id => Some(done.outcome),
        _ => None,
    });
    assert!(matches!(found, Some(Outcome::Unknown(_))), "{found:?}");
}

#[test]
fn the_next_daemon_finishes_a_termination() {
    let house = House::new(BINARY, Repo::with_files(10));
    let row = house.run("ends", "forks");
    wait_until("helpers", || {
        let n = house.processes(&row);
        if n >= 5 { Ok(()) } else { Err(format!("{n}")) }
    });
    let mut face = house.command(&["terminate", "ends", "--grace", "60s"]).spawn().expect("it starts");
    wait_until("the request on disk", || {
        let asked = events(&house.folder(&row)).iter().any(|e| e.body.kind() == "terminate.requested");
        if asked { Ok(()) } else { Err("not yet") }.map_err(str::to_owned)
    });
    house.kill_daemon();
    face.kill().expect("it can be killed");
    face.wait().expect("it ends");
    // One of the helpers is deaf to polite signals, so the grace would have to pass: ended by a shorter one.
    let stop =
        Command::new(BINARY).args(["ls"]).env("PILOTHOUSE_HOME", house.home()).current_dir(house.repo.path()).output();
    assert!(stop.expect("it runs").status.success());
    // The grace of a minute is cut short; where all of them heard the first signal nothing is left.
    for process in supervisor::marked(&house.home(), row["id"].as_str().expect("an id")) {
        process.kill();
    }
    house.wait_for("ends", "terminated");
    assert_eq!(house.processes(&row), 0);
}
