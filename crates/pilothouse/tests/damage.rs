//! Damaged files and strange processes: the file is named, the other runs are unharmed, nobody else's is touched.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
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

#[test]
fn each_damaged_file_is_named() {
    let (house, folder, _) = quiet_house();
    let timeline = fs::read(folder.join("timeline.jsonl")).expect("a timeline");
    let middle = timeline.len() / 2;
    let mut broken = timeline.clone();
    broken[middle..middle + 40].fill(b'#');
    let spec = fs::read(folder.join("spec.json")).expect("a spec");
    let summary = fs::read(folder.join("summary.json")).unwrap_or_default();
    let attempt = folder.join("attempts/build.1");
    let exit = fs::read(attempt.join("exit.json")).expect("a record");
    // What is written over which file, and what the run then says: `None` is as if nothing had happened.
    let cases: Vec<(&str, PathBuf, Vec<u8>, Option<&str>)> = vec![
        ("timeline, 40 bytes in the middle", folder.join("timeline.jsonl"), broken, Some("timeline.jsonl")),
        ("timeline, zeros at its end", folder.join("timeline.jsonl"), [&timeline[..], &[0u8; 512]].concat(), None),
        ("timeline, half a line more", folder.join("timeline.jsonl"), [&timeline[..], b"{\"v\":1,"].concat(), None),
        ("spec", folder.join("spec.json"), b"{\"id\":7".to_vec(), None),
        ("spec, empty", folder.join("spec.json"), Vec::new(), None),
        ("summary", folder.join("summary.json"), b"\x00\xff garbage".to_vec(), None),
        ("summary of another", folder.join("summary.json"), b"{\"len\":1,\"head\":\"x\",\"row\":{}}".to_vec(), None),
        ("keeper's record", attempt.join("keeper.json"), b"[]".to_vec(), None),
        ("exit record", attempt.join("exit.json"), b"{\"code\":\"x\"}".to_vec(), None),
    ];
    let count = cases.len();
    for (what, path, bytes, says) in cases {
        fs::write(&path, &bytes).expect("writable");
        let said = house.say(&["ls", "--json"]);
        assert_eq!(said.code, 0, "{what}: {}", said.err);
        let hurt = house.row("hurt").unwrap_or_else(|| panic!("{what}: the run is gone from the list"));
        match says {
            Some(file) => {
                assert_eq!((&hurt["status"], &hurt["needs_you"]), (&"unknown".into(), &true.into()), "{what}");
                assert!(hurt["reason"].as_str().expect("a reason").contains(file), "{what}: {hurt:#}");
            }
            None => assert_eq!(hurt["status"], "ready", "{what}: {hurt:#}"),
        }
        others_are_well(&house, what);
        house.kill_daemon();
        for (file, good) in [("timeline.jsonl", &timeline), ("spec.json", &spec), ("summary.json", &summary)] {
            fs::write(folder.join(file), good).expect("writable");
        }
        fs::write(attempt.join("exit.json"), &exit).expect("writable");
        let _torn = fs::remove_file(folder.join("timeline.torn"));
    }
    println!("damage: {count} files damaged, each named or mended, no other run harmed");
}

#[test]
fn a_cut_timeline_keeps_its_whole_events() {
    let (house, folder, row) = quiet_house();
    let whole = fs::read(folder.join("timeline.jsonl")).expect("a timeline");
    let ends: Vec<usize> = whole.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
    let from = ends[ends.len() - 3];
    let scratch = tempfile::tempdir().expect("a folder");
    let mut cuts = 0;
    for len in from..=whole.len() {
        fs::write(scratch.path().join("timeline.jsonl"), &whole[..len]).expect("room");
        let opened = evidence::Timeline::open(scratch.path()).unwrap_or_else(|e| panic!("cut at {len}: {e}"));
        let lines = ends.iter().filter(|end| **end <= len).count();
        assert_eq!(opened.events.len(), lines, "cut at {len}");
        drop(opened);
        fs::remove_file(scratch.path().join("timeline.torn")).ok();
        cuts += 1;
    }
    // And one of them with a daemon.
    fs::write(folder.join("timeline.jsonl"), &whole[..whole.len() - 5]).expect("writable");
    house.wait_for("hurt", "ready");
    house.assert_over("hurt");
    assert!(fs::exists(folder.join("timeline.torn")).expect("readable"), "{row}");
    println!("damage: cut at {cuts} bytes");
}

#[test]
fn strange_sockets_and_records_block_nobody() {
    let (house, _, _) = quiet_house();
    let record = house.home().join("daemon.json");
    let known: Value = serde_json::from_slice(&fs::read(&record).expect("a record")).expect("JSON");
    let socket = PathBuf::from(known["socket"].as_str().expect("a path"));
    for (what, bytes) in
        [("garbage", &b"garbage"[..]), ("empty", b""), ("of nobody", b"{\"pid\":1,\"socket\":\"/none\"}")]
    {
        fs::write(&record, bytes).expect("writable");
        assert_eq!(house.say(&["ls"]).code, 0, "{what}");
        others_are_well(&house, what);
        house.kill_daemon();
    }
    // Somebody's plain file where the socket was.
    let _gone = fs::remove_file(&socket);
    fs::write(&socket, "no socket").expect("writable");
    others_are_well(&house, "a file in the socket's place");
    house.kill_daemon();
    fs::remove_dir_all(socket.parent().expect("a folder")).expect("removable");
    others_are_well(&house, "the runtime folder was cleaned");
    let mode = fs::metadata(socket.parent().expect("a folder")).expect("a folder").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_reused_pid_is_left_alone() {
    let (house, _, _) = quiet_house();
    let well = house.row("well").expect("a row");
    house.kill_daemon();
    let attempt = house.folder(&well).join("attempts/build.1");
    let record = supervisor::keeper_record(&attempt).expect("readable").expect("a record");
    let agent = record.agent.clone().expect("an agent");
    for identity in [&record.keeper, &agent] {
        identity.kill();
        identity.wait();
    }
    // As if the kernel had given both pids to somebody else in the meantime.
    let mut stranger = Command::new("sleep").arg("300").spawn().expect("sleep");
    let mut json: Value = serde_json::from_slice(&fs::read(attempt.join("keeper.json")).expect("text")).expect("JSON");
    json["keeper"]["pid"] = stranger.id().into();
    json["agent"]["pid"] = stranger.id().into();
    fs::write(attempt.join("keeper.json"), json.to_string()).expect("writable");
    house.wait_for("well", "lost");
    house.assert_over("well");
    house.ok(&["retry", "well", "--fresh"]);
    house.wait_for("well", "waiting");
    house.ok(&["terminate", "well", "--grace", "0s"]);
    house.ok(&["rm", "well", "--yes"]);
    assert!(stranger.try_wait().expect("a child").is_none(), "the stranger was ended");
    stranger.kill().and_then(|()| stranger.wait()).expect("ours");
}

#[test]
fn a_clock_set_back_gives_no_nonsense() {
    let (house, folder, row) = quiet_house();
    // What comes next lies an hour before what was written: the clock was set back meanwhile.
    let text = fs::read_to_string(folder.join("timeline.jsonl")).expect("text");
    let mut events: Vec<_> = text.lines().map(|line| domain::Event::from_line(line).expect("an event")).collect();
    fs::remove_file(folder.join("timeline.jsonl")).expect("removable");
    let _cached = fs::remove_file(folder.join("summary.json"));
    let mut timeline = evidence::Timeline::open(&folder).expect("a folder").timeline;
    for (n, event) in events.drain(..).enumerate() {
        let shift = if n % 2 == 0 { 3_600_000 } else { -3_600_000 };
        let at = domain::Timestamp::from_millis(event.at.as_millis() + shift);
        let key = event.attempt_key();
        timeline.append(at, vec![(key, event.body)], event.src.as_ref()).expect("room");
    }
    drop(timeline);
    house.wait_for("hurt", "ready");
    house.assert_over("hurt");
    let shown = house.ok(&["ls", "--all"]);
    assert!(!shown.contains('-') || shown.lines().all(|line| !line.contains(" -1")), "{shown}");
    assert_eq!(house.folder(&row), folder);
}

#[test]
fn wrong_or_unreadable_settings_are_named() {
    let (house, _, _) = quiet_house();
    let config = house.home().join("config.toml");
    fs::write(&config, "default_agent = \"rehearsal\"\n[limits]\nruning = 4\n").expect("writable");
    let said = house.say(&["run", "x"]);
    assert!(said.code != 0 && said.err.contains("config.toml") && said.err.contains("line 3"), "{said:?}");
    fs::remove_file(&config).expect("removable");
    fs::create_dir(&config).expect("a folder in its place");
    let said = house.say(&["run", "x"]);
    assert!(said.code != 0 && said.err.contains("config.toml"), "{said:?}");
    fs::remove_dir(&config).expect("removable");
    others_are_well(&house, "settings mended");
}

#[test]
fn a_repository_never_names_programs() {
    let house = House::new(BINARY, Repo::with_files(3));
    house.repo.write("pilothouse.toml", "[agent.claude]\npath = \"/bin/true\"\n");
    house.repo.git(&["add", "-A"]);
    house.repo.git(&["commit", "-qm", "settings"]);
    let said = house.say(&["run", "x", "--agent", "claude"]);
    assert!(said.code == 2 && said.err.contains("pilothouse.toml: [agent.claude]"), "{said:?}");
    assert!(house.rows().is_empty(), "nothing was begun");
}

#[test]
fn a_missing_agent_tells_its_installation() {
    let house = House::new(BINARY, Repo::with_files(3));
    let bin = house.home().join("bin");
    fs::create_dir(&bin).expect("a folder");
    std::os::unix::fs::symlink(supervisor::in_path("git", None).expect("git"), bin.join("git")).expect("a link");
    let refused = house.command(&["run", "x", "--agent", "claude", "--name", "none"]).env("PATH", &bin).output();
    let refused = refused.expect("it starts");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(4), "{said}");
    assert!(said.contains("no program claude") && said.contains("npm install"), "{said}");
    assert!(house.rows().is_empty(), "no worktree, no branch, no name was taken");
    let config = house.home().join("config.toml");
    fs::write(&config, "[agent.claude]\npath = \"/bin/false\"\n").expect("writable");
    house.ok(&["run", "x", "--agent", "claude", "--name", "none"]);
    house.wait_for("none", "failed");
    fs::write(&config, "[agent.claude]\npath = \"/no/such/claude\"\n").expect("writable");
    house.ok(&["retry", "none"]);
    wait_until("the reason of the second attempt", || {
        let row = house.row("none").ok_or("no such run")?;
        let is_it = row["reason"].as_str().is_some_and(|reason| reason.contains("/no/such/claude"));
        if is_it { Ok(()) } else { Err(format!("{row:#}")) }
    });
    let row = house.wait_for("none", "failed");
    let reason = row["reason"].as_str().expect("a reason");
    assert!(reason.contains("/no/such/claude") && reason.contains("config.toml"), "{reason}");
}

#[test]
fn state_and_sockets_are_private() {
    let (house, _, _) = quiet_house();
    others_are_well(&house, "a daemon serves");
    let mut open = vec![house.home()];
    let mut seen = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            // A pack that was being written has its place now.
            let Ok(meta) = entry.metadata() else { continue };
            // Git writes its index anew with a mode of its own, into a folder that nobody else enters.
            let of_git = folder.ancestors().any(|above| above == house.home().join("git/tmp"));
            assert!(of_git || meta.mode() & 0o077 == 0, "{} is open to others", entry.path().display());
            seen += 1;
            if meta.is_dir() && !of_git {
                open.push(entry.path());
            }
        }
    }
    assert!(seen > 10);
    let record: Value =
        serde_json::from_slice(&fs::read(house.home().join("daemon.json")).expect("text")).expect("JSON");
    let socket = Path::new(record["socket"].as_str().expect("a path"));
    assert_eq!(fs::metadata(socket).expect("a socket").mode() & 0o777, 0o600);
}

#[test]
fn another_user_gets_no_answer() {
    let (house, _, _) = quiet_house();
    others_are_well(&house, "a daemon serves");
    if !rustix::process::getuid().is_root() {
        println!("another user: only root can be two users; the daemon's check is in its code alone here");
        return;
    }
    // The folders are opened for the test, so that only the daemon's own check is left.
    use std::os::unix::process::CommandExt;
    let record: Value =
        serde_json::from_slice(&fs::read(house.home().join("daemon.json")).expect("text")).expect("JSON");
    let socket = PathBuf::from(record["socket"].as_str().expect("a path"));
    let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
    open(&socket, 0o666);
    for folder in socket.ancestors().skip(1).take(2).chain([house.home().as_path()]) {
        open(folder, 0o755);
    }
    open(&house.home().join("daemon.json"), 0o644);
    let binary = house.home().join("pilothouse-copy");
    // By a child, since a fork of another thread would inherit what a copy of ours has open for writing.
    assert!(Command::new("cp").args([BINARY.as_ref(), binary.as_os_str()]).status().expect("cp").success());
    open(&binary, 0o755);
    let said = Command::new(&binary)
        .args(["ls", "--all"])
        .env("PILOTHOUSE_HOME", house.home())
        .current_dir("/")
        .uid(1500)
        .gid(1500)
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(!said.status.success() && !text.contains("well"), "{text}{}", String::from_utf8_lossy(&said.stderr));
    wait_until("the refusal in the log", || {
        let log = fs::read_to_string(house.home().join("daemon.log")).unwrap_or_default();
        if log.contains("someone else's connection was refused") { Ok(()) } else { Err(log) }
    });
    others_are_well(&house, "after the other user");
}
