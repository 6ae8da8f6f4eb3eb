//! Power fails at every write: the world is copied again and again while a run works, and each copy, also with
//! its timeline cut at every line and in the middle of one, is a state that a new daemon goes on from.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use domain::{Body, Event};
use serde_json::Value;
use testkit::{House, Repo, standstill, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg("--").arg(from).arg(to).status().expect("cp");
    assert!(done.success(), "cp {} {}", from.display(), to.display());
}

/// The state folder, the repository and its worktrees at one moment.
struct Moment {
    folder: PathBuf,
    lines: usize,
}

fn timeline(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("timeline.jsonl")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Plays a run to its end and copies the world at every new state of its timeline.
fn record(house: &House, row: &Value, into: &Path) -> Vec<Moment> {
    let around = house.repo.path().parent().expect("a folder").to_owned();
    let mut moments: Vec<Moment> = Vec::new();
    wait_until("the run to end, copied at every step", || {
        let seen = timeline(&house.folder(row)).len();
        if moments.last().is_none_or(|last| last.lines < seen) {
            let folder = into.join(moments.len().to_string());
            fs::create_dir(&folder).expect("room");
            standstill(&house.home(), || {
                copy(&house.home(), &folder.join("home"));
                copy(&around, &folder.join("around"));
            });
            let lines = timeline(&folder.join("home/runs").join(row["id"].as_str().expect("an id"))).len();
            moments.push(Moment { folder, lines });
        }
        let over = timeline(&house.folder(row)).iter().any(|line| line.contains("\"kind\":\"run.ready\""));
        if over { Ok(()) } else { Err(format!("{seen} events")) }
    });
    moments
}

fn put_back(house: &House, moment: &Moment) {
    let around = house.repo.path().parent().expect("a folder").to_owned();
    for (place, copied) in [(house.home(), "home"), (around, "around")] {
        for entry in fs::read_dir(&place).expect("a folder").flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                fs::remove_dir_all(path).expect("removable");
            } else {
                fs::remove_file(path).expect("removable");
            }
        }
        copy(&moment.folder.join(copied).join("."), &place);
    }
}

/// After a power failure the machine has another boot id.
fn reboot(folder: &Path) {
    for attempt in fs::read_dir(folder.join("attempts")).into_iter().flatten().flatten() {
        let path = attempt.path().join("keeper.json");
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let mut record: Value = serde_json::from_str(&text).expect("a record");
        for who in ["keeper", "agent"] {
            if record[who].is_object() {
                record[who]["boot_id"] = "an-earlier-boot".into();
            }
        }
        fs::write(path, record.to_string()).expect("writable");
    }
}

/// Checks what must be true of a run after its daemon came back.
fn recovered(house: &House, row: &Value, kept: &[String], when: &str) {
    let over = wait_until("the run to come to rest", || {
        let row = house.row("power").ok_or("no such run")?;
        let status = row["status"].as_str().unwrap_or_default().to_owned();
        let rests = matches!(status.as_str(), "ready" | "failed" | "lost");
        if rests { Ok(row) } else { Err(format!("{when}: {row:#}\n{}", house.say(&["timeline", "power"]).out)) }
    });
    let now = timeline(&house.folder(row));
    assert_eq!(&now[..kept.len()], kept, "{when}: no event changed");
    house.assert_over("power");
    let events = evidence::read(&house.folder(row)).unwrap_or_else(|e| panic!("{when}: {e}"));
    let started = events.iter().filter(|e| matches!(e.body, Body::AttemptStarted(_))).count();
    assert!(started <= 1, "{when}: the agent was started {started} times");
    // Cut short while it worked, or while its keeper started it: never started twice, and a retry goes on.
    if over["status"] != "ready" {
        house.ok(&["retry", "power"]);
        house.wait_for("power", "ready");
        house.assert_over("power");
    }
    let id = row["id"].as_str().expect("an id");
    let ends_ready = house.row("power").is_some_and(|row| row["status"] == "ready");
    assert!(ends_ready, "{when}: {:#}", house.row("power").unwrap_or_default());
    let refs = house.repo.git(&["for-each-ref", "--format=%(refname)", &format!("refs/pilothouse/{id}/")]);
    assert!(refs.lines().count() >= 2, "{when}: {refs}");
}

/// Events read from the agent's output are written as batches; one without its last line is read again.
fn whole_batches(lines: &[String]) -> &[String] {
    let open = |line: &&String| line.contains("\"src\":") && !line.contains("\"to\":");
    let dropped = lines.iter().rev().take_while(open).count();
    &lines[..lines.len() - dropped]
}

fn is_effect(line: &str) -> bool {
    line.contains("\"kind\":\"effect.started\"")
}

#[test]
fn a_run_continues_from_any_written_prefix() {
    let house = House::new(BINARY, Repo::with_files(10));
    let row = house.run("power", "success");
    let copies = tempfile::tempdir().expect("a folder");
    let moments = record(&house, &row, copies.path());
    house.wait_for("power", "ready");
    house.kill_daemon();
    let folder = house.folder(&row);
    let (mut met, mut tried, mut before) = (0, 0, 0);
    for moment in &moments {
        let copied = timeline(&moment.folder.join("home/runs").join(row["id"].as_str().expect("an id")));
        // What was begun after a line can't be in a world where only that line had been written.
        let last_effect = copied.iter().rposition(|line| is_effect(line)).map_or(0, |at| at + 1);
        // A run exists once it is queued on disk.
        let queued = copied.iter().position(|line| line.contains("run.queued")).map_or(usize::MAX, |at| at + 1);
        for lines in (before + 1).max(last_effect).max(queued)..=copied.len() {
            for (torn, other_boot) in [(false, false), (true, true)] {
                met += 1;
                // All of them take a minute; `just faults` tries them all.
                if testkit::rounds(1) == 1 && met % 3 != 0 {
                    continue;
                }
                put_back(&house, moment);
                let mut text = copied[..lines].join("\n") + "\n";
                if torn {
                    text.push_str("{\"v\":1,\"seq\":999,\"at\":\"2026-");
                }
                fs::write(folder.join("timeline.jsonl"), text).expect("writable");
                if other_boot {
                    reboot(&folder);
                }
                let when = format!("{lines} of {} lines, torn: {torn}", copied.len());
                let whole = whole_batches(&copied[..lines]);
                recovered(&house, &row, whole, &when);
                assert_eq!(folder.join("timeline.torn").exists(), torn || whole.len() < lines, "{when}");
                house.kill_daemon();
                tried += 1;
            }
        }
        before = copied.len();
    }
    assert!(tried >= 8, "only {tried} states were met");
    println!("power: {} moments, {met} states, {tried} of them tried and recovered", moments.len());
}

/// Cuts the timeline right behind the beginning of the last effect; returns the events that it had.
fn cut_at_last_effect(folder: &Path) -> Vec<Event> {
    let events = evidence::read(folder).expect("a timeline");
    let at = events.iter().rposition(|e| matches!(e.body, Body::EffectStarted(_))).expect("an effect");
    let lines = timeline(folder);
    fs::write(folder.join("timeline.jsonl"), lines[..=at].join("\n") + "\n").expect("writable");
    events
}

#[test]
fn unnoted_effects_are_found_done() {
    let house = House::new(BINARY, Repo::with_files(10));
    let row = house.run("power", "fails-once");
    house.wait_for("power", "failed");
    let folder = house.folder(&row);
    let mut met = Vec::new();
    let mut again = |what: &str, status: &str| {
        house.wait_for("power", status);
        let before = house.assert_over("power");
        house.kill_daemon();
        let events = cut_at_last_effect(&folder);
        wait_until(&format!("{what} to be found done"), || {
            let row = house.row("power").ok_or("no such run")?;
            let same = ["status", "reason", "head", "removed", "phase"].iter().all(|field| row[field] == before[field]);
            if same { Ok(()) } else { Err(format!("{row:#}")) }
        });
        let after = house.assert_over("power");
        let numbers = |row: &Value| row["checkpoints"].as_array().map(Vec::len);
        assert_eq!(numbers(&before), numbers(&after), "{what}: no checkpoint was lost or doubled");
        let kinds = |events: &[Event]| events.iter().filter(|e| e.body.kind() == "attempt.started").count();
        assert_eq!(
            kinds(&events),
            kinds(&evidence::read(&folder).expect("a timeline")),
            "{what}: nothing was started twice"
        );
        met.push(what.to_owned());
    };
    again("the attempt's end", "failed");
    house.ok(&["retry", "power"]);
    again("the last checkpoint", "ready");
    house.ok(&["rollback", "power", "1"]);
    again("the way back", "failed");
    house.ok(&["rollback", "power", "2"]);
    again("the way forth", "ready");
    let tree = PathBuf::from(house.row("power").expect("a row")["worktree"].as_str().expect("a path"));
    fs::write(tree.join("uncommitted.txt"), "mine\n").expect("writable");
    house.ok(&["rm", "power", "--yes"]);
    again("the removal", "ready");
    house.ok(&["restore", "power"]);
    again("the return", "ready");
    assert_eq!(fs::read_to_string(tree.join("uncommitted.txt")).expect("text"), "mine\n");
    println!("power: {} effects found done: {}", met.len(), met.join(", "));
}
