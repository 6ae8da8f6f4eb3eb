//! The daemon as a process: started once, holding nothing, and no face's mistake harms another.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn house() -> House {
    House::new(BINARY, Repo::with_files(3))
}

/// Daemons of this state folder that live now.
fn daemons(house: &House) -> Vec<u32> {
    let home = format!("PILOTHOUSE_HOME={}", house.home().display());
    let pids =
        fs::read_dir("/proc").expect("readable").filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let read = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let has = |bytes: &[u8], wanted: &str| bytes.split(|b| *b == 0).any(|part| part == wanted.as_bytes());
        has(&read("cmdline"), "__daemon") && has(&read("environ"), &home) && supervisor::Identity::of(*pid).is_some()
    })
    .collect()
}

#[test]
fn simultaneous_faces_start_a_single_daemon() {
    let house = house();
    let faces: Vec<_> =
        (0..10).map(|_| house.command(&["status"]).stdout(Stdio::null()).spawn().expect("it starts")).collect();
    for mut face in faces {
        assert!(face.wait().expect("it ends").success());
    }
    wait_until("one daemon", || match daemons(&house).as_slice() {
        [one] => Ok(*one),
        many => Err(format!("{many:?}")),
    });
}

#[test]
fn the_daemon_inherits_nothing_from_its_face() {
    let house = house();
    let held = house.home().join("held-open");
    let script = format!("exec 9> '{}'; exec '{BINARY}' status", held.display());
    // `output` reads until every copy of the pipe is closed: a daemon that kept one would hang it for ever.
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(house.repo.path())
        .env("PILOTHOUSE_HOME", house.home())
        .output()
        .expect("it ends");
    assert!(output.status.success());
    let pid = house.daemon_pid().expect("a daemon");
    let links = fs::read_dir(format!("/proc/{pid}/fd")).expect("descriptors");
    let open: Vec<PathBuf> = links.filter_map(|l| fs::read_link(l.ok()?.path()).ok()).collect();
    assert!(!open.contains(&held), "{open:?}");
    assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).expect("a folder"), Path::new("/"));
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a stat line");
    let session =
        stat[stat.rfind(')').expect("a name") + 1..].split_ascii_whitespace().nth(3).expect("a session").to_owned();
    assert_eq!(session, pid.to_string(), "it leads a session of its own");
}

/// A face that speaks the wire by hand.
struct Raw(UnixStream);

impl Raw {
    fn open(house: &House) -> Self {
        house.ok(&["status"]);
        let record: Value =
            serde_json::from_slice(&fs::read(house.home().join("daemon.json")).expect("a record")).expect("JSON");
        let stream = UnixStream::connect(record["socket"].as_str().expect("a path")).expect("a daemon");
        let mut raw = Self(stream);
        assert!(raw.hear()["hello"]["contract"].is_u64(), "the daemon says hello first");
        raw
    }

    fn say(&mut self, frame: &Value) {
        let json = frame.to_string();
        let length = u32::try_from(json.len()).expect("short").to_be_bytes();
        self.0.write_all(&[&length, json.as_bytes()].concat()).expect("a daemon");
    }

    fn hear(&mut self) -> Value {
        let mut length = [0u8; 4];
        self.0.read_exact(&mut length).expect("a frame");
        let mut frame = vec![0u8; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut frame).expect("a frame");
        serde_json::from_slice(&frame).expect("JSON")
    }
}

#[test]
fn another_versions_face_gets_readable_answers() {
    let house = house();
    let mut face = Raw::open(&house);
    face.say(&json!({"hello": {"contract": 99, "version": "99.0.0", "later": true}}));
    face.say(&json!({"request": {"id": 7, "request": {"fly_to_the_moon": {"speed": 3}}}}));
    let answer = face.hear();
    assert_eq!(answer["reply"]["id"], 7);
    assert_eq!(answer["reply"]["reply"]["refused"]["code"], "usage");
    face.say(&json!({"request": {"id": 8, "request": "status"}}));
    assert_eq!(face.hear()["reply"]["id"], 8, "the connection goes on");
}

#[test]
fn rubbish_and_silent_faces_harm_nobody() {
    let house = house();
    let mut rubbish = Raw::open(&house);
    // A frame that claims to be four gigabytes long.
    rubbish.0.write_all(&[0xff; 4096]).expect("a daemon");
    let mut silent: Vec<Raw> = (0..100).map(|_| Raw::open_beside(&house)).collect();
    for face in &mut silent {
        face.say(&json!({"request": {"id": 1, "request": {"watch": "all"}}}));
    }
    // None of them reads; a run with many events goes on all the same.
    house.run("busy", "big-output");
    house.wait_for("busy", "ready");
    drop(silent);
    house.ok(&["status"]);
}

impl Raw {
    /// As [`Raw::open`], without starting anything.
    fn open_beside(house: &House) -> Self {
        let record: Value =
            serde_json::from_slice(&fs::read(house.home().join("daemon.json")).expect("a record")).expect("JSON");
        Self(UnixStream::connect(record["socket"].as_str().expect("a path")).expect("a daemon"))
    }
}

#[test]
fn stopping_the_daemon_stops_no_run() {
    let house = house();
    house.run("goes-on", "slow");
    let pid = wait_until("its agent", || match house.row("goes-on") {
        Some(row) if row["pid"].is_u64() => Ok(row["pid"].clone()),
        row => Err(format!("{row:?}")),
    });
    let agent = supervisor::Identity::of(u32::try_from(pid.as_u64().expect("a pid")).expect("a pid"));
    let agent = agent.expect("a living agent");
    house.ok(&["daemon", "stop"]);
    wait_until("the daemon to be gone", || match daemons(&house).as_slice() {
        [] => Ok(()),
        some => Err(format!("{some:?}")),
    });
    assert!(agent.is_alive());
    let status = house.say(&["daemon", "status"]);
    assert_eq!(status.code, 5, "looking does not start one: {}", status.out);
    assert!(daemons(&house).is_empty());
    let row = house.row("goes-on").expect("a row");
    assert_eq!((&row["status"], &row["pid"]), (&Value::from("working"), &pid));
}

#[test]
fn a_broken_timeline_harms_no_other_run() {
    let house = house();
    let row = house.run("broken", "no-change");
    house.run("sound", "no-change");
    house.wait_for("broken", "ready");
    house.wait_for("sound", "ready");
    house.ok(&["daemon", "stop"]);
    let path = house.folder(&row).join("timeline.jsonl");
    let sound = fs::read_to_string(&path).expect("text");
    // An edit that keeps the length is not seen by the cached row, but by whoever reads the timeline.
    fs::write(&path, sound.replacen("I look around", "I looked away", 1)).expect("writable");
    let said = house.say(&["timeline", "broken"]);
    assert!(said.code == 1 && said.err.contains("timeline.jsonl line"), "{}", said.err);
    house.ok(&["daemon", "stop"]);
    let text = sound.replacen("I look around", "I look far away", 1);
    fs::write(&path, &text).expect("writable");
    let broken = house.row("broken").expect("it is still listed");
    assert_eq!(broken["status"], "unknown");
    let reason = broken["reason"].as_str().expect("a reason");
    assert!(reason.contains("timeline.jsonl line"), "{reason}");
    assert_eq!(house.row("sound").expect("a row")["status"], "ready");
    assert_eq!(fs::read_to_string(&path).expect("text"), text, "the file is left as it is");
}

#[test]
fn a_settings_mistake_has_file_and_line() {
    let house = house();
    fs::write(house.repo.path().join("pilothouse.toml"), "# mine\n\nagnet = \"claude\"\n").expect("writable");
    let said = house.say(&["run", "x"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("pilothouse.toml: line 3") && said.err.contains("agnet"), "{}", said.err);
    let said = house.say(&["doctor"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("BAD  settings"), "{}", said.out);
}

#[test]
fn a_removed_socket_comes_back() {
    let house = house();
    house.ok(&["status"]);
    let record: Value =
        serde_json::from_slice(&fs::read(house.home().join("daemon.json")).expect("a record")).expect("JSON");
    let socket = PathBuf::from(record["socket"].as_str().expect("a path"));
    let before = house.daemon_pid();
    fs::remove_dir_all(socket.parent().expect("a folder")).expect("removable");
    house.ok(&["status"]);
    assert_eq!(house.daemon_pid(), before, "it is the same daemon");
}

// Without a look at ignored folders.
#[test]
fn untold_changes_are_measured() {
    let repo = Repo::with_files(5);
    repo.write(".gitignore", "node_modules\n");
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "-m", "ignore"]);
    let house = House::new(BINARY, repo);
    house.run("quiet", "asks");
    let row = house.wait_for("quiet", "waiting");
    let tree = std::path::PathBuf::from(row["worktree"].as_str().expect("a path"));
    fs::create_dir(tree.join("node_modules")).expect("room");
    fs::write(tree.join("node_modules/big"), vec![1u8; 100_000]).expect("room");
    fs::write(tree.join("by-hand.txt"), "one\ntwo\n").expect("room");
    // Both come with the next look, which is at most half a minute away.
    let row = wait_until("the change", || {
        let row = house.row("quiet").expect("a row");
        if row["changes"]["added"] == 2 { Ok(row) } else { Err(format!("{row:#}")) }
    });
    assert_eq!(row["changes"]["files"], 1, "{row:#}");
    house.ok(&["terminate", "quiet", "--grace", "0s"]);
    let row = wait_until("the disk", || {
        let row = house.row("quiet").expect("a row");
        if row["disk_rebuildable"].as_u64() >= Some(100_000) { Ok(row) } else { Err(format!("{row:#}")) }
    });
    assert!(row["disk_bytes"].as_u64() > row["disk_rebuildable"].as_u64(), "{row:#}");
}

// And that is said.
#[test]
fn runs_are_polled_without_inotify() {
    let house = house();
    // Limits are kept per user namespace, so this one alone has none.
    let script = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"";
    let run = ["run", "x", "--name", "polled", "--agent", "rehearsal:success"];
    let mut inside = std::process::Command::new("unshare");
    inside.args(["-Ur", "sh", "-c", script, "sh", BINARY]).args(run).current_dir(house.repo.path());
    inside.env("PILOTHOUSE_HOME", house.home()).env_remove("PILOTHOUSE_RUN");
    let output = inside.output();
    if !output.is_ok_and(|output| output.status.success()) {
        println!("no user namespace can be made here");
        return;
    }
    let status = house.json(&["status", "--json"]);
    assert!(status["daemon"]["notes"].to_string().contains("nothing can be watched here"), "{status:#}");
    house.wait_for("polled", "ready");
    house.assert_over("polled");
}

#[test]
fn a_status_bar_starts_no_daemon() {
    let house = House::new(BINARY, Repo::with_files(2));
    let bar = ["status", "--format", "tmux"];
    assert_eq!(house.ok(&bar), "");
    assert_eq!(house.daemon_pid(), None, "nothing was started for it");
    house.run("asks", "asks");
    house.wait_for("asks", "waiting");
    assert_eq!(house.ok(&bar), "#[fg=red]!1#[default]\n");
}

#[test]
fn an_overlong_timeline_is_shown_whole() {
    let house = house();
    let row = house.run("long", "no-change");
    house.wait_for("long", "ready");
    house.ok(&["daemon", "stop"]);
    let mut timeline = evidence::Timeline::open(&house.folder(&row)).expect("a timeline").timeline;
    for n in 0..70 {
        let note = domain::event::Note { text: format!("{n} {}", "\"".repeat(1 << 20)) };
        timeline.append(domain::Timestamp::default(), vec![(None, note.into())], None).expect("room");
    }
    drop(timeline);
    let whole = fs::read_to_string(house.folder(&row).join("timeline.jsonl")).expect("text");
    assert!(whole.len() > protocol::MAX_FRAME);
    for words in [&["timeline", "long", "--json"][..], &["timeline", "long", "--all", "--follow"]] {
        let said = house.ok(words);
        assert!(said.lines().count() >= whole.lines().count(), "{words:?}: {} lines", said.lines().count());
    }
}
