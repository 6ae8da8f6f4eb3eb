//! The life of runs through the real command line, daemon, keepers and worktrees.

use std::collections::BTreeSet;
use std::fs;

use domain::{Body, Event};
use serde_json::Value;
use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn house() -> House {
    House::new(BINARY, Repo::with_files(20))
}

fn events(house: &House, row: &Value) -> Vec<Event> {
    evidence::read(&house.folder(row)).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_ready_run_has_everything_committed() {
    let house = house();
    let said = house.say(&["run", "Fix the login", "--wait"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let row = house.row("fix-the-login").expect("named after its task");
    assert_eq!(row["status"], "ready");
    assert_eq!(row["group"], "ready");
    assert_eq!(row["needs_you"], false);
    assert_eq!(row["branch"], "pilothouse/fix-the-login");
    assert_eq!(row["cost_usd"], Value::Null, "unknown is null");
    let log = house.repo.git(&[
        "log",
        "--format=%s|%an|%(trailers:key=Pilothouse-Run,valueonly,separator=%x2C)",
        "main..pilothouse/fix-the-login",
    ]);
    let id = row["id"].as_str().expect("an id");
    assert_eq!(
        log,
        format!("fix-the-login: what the agent left uncommitted|Test|{id}\nrehearsal: note the task|Test|\n")
    );
    assert_eq!(
        house.repo.git(&["rev-parse", "pilothouse/fix-the-login"]).trim(),
        row["head"].as_str().expect("a head")
    );
    let worktree = row["worktree"].as_str().expect("a worktree");
    let status =
        std::process::Command::new("git").args(["-C", worktree, "status", "--porcelain"]).output().expect("git");
    assert_eq!(String::from_utf8_lossy(&status.stdout), "", "nothing is left uncommitted");
    wait_until("the changes to be measured", || {
        let row = house.row("fix-the-login").expect("a row");
        if row["changes"]["files"] == 2 { Ok(()) } else { Err(row["changes"].to_string()) }
    });
    assert_eq!(house.repo.git(&["status", "--porcelain"]), "", "the main checkout is untouched");
}

#[test]
fn a_timeline_can_be_checked_by_hand() {
    let house = house();
    let row = house.run("checked", "success");
    house.wait_for("checked", "ready");
    let text = fs::read_to_string(house.folder(&row).join("timeline.jsonl")).expect("a timeline");
    let mut prev = "0".repeat(64);
    for (i, line) in text.lines().enumerate() {
        let event: Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(event["seq"], i + 1);
        assert_eq!(event["prev"], prev.as_str());
        let mut child = std::process::Command::new("sha256sum")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("sha256sum");
        std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), line.as_bytes()).expect("room");
        let sum = child.wait_with_output().expect("a sum").stdout;
        prev = String::from_utf8_lossy(&sum)[..64].to_owned();
    }
    assert!(text.lines().count() > 20);
}

#[test]
fn killed_daemons_lose_and_double_nothing() {
    let house = house();
    let row = house.run("chatty", "chatty");
    let messages = |house: &House| -> Vec<u32> {
        let said = |e: &Event| match &e.body {
            Body::AgentMessage(m) => m.text.strip_prefix("Message ")?.split(':').next()?.parse().ok(),
            _ => None,
        };
        events(house, &row).iter().filter_map(said).collect()
    };
    let mut seen = 0;
    for _ in 0..6 {
        wait_until("more messages", || {
            house.ok(&["status"]);
            let now = messages(&house).len();
            if now <= seen + 5 {
                return Err(format!("{now} messages"));
            }
            seen = now;
            Ok(())
        });
        house.kill_daemon();
    }
    let status = house.wait_for("chatty", "working");
    assert_eq!(status["keeper"], "ok");
    house.ok(&["terminate", "chatty", "--grace", "0s"]);
    assert_eq!(house.row("chatty").expect("a row")["status"], "terminated");
    let messages = messages(&house);
    let expected: Vec<u32> = (1..=u32::try_from(messages.len()).expect("few")).collect();
    assert_eq!(messages, expected, "each message once and in order");
    let raw = fs::read_to_string(house.folder(&row).join("attempts/build.1/stdout")).expect("output");
    let whole = raw.lines().filter(|l| l.contains("\"Message ") && serde_json::from_str::<Value>(l).is_ok()).count();
    assert_eq!(messages.len(), whole, "every line the agent wrote became an event");
    let starts = events(&house, &row).iter().filter(|e| matches!(e.body, Body::AttemptStarted(_))).count();
    assert_eq!(starts, 1, "the agent was started once");
}

// And is ready when a daemon comes back.
#[test]
fn a_run_ends_without_a_daemon() {
    let house = house();
    let row = house.run("alone", "success");
    house.wait_for("alone", "working");
    house.kill_daemon();
    let exit = house.folder(&row).join("attempts/build.1/exit.json");
    // The agent waits for the end of its input, which only a daemon closes: it has said its result by then.
    wait_until("the agent's result", || {
        let said = fs::read_to_string(house.folder(&row).join("attempts/build.1/stdout")).unwrap_or_default();
        if said.contains("\"type\":\"result\"") { Ok(()) } else { Err(said) }
    });
    assert!(!exit.exists());
    house.wait_for("alone", "ready");
}

#[test]
fn runs_beyond_the_limit_wait() {
    let house = House::with_settings(BINARY, Repo::with_files(5), "[limits]\nrunning = 2\n");
    house.ok(&["run", "look around", "--agent", "rehearsal:no-change", "--count", "6"]);
    let mut queued_seen = false;
    wait_until("all six to be ready", || {
        let rows = house.rows();
        let with = |s: &str| rows.iter().filter(|r| r["status"] == s).count();
        queued_seen |= with("queued") > 0;
        assert!(with("working") + with("preparing") <= 2, "{rows:#?}");
        if with("ready") == 6 { Ok(()) } else { Err(format!("{} ready", with("ready"))) }
    });
    assert!(queued_seen);
}

#[test]
fn sixteen_runs_start_at_once() {
    let house = House::new(BINARY, Repo::with_files(2000));
    house.ok(&["status"]);
    let children: Vec<_> = (0..16)
        .map(|n| {
            let name = format!("run-{n}");
            let words = ["run", "a task", "--name", &name, "--agent", "rehearsal:success"];
            house.command(&words).stdout(std::process::Stdio::null()).spawn().expect("it starts")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("it ends").success());
    }
    for n in 0..16 {
        house.wait_for(&format!("run-{n}"), "ready");
    }
    assert_eq!(
        house.repo.git(&["worktree", "list", "--porcelain"]).matches("branch refs/heads/pilothouse/").count(),
        16
    );
}

#[test]
fn a_question_is_answered_by_its_id() {
    let house = house();
    house.run("asks", "asks");
    let row = house.wait_for("asks", "waiting");
    assert_eq!(row["needs_you"], true);
    assert_eq!(row["question"]["text"], "Bash: npm publish --dry-run");
    house.kill_daemon();
    assert_eq!(house.row("asks").expect("a row")["question"], row["question"], "the question outlives the daemon");
    house.ok(&["send", "asks", "--allow"]);
    house.wait_for("asks", "ready");
    let said = house.say(&["send", "asks", "--deny"]);
    assert_eq!(said.code, 4, "{}", said.err);
    let files = house.repo.git(&["show", "--name-only", "--format=", "pilothouse/asks"]);
    assert_eq!(files, "published.txt\n");
}

#[test]
fn run_wide_allowances_are_not_asked_again() {
    let house = house();
    let start = |name: &str| {
        house.ok(&["run", "publish twice", "--name", name, "--agent", "rehearsal:asks"]);
        house.wait_for(name, "waiting")
    };
    let first = start("for-the-run");
    house.ok(&["send", "for-the-run", "--allow-run"]);
    let row = house.wait_for("for-the-run", "ready");
    let answers = events(&house, &row).iter().filter(|e| e.body.kind() == "waiting.ended").count();
    assert_eq!(answers, 2, "both questions were answered, one of them by a person");
    start("once");
    house.ok(&["send", "once", "--allow"]);
    wait_until("the second question", || {
        let row = house.row("once").ok_or("no row")?;
        let second = row["status"] == "waiting" && row["question"]["text"] == "Bash: npm publish";
        if second { Ok(()) } else { Err(row["question"].to_string()) }
    });
    assert_eq!(first["question"]["text"], "Bash: npm publish --dry-run");
}

#[test]
fn a_needed_person_ends_the_wait() {
    let house = house();
    let said = house.say(&["run", "publish it", "--agent", "rehearsal:asks", "--wait"]);
    assert_eq!(said.code, 6, "{}{}", said.out, said.err);
    assert!(said.err.contains("pilothouse send"), "{}", said.err);
}

#[test]
fn terminating_ends_the_escaped_helpers_too() {
    let house = house();
    let row = house.run("forks", "forks");
    wait_until("helpers", || {
        let n = house.processes(&row);
        if n >= 5 { Ok(()) } else { Err(format!("{n} processes")) }
    });
    house.ok(&["terminate", "forks", "--grace", "200ms"]);
    assert_eq!(house.processes(&row), 0);
    let row = house.row("forks").expect("a row");
    assert_eq!((row["status"].as_str(), row["group"].as_str()), (Some("terminated"), Some("finished")));
    assert!(fs::exists(row["worktree"].as_str().expect("kept")).expect("readable"), "the worktree stays");
    let again = house.say(&["terminate", "forks", "--json"]);
    assert_eq!(again.code, 4);
    let acted: Value = serde_json::from_str(&again.out).expect("JSON");
    assert_eq!((&acted[0]["ok"], &acted[0]["code"]), (&Value::from(false), &Value::from(4)));
}

#[test]
fn a_killed_keeper_loses_only_its_run() {
    let house = house();
    let row = house.run("crashes", "slow");
    house.run("other", "slow");
    house.wait_for("crashes", "working");
    house.wait_for("other", "working");
    let attempt = house.folder(&row).join("attempts/build.1");
    let record = supervisor::keeper_record(&attempt).expect("readable").expect("a keeper");
    assert!(record.keeper.kill());
    let lost = house.wait_for("crashes", "lost");
    assert_eq!(lost["needs_you"], true);
    assert_eq!(house.processes(&row), 0, "lost is said only when nothing lives");
    assert_eq!(house.row("other").expect("a row")["status"], "working");
}

#[test]
fn failures_tell_reason_and_exit_code() {
    let house = house();
    let said = house.say(&["run", "try", "--agent", "rehearsal:fails", "--name", "fails", "--wait"]);
    assert_eq!(said.code, 1);
    let row = house.row("fails").expect("a row");
    assert_eq!(row["reason"], "build: The command failed and I know no other way.");
    for (words, code, word) in [
        (&["run", "x", "--agent", "nobody"][..], 2, "nobody"),
        (&["run", "x", "--agent", "rehearsal:nothing"], 2, "nothing"),
        (&["run", "  "], 2, "empty"),
        (&["run", "x", "--name", "Not/Good"], 2, "Not/Good"),
        (&["run", "x", "--name", "fails"], 4, "fails"),
        (&["run", "x", "--base", "no-such-branch"], 3, "no-such-branch"),
        (&["run", "@/no/such/file"], 3, "/no/such/file"),
        (&["show", "nobody"], 3, "nobody"),
        (&["frobnicate"], 2, "frobnicate"),
    ] {
        let said = house.say(words);
        assert_eq!(said.code, code, "{words:?}: {}", said.err);
        assert!(said.err.contains(word), "{words:?}: {}", said.err);
    }
    let rows: BTreeSet<_> = house.rows().iter().map(|r| r["name"].as_str().expect("a name").to_owned()).collect();
    assert_eq!(rows, BTreeSet::from(["fails".to_owned()]), "what was refused left nothing");
}

#[test]
fn runs_are_found_by_id_or_name() {
    let house = house();
    let row = house.run("named", "no-change");
    let id = row["id"].as_str().expect("an id");
    for asked in [id, "named", &id[..4]] {
        assert_eq!(house.json(&["show", asked, "--json"])["id"], id);
    }
    let elsewhere = house.command(&["show", id, "--json"]).current_dir("/").output().expect("it runs");
    assert!(elsewhere.status.success(), "an id works from anywhere");
}

#[test]
fn files_and_sockets_are_the_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let house = house();
    let row = house.run("private", "slow");
    house.wait_for("private", "working");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&house.folder(&row)), 0o700);
    for file in ["spec.json", "timeline.jsonl", "attempts/build.1/stdout", "attempts/build.1/keeper.json"] {
        assert_eq!(mode(&house.folder(&row).join(file)), 0o600, "{file}");
    }
    let record: Value =
        serde_json::from_slice(&fs::read(house.home().join("daemon.json")).expect("a record")).expect("JSON");
    let socket = std::path::Path::new(record["socket"].as_str().expect("a path"));
    assert_eq!(mode(socket), 0o600);
    assert_eq!(mode(socket.parent().expect("a folder")), 0o700);
}

#[test]
fn a_wait_outlives_a_killed_daemon() {
    let house = house();
    let command = ["run", "count", "--agent", "rehearsal:slow", "--name", "long", "--wait"];
    let waiting = house.command(&command).stdout(std::process::Stdio::piped()).spawn().expect("it starts");
    house.wait_for("long", "working");
    house.kill_daemon();
    house.wait_for("long", "working");
    house.ok(&["terminate", "long", "--grace", "0s"]);
    let output = waiting.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("terminated"), "{said}");
}
