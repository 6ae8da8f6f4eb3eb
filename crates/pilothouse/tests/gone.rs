//! Files that are gone and what may be in their place, and settings with a mistake: each is told of, nothing is waited for,
//! and everything else goes on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A run that is over, one that waits, and a daemon that is dead.
fn quiet_house() -> (House, PathBuf, Value) {
    let house = House::new(BINARY, Repo::with_files(10));
    let row = house.run("hurt", "success");
    house.run("well", "asks");
    house.wait_for("hurt", "ready");
    house.wait_for("well", "waiting");
    house.kill_daemon();
    let folder = house.folder(&row);
    (house, folder, row)
}

fn others_are_well(house: &House, when: &str) {
    let well = house.row("well").unwrap_or_else(|| panic!("{when}: the other run is gone"));
    assert_eq!(well["status"], "waiting", "{when}: {well:#}");
    house.assert_replayed("well");
}

/// The things that may be found in a file's place.
const IN_ITS_PLACE: [&str; 6] =
    ["nothing", "an empty file", "a folder", "a FIFO", "a link to itself", "a sparse terabyte"];

/// Puts one of these in the place of `path`.
fn put_in_place(path: &Path, what: &str) {
    let _gone = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
    match what {
        "nothing" => {}
        "an empty file" => fs::write(path, "").expect("writable"),
        "a folder" => fs::create_dir(path).expect("a folder"),
        "a FIFO" => assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success()),
        "a link to itself" => std::os::unix::fs::symlink(path, path).expect("a link"),
        _ => fs::File::create(path).and_then(|file| file.set_len(1 << 40)).expect("a sparse file"),
    }
}

#[test]
fn a_run_whose_timeline_is_gone_stays() {
    let (house, folder, _) = quiet_house();
    let row = house.row("hurt").expect("a row");
    house.kill_daemon();
    let path = folder.join("timeline.jsonl");
    let whole = fs::read(&path).expect("a timeline");
    let tree = row["worktree"].as_str().expect("a path").to_owned();
    for what in IN_ITS_PLACE {
        put_in_place(&path, what);
        let hurt = house.row("hurt").unwrap_or_else(|| panic!("{what}: the run is gone from the list"));
        assert_eq!((&hurt["status"], &hurt["needs_you"]), (&"unknown".into(), &true.into()), "{what}: {hurt:#}");
        let reason = hurt["reason"].as_str().expect("a reason");
        let says = if what.starts_with("a sparse") { "timeline.jsonl" } else { "its timeline is gone" };
        assert!(reason.contains(says), "{what}: {reason}");
        assert_eq!(
            (&hurt["worktree"], &hurt["branch"], &hurt["repo"]),
            (&row["worktree"], &row["branch"], &row["repo"])
        );
        others_are_well(&house, what);
        for verb in ["terminate", "pause", "retry", "rm", "check", "diff", "timeline", "explain", "merge", "dismiss"] {
            let words: &[&str] = if verb == "rm" { &["rm", "hurt", "--yes"] } else { &[verb, "hurt"] };
            let said = house.say(words);
            assert!(said.code != 0 && said.err.contains("timeline"), "{what}: {words:?}: {said:?}");
        }
        assert!(Path::new(&tree).exists() && folder.join("attempts/build.1/stdout").exists(), "{what}");
        house.repo.git(&["rev-parse", "--verify", "pilothouse/hurt"]);
        let there = fs::symlink_metadata(&path).map(|meta| meta.len()).unwrap_or_default();
        assert!(there != whole.len() as u64, "{what}: nothing was put there");
        put_in_place(&path, "nothing");
        assert!(!path.exists());
        // What was put back is taken up by the same daemon.
        let pid = house.daemon_pid();
        fs::write(&path, &whole).expect("writable");
        if !what.starts_with("a sparse") {
            house.wait_for("hurt", "ready");
            assert_eq!(house.daemon_pid(), pid, "{what}");
        }
        house.kill_daemon();
    }
    house.wait_for("hurt", "ready");
    house.assert_over("hurt");
}

#[test]
fn a_spec_alone_was_never_queued() {
    let (house, folder, _) = quiet_house();
    let row = house.row("hurt").expect("a row");
    house.kill_daemon();
    let id = row["id"].as_str().expect("an id");
    let other = folder.with_file_name(id.chars().rev().collect::<String>());
    fs::create_dir(&other).expect("a folder");
    let spec = fs::read_to_string(folder.join("spec.json")).expect("a spec");
    let name = other.file_name().expect("a name").to_string_lossy().into_owned();
    let spec = spec.replace(id, &name).replace(row["worktree"].as_str().expect("a path"), "/nowhere/at/all");
    fs::write(other.join("spec.json"), spec).expect("writable");
    assert_eq!(house.rows().len(), 2, "it is in no list");
    house.kill_daemon();
    fs::create_dir_all(other.join("attempts/build.1")).expect("a folder");
    let rows = house.rows();
    let gone = rows.iter().find(|row| row["id"] == name.as_str()).expect("it was begun");
    assert_eq!((&gone["status"], &gone["task"]), (&"unknown".into(), &row["task"]), "{gone:#}");
    // Also where nothing is left that says what it was.
    house.kill_daemon();
    fs::remove_file(other.join("spec.json")).expect("removable");
    assert!(house.rows().iter().any(|row| row["id"] == name.as_str() && row["status"] == "unknown"));
}

#[test]
fn odd_records_block_nobody() {
    let (house, folder, _) = quiet_house();
    let attempt = folder.join("attempts/build.1");
    let files = ["keeper.json", "exit.json", "start.json", "stdout", "stdin.jsonl"].map(|name| attempt.join(name));
    let more = ["spec.json", "summary.json", "calls.jsonl", "timeline.torn"].map(|name| folder.join(name));
    for path in files.iter().chain(&more) {
        let before = fs::read(path).ok();
        // A terabyte of output is shown to whoever wants to see it.
        let shown = |what: &&str| path.ends_with("stdout") && what.starts_with("a sparse");
        for what in IN_ITS_PLACE.into_iter().filter(|what| !shown(what)) {
            put_in_place(path, what);
            let when = format!("{what} in place of {}", path.display());
            assert_eq!(house.row("hurt").expect("it is listed")["status"], "ready", "{when}");
            for verb in ["explain", "show", "timeline", "logs", "diff"] {
                // It may fail; it must come to its end.
                let _said = house.say(&[verb, "hurt"]);
            }
            others_are_well(&house, &when);
            house.kill_daemon();
        }
        put_in_place(path, "nothing");
        if let Some(bytes) = before {
            fs::write(path, bytes).expect("writable");
        }
    }
    house.wait_for("hurt", "ready");
    house.assert_over("hurt");
}

#[test]
fn odd_state_files_are_named_once() {
    let (house, folder, _) = quiet_house();
    let home = house.home();
    let runs = folder.parent().expect("a folder");
    let odd = [
        (runs.join("aaaaaa"), "a FIFO"),
        (runs.join("bbbbbb"), "a link to itself"),
        (runs.join("cccccc"), "an empty file"),
        (home.join("snapshots"), "a FIFO"),
        (home.join("trust.json"), "a FIFO"),
        (home.join("gateway.log"), "a FIFO"),
        (home.join("radar"), "an empty file"),
    ];
    for (path, what) in &odd {
        put_in_place(path, what);
    }
    let mut deep = runs.join("dddddd");
    for _ in 0..400 {
        deep.push("d");
    }
    fs::create_dir_all(&deep).expect("a deep folder");
    // Without a list of who is trusted nothing is, and the record of the daemon that died is no record.
    put_in_place(&home.join("daemon.json"), "a FIFO");
    others_are_well(&house, "odd things");
    house.run("new", "success");
    house.wait_for("new", "ready");
    let log = fs::read_to_string(home.join("daemon.log")).expect("a log");
    for (path, _) in odd.iter().filter(|(path, _)| !path.ends_with("radar")) {
        let named = log.lines().filter(|line| line.contains(&format!("path={:?}", path.display().to_string())));
        assert_eq!(named.count(), 1, "{}: {log}", path.display());
    }
    fs::remove_file(home.join("snapshots")).expect("removable");
}

fn degraded(house: &House) -> String {
    house.json(&["status", "--json"])["daemon"]["degraded"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_settings_mistake_stops_only_new_runs() {
    let house = House::new(BINARY, Repo::with_files(5));
    let config = house.home().join("config.toml");
    house.run("talks", "chatty");
    house.run("asks", "asks");
    house.wait_for("asks", "waiting");
    house.wait_for("talks", "working");
    for again in [true, false] {
        // First below a daemon that serves, then for one that starts.
        let before = if again { "" } else { "[limits]\nrunning = 0\n" };
        fs::write(&config, format!("{before}x")).expect("writable");
        if !again {
            house.kill_daemon();
        }
        let told = wait_until("the mistake to be told", || match degraded(&house) {
            told if told.contains("config.toml: line") => Ok(told),
            told => Err(told),
        });
        assert!(told.contains("until it is mended"), "{told}");
        assert_eq!(told.contains("those from before count"), again, "{told}");
        let said = house.say(&["run", "x"]);
        assert!(said.code != 0 && said.err.contains("config.toml") && said.err.contains("line"), "{said:?}");
        for words in [&["pause", "talks"][..], &["resume", "talks"], &["show", "talks"], &["explain", "talks"]] {
            house.ok(words);
        }
    }
    house.ok(&["terminate", "talks", "--grace", "0s"]);
    // A mended file counts without a new daemon.
    let pid = house.daemon_pid();
    fs::write(&config, "[limits]\nrunning = 7\n").expect("writable");
    wait_until("the mended file to count", || {
        let status = house.json(&["status", "--json"]);
        let well = status["daemon"]["degraded"].is_null() && status["daemon"]["limit"] == 7;
        if well { Ok(()) } else { Err(format!("{status:#}")) }
    });
    assert_eq!(house.daemon_pid(), pid);
    house.run("new", "success");
    house.wait_for("new", "ready");
}

#[test]
fn queued_runs_wait_for_readable_settings() {
    let house = House::with_settings(BINARY, Repo::with_files(5), "[limits]\nrunning = 1\n");
    house.run("holds", "asks");
    house.wait_for("holds", "waiting");
    house.run("queued", "success");
    house.kill_daemon();
    fs::write(house.home().join("config.toml"), "[limits]\nrunning = \"many\"\n").expect("writable");
    let row = wait_until("the reason", || match house.row("queued").expect("a row") {
        row if row["reason"].as_str().is_some_and(|why| why.starts_with("waits for the settings")) => Ok(row),
        row => Err(format!("{row:#}")),
    });
    assert!(row["reason"].as_str().expect("a reason").contains("line 2"), "{row:#}");
    fs::write(house.home().join("config.toml"), "[limits]\nrunning = 2\n").expect("writable");
    house.wait_for("queued", "ready");
}

#[test]
fn a_mistake_in_the_prices_is_told() {
    let (house, _, _) = quiet_house();
    let prices = house.home().join("prices.toml");
    fs::write(&prices, "[[price]]\nmodels = 7\n").expect("writable");
    others_are_well(&house, "a mistake in the prices");
    wait_until("it to be told", || match degraded(&house) {
        told if told.contains("prices.toml") && told.contains("line 2") => Ok(()),
        told => Err(told),
    });
    put_in_place(&prices, "a FIFO");
    wait_until("a FIFO to be told", || match degraded(&house) {
        told if told.contains("it is no plain file") => Ok(()),
        told => Err(told),
    });
    fs::remove_file(&prices).expect("removable");
    wait_until("all to be well", || match degraded(&house) {
        told if told.is_empty() => Ok(()),
        told => Err(told),
    });
}
