//! Many faces, slow ones and stuck ones; odd places for the state folder.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use domain::Body;
use domain::effect::Effect;
use serde_json::Value;
use testkit::{House, Repo, checked_house, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn socket(house: &House) -> PathBuf {
    let record: Value =
        serde_json::from_slice(&fs::read(house.home().join("daemon.json")).expect("text")).expect("JSON");
    PathBuf::from(record["socket"].as_str().expect("a path"))
}

fn frame(value: &Value) -> Vec<u8> {
    let json = value.to_string().into_bytes();
    [&u32::try_from(json.len()).expect("small").to_be_bytes()[..], &json].concat()
}

#[test]
fn stuck_faces_hold_up_nobody() {
    let house = House::new(BINARY, Repo::with_files(5));
    let talks = house.run("talks", "chatty");
    house.run("works", "success");
    house.wait_for("talks", "working");
    let path = socket(&house);
    let watch = frame(&serde_json::json!({"request": {"id": 1, "request": {"watch": "all"}}}));
    let look =
        frame(&serde_json::json!({"request": {"id": 2, "request": {"look": {"run": talks["id"], "last": 1000}}}}));
    let mut faces: Vec<UnixStream> = (0..100)
        .map(|_| {
            let mut face = UnixStream::connect(&path).expect("a daemon");
            face.write_all(&watch).and_then(|()| face.write_all(&look)).expect("it listens");
            face
        })
        .collect();
    // Half of them never read a byte; the others must hear of new messages all the same.
    let (_stuck, reading) = faces.split_at_mut(50);
    house.wait_for("works", "ready");
    let mut heard = 0;
    for face in reading.iter_mut() {
        face.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        let mut bytes = Vec::new();
        let mut chunk = [0u8; 65536];
        while !String::from_utf8_lossy(&bytes).contains("Message 20:") {
            let n = face.read(&mut chunk).expect("more to hear");
            assert!(n > 0, "a reading face was let go");
            bytes.extend_from_slice(&chunk[..n]);
        }
        heard += 1;
    }
    let status = house.json(&["status", "--json"]);
    assert!(status.to_string().contains("faces"), "{status:#}");
    house.ok(&["terminate", "talks", "--grace", "0s"]);
    house.assert_over("talks");
    house.assert_over("works");
    println!("crowd: 100 faces, 50 stuck, {heard} heard everything");
}

#[test]
fn a_home_with_a_long_path_works() {
    let house = House::new(BINARY, Repo::with_files(5));
    let mut deep = house.home();
    while deep.as_os_str().len() < 200 {
        deep = deep.join("a-folder-with-a-long-name");
    }
    fs::create_dir_all(&deep).expect("room");
    let say = |words: &[&str]| {
        let mut command = house.command(words);
        command
            .env_remove("PILOTHOUSE_HOME")
            .env_remove("XDG_STATE_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .env("HOME", &deep);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null");
        let output = command.output().expect("it starts");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let out = say(&["run", "x", "--wait", "--agent", "rehearsal:no-change", "--name", "deep"]);
    assert!(out.contains("ready"), "{out}");
    assert!(deep.join(".local/state/pilothouse/runs").exists());
    say(&["daemon", "stop"]);
}

#[test]
fn a_new_daemon_takes_up_living_runs() {
    let house = House::with_settings(BINARY, Repo::with_files(5), "[limits]\nrunning = 40\n");
    let names: Vec<String> = (0..20).map(|n| format!("lives-{n}")).collect();
    for name in &names {
        house.run(name, "slow");
    }
    for name in &names {
        house.wait_for(name, "working");
    }
    house.kill_daemon();
    let rows = house.rows();
    assert_eq!(rows.iter().filter(|row| row["status"] == "working" && row["keeper"] == "ok").count(), 20);
    wait_until("everyone to go on", || {
        let adopted = |row: &Value| {
            let events = evidence::read(&house.folder(row)).expect("a timeline");
            let at = events.iter().rposition(|e| e.body.kind() == "adopted");
            at.is_some_and(|at| events[at..].iter().any(|e| e.body.kind() == "tool.called"))
        };
        let n = rows.iter().filter(|row| adopted(row)).count();
        if n == 20 { Ok(()) } else { Err(format!("{n} of 20")) }
    });
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    house.ok(&[&["terminate", "--grace", "0s"][..], &all].concat());
    for name in &names {
        let row = house.assert_over(name);
        let tree = PathBuf::from(row["worktree"].as_str().expect("a path"));
        let steps = fs::read_to_string(tree.join(format!("slow-{name}.txt"))).expect("text");
        let wanted: String = (1..=steps.lines().count()).map(|n| format!("step {n}\n")).collect();
        assert_eq!(steps, wanted, "{name}");
    }
}

/// Says these words and returns what comes of them; what hangs fails the test by name.
fn answers(house: &House, words: &[&str]) -> String {
    let mut face = house.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    wait_until(&format!("{words:?} to be answered"), || match face.try_wait().expect("a child") {
        Some(_) => Ok(()),
        None => Err("no answer".to_owned()),
    });
    let output = face.wait_with_output().expect("it ended");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn forty_slow_checks_hold_up_nobody() {
    let check =
        "while [ -e ../slow ]; do [ -e ran ] || echo ran >> \"../ran-$(basename $PWD)\"; : > ran; sleep 0.1; done";
    let house = checked_house(
        BINARY,
        &format!("[check.slow]\nrun = '''[ -e ../slow ] || exit 0; rm -f ran; {check}; rm -f ran'''\n"),
    );
    fs::write(house.home().join("config.toml"), "[limits]\nrunning = 60\n").expect("settings");
    house.ok(&["daemon", "stop"]);
    let began = house.json(&["run", "x", "--name", "many", "--count", "40", "--agent", "rehearsal:success", "--json"]);
    let names: Vec<String> =
        began.as_array().expect("rows").iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect();
    assert_eq!(names.len(), 40);
    let ready = |what: &str| {
        wait_until(what, || {
            let rows = house.rows();
            let left =
                rows.iter().filter(|row| names.iter().any(|name| row["name"] == **name) && row["status"] != "ready");
            match left.count() {
                0 => Ok(()),
                left => Err(format!("{left} of 40 are not")),
            }
        });
    };
    ready("all to be ready");
    let trees = PathBuf::from(house.row(&names[0]).expect("a row")["worktree"].as_str().expect("a path"));
    let beside = trees.parent().expect("a folder").to_owned();
    fs::write(beside.join("slow"), "").expect("writable");
    let quiet = |name: &String| house.command(&["check", name]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut faces: Vec<_> = names.iter().map(|name| quiet(name).expect("it starts")).collect();
    let ran = || -> Vec<String> {
        let entries = fs::read_dir(&beside).expect("a folder").flatten();
        let counts = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("ran-"));
        counts.map(|entry| fs::read_to_string(entry.path()).unwrap_or_default()).collect()
    };
    wait_until("all checks to run", || if ran().len() == 40 { Ok(()) } else { Err(format!("{} run", ran().len())) });

    // A run that begins meanwhile is shown, stands still, goes on and ends.
    answers(&house, &["run", "x", "--name", "talks", "--agent", "rehearsal:chatty"]);
    house.wait_for("talks", "working");
    assert!(answers(&house, &["ls", "--all"]).contains("talks"));
    answers(&house, &["pause", "talks"]);
    answers(&house, &["resume", "talks"]);
    answers(&house, &["terminate", "talks", "--grace", "0s"]);
    house.assert_over("talks");

    // Another daemon takes each of them up, and none is run twice.
    house.kill_daemon();
    let rows = house.rows();
    assert_eq!(rows.iter().filter(|row| row["status"] == "checking").count(), 40);
    fs::remove_file(beside.join("slow")).expect("removable");
    ready("all to be ready again");
    for face in &mut faces {
        let _of_the_daemon_that_died = face.kill();
        face.wait().expect("it ends");
    }
    assert_eq!(ran(), vec!["ran\n".to_owned(); 40], "each check was run once");
    for name in &names {
        let events = evidence::read(&house.folder(&house.row(name).expect("a row"))).expect("a timeline");
        let count = |kind: &str| events.iter().filter(|event| event.body.kind() == kind).count();
        assert_eq!((count("check.started"), count("check.finished")), (2, 2), "{name}");
    }
}

#[test]
fn a_check_asked_for_waits_its_turn() {
    let house = checked_house(BINARY, "[check.quick]\nrun = \"true\"\n");
    fs::write(house.home().join("config.toml"), "[limits]\nrunning = 1\n").expect("settings");
    house.ok(&["daemon", "stop"]);
    house.run("first", "success");
    house.wait_for("first", "ready");
    house.proven("first");
    house.run("holds", "asks");
    house.wait_for("holds", "waiting");
    let mut face = house.command(&["check", "first"]).stdout(Stdio::null()).spawn().expect("it starts");
    let waits = wait_until("the reason", || match house.row("first").expect("a row") {
        row if row["reason"].as_str().is_some_and(|why| why.starts_with("waits for a place")) => Ok(row),
        row => Err(format!("{row:#}")),
    });
    assert_eq!((&waits["status"], &waits["group"]), (&"checking".into(), &"working".into()), "{waits:#}");
    // It is as good as asked for also for a daemon that comes later.
    house.kill_daemon();
    house.wait_for("holds", "waiting");
    assert!(house.row("first").expect("a row")["reason"].as_str().expect("a reason").starts_with("waits for a place"));
    house.ok(&["terminate", "holds", "--grace", "0s"]);
    house.wait_for("first", "ready");
    let _of_the_daemon_that_died = face.kill();
    face.wait().expect("it ends");
    let row = house.assert_over("first");
    assert_eq!(row["checks"][0]["n"], 2, "{row:#}");
    house.assert_replayed("first");
}

#[test]
fn a_hanging_git_stops_no_runs_end() {
    let house = House::new(BINARY, Repo::with_files(5));
    let bin = house.home().join("bin");
    fs::create_dir(&bin).expect("a folder");
    let git = supervisor::in_path("git", None).expect("git");
    let (hangs, hung) = (house.home().join("hangs"), house.home().join("hung"));
    // Our own git hangs when it commits; agents have theirs.
    let script = format!(
        "case \"$PILOTHOUSE_RUN $* \" in ' '*' commit '*) while [ -e {hangs} ]; do echo >> {hung}; sleep 0.1; done ;; esac\n\
         exec {git} \"$@\"",
        hangs = hangs.display(),
        hung = hung.display(),
        git = git.display()
    );
    testkit::script(&bin.join("git"), &script);
    fs::write(&hangs, "").expect("writable");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a PATH"));
    assert!(house.command(&["ls"]).env("PATH", &path).stdout(Stdio::null()).status().expect("it starts").success());
    house.json(&["run", "x", "--name", "many", "--count", "14", "--agent", "rehearsal:success", "--json"]);
    wait_until("git to hang", || fs::read(&hung).map_err(|error| error.to_string()));
    let first = house.row("many-1").expect("a row");
    let commits = |body: &Body| matches!(body, Body::EffectStarted(begun) if matches!(begun.effect, Effect::CommitLeftovers { .. }));
    wait_until("the first to be committed", || {
        let events = evidence::read(&house.folder(&first)).map_err(|error| error.to_string())?;
        events.iter().any(|event| commits(&event.body)).then_some(()).ok_or_else(|| format!("{} events", events.len()))
    });
    answers(&house, &["ls", "--all"]);
    answers(&house, &["terminate", "many-1", "--grace", "0s"]);
    let ended = house.row("many-1").expect("a row");
    assert_eq!(ended["status"], "terminated", "{ended:#}");
    fs::remove_file(&hangs).expect("removable");
    for n in 2..=14 {
        house.wait_for(&format!("many-{n}"), "ready");
    }
    assert_eq!(house.row("many-1").expect("a row")["status"], "terminated");
    house.assert_over("many-1");
    house.assert_replayed("many-1");
}
