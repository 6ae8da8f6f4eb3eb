//! Pause, retry, rollback, rm, restore, gc: typed as a person types them, on real runs, with the daemon killed in between.

use std::fs;
use std::path::PathBuf;

use domain::Body;
use serde_json::Value;
use testkit::{House, Repo, git_at, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn house() -> House {
    House::new(BINARY, Repo::with_files(20))
}

fn worktree(row: &Value) -> PathBuf {
    PathBuf::from(row["worktree"].as_str().expect("a worktree"))
}

#[test]
fn a_pause_outlives_the_daemon() {
    let house = house();
    let row = house.run("rest", "forks");
    house.wait_for("rest", "working");
    wait_until("its helpers", || {
        let n = house.processes(&row);
        if n >= 8 { Ok(()) } else { Err(format!("{n} processes")) }
    });
    let said = house.ok(&["pause", "rest"]);
    assert!(said.contains("processes stand still, by"), "{said}");
    let paused = house.wait_for("rest", "paused");
    assert_eq!(paused["frozen"]["n"], paused["frozen"]["of"], "{paused:#}");
    assert!(paused["frozen"]["n"].as_u64() >= Some(7), "{paused:#}");
    assert!(paused["reason"].as_str().expect("a reason").contains("paused by a person; "), "{paused:#}");
    let again = house.say(&["pause", "rest"]);
    assert_eq!((again.code, again.err.contains("paused already")), (4, true), "{again:?}");

    house.kill_daemon();
    assert_eq!(house.wait_for("rest", "paused")["frozen"], paused["frozen"], "a new daemon knows");
    house.assert_replayed("rest");
    let before = fs::read(house.folder(&row).join("attempts/build.1/stdout")).expect("output").len();
    house.ok(&["resume", "rest"]);
    house.wait_for("rest", "working");
    wait_until("new output", || {
        let now = fs::read(house.folder(&row).join("attempts/build.1/stdout")).expect("output").len();
        if now > before { Ok(()) } else { Err(format!("{now} bytes")) }
    });
    house.ok(&["pause", "rest"]);
    house.ok(&["terminate", "rest", "--grace", "200ms"]);
    assert_eq!(house.processes(&row), 0, "what stood still is ended too");
    house.assert_replayed("rest");
}

#[test]
fn a_retry_keeps_the_failed_work() {
    let house = house();
    house.run("twice", "fails-once");
    let failed = house.wait_for("twice", "failed");
    let tree = worktree(&failed);
    assert_eq!(fs::read_to_string(tree.join("attempt.txt")).expect("text"), "half of the work\n");
    let diff = house.ok(&["diff", "twice"]);
    assert!(diff.contains("+half of the work"), "{diff}");
    let triage = house.ok(&["triage"]);
    assert!(triage.contains("build: The command failed") && triage.contains("pilothouse retry"), "{triage}");

    house.ok(&["retry", "twice"]);
    let ready = house.wait_for("twice", "ready");
    assert_eq!(ready["phase"]["attempt"], 2, "{ready:#}");
    assert!(!tree.join("attempt.txt").exists(), "the phase began anew");
    let kept = ready["checkpoints"].as_array().expect("an array");
    let whys: Vec<_> = kept.iter().map(|c| c["why"].as_str().expect("a reason")).collect();
    assert_eq!(whys, ["the base, before build", "before the retry of build", "build finished"]);
    let id = ready["id"].as_str().expect("an id");
    let failed_work = house.repo.git(&["show", &format!("refs/pilothouse/{id}/1:attempt.txt")]);
    assert_eq!(failed_work, "half of the work\n");
    let told = fs::read_to_string(house.folder(&ready).join("attempts/build.2/stdin.jsonl")).expect("text");
    assert!(told.contains("An earlier attempt at this failed"), "{told}");
    house.assert_replayed("twice");

    let nothing = house.say(&["retry", "twice", "--phase", "deploy"]);
    assert_eq!((nothing.code, nothing.err.contains("it has build")), (4, true), "{nothing:?}");
    house.ok(&["rollback", "twice", "1"]);
    assert_eq!(fs::read_to_string(tree.join("attempt.txt")).expect("text"), "half of the work\n");
    let back = house.row("twice").expect("a row");
    assert!(back["reason"].as_str().expect("a reason").contains("rolled back to checkpoint 1"), "{back:#}");
    assert_eq!(git_at(&tree, &["rev-parse", "HEAD"]), house.repo.git(&["rev-parse", "main"]));
    house.ok(&["rollback", "twice", "2"]);
    assert!(tree.join("REHEARSAL-twice.md").exists() && !tree.join("attempt.txt").exists());
    assert_eq!(git_at(&tree, &["status", "--porcelain"]), "");
    house.assert_replayed("twice");
}

#[test]
fn a_cut_run_resumes_its_session() {
    let house = house();
    let row = house.run("cut", "slow");
    let tree = house.wait_for("cut", "working");
    let tree = worktree(&tree);
    let steps = || fs::read_to_string(tree.join("slow-cut.txt")).unwrap_or_default().lines().count();
    wait_until("some steps", || if steps() >= 3 { Ok(()) } else { Err(format!("{} steps", steps())) });
    let folder = house.folder(&row).join("attempts/build.1");
    let record = supervisor::keeper_record(&folder).expect("readable").expect("a record");
    assert!(record.keeper.kill());
    // The agent lives without its keeper: nothing new may be started.
    wait_until("the keeper to be missed", || {
        let row = house.row("cut").expect("a row");
        if row["keeper"] == "gone" { Ok(()) } else { Err(format!("{row:#}")) }
    });
    let refused = house.say(&["retry", "cut"]);
    assert_eq!((refused.code, refused.err.contains("terminate it first")), (4, true), "{refused:?}");
    assert_eq!(house.say(&["rm", "cut", "--yes"]).code, 4);
    assert_eq!(house.say(&["rollback", "cut", "0"]).code, 4);
    let facts = house.ok(&["explain", "cut"]);
    assert!(facts.contains("is gone") && facts.contains("from attempts/build.1/keeper.json"), "{facts}");
    record.agent.expect("an agent").kill();
    let lost = house.wait_for("cut", "lost");
    assert_eq!(lost["needs_you"], true);

    let before = steps();
    house.ok(&["retry", "cut"]);
    house.wait_for("cut", "working");
    wait_until("more steps", || if steps() > before { Ok(()) } else { Err(format!("{} steps", steps())) });
    let numbers: Vec<_> =
        fs::read_to_string(tree.join("slow-cut.txt")).expect("text").lines().map(str::to_owned).collect();
    let wanted: Vec<_> = (1..=numbers.len()).map(|n| format!("step {n}")).collect();
    assert_eq!(numbers, wanted, "no step is missing and none was done twice");
    let sessions = || -> Vec<String> {
        let events = evidence::read(&house.folder(&row)).expect("readable").into_iter();
        events.filter_map(|e| if let Body::AgentSession(s) = e.body { Some(s.session) } else { None }).collect()
    };
    let sessions = wait_until("the second agent's session", || {
        let sessions = sessions();
        if sessions.len() == 2 { Ok(sessions) } else { Err(format!("{sessions:?}")) }
    });
    assert_eq!(sessions[0], sessions[1]);
    house.ok(&["terminate", "cut", "--grace", "0s"]);
    house.assert_replayed("cut");
}

#[test]
fn a_removed_run_comes_back_whole() {
    let house = house();
    house.run("gone", "success");
    let ready = house.wait_for("gone", "ready");
    let tree = worktree(&ready);
    fs::write(tree.join("untracked.txt"), "mine\n").expect("writable");
    fs::write(tree.join("staged.txt"), "staged\n").expect("writable");
    git_at(&tree, &["add", "staged.txt"]);
    fs::write(tree.join("README.md"), "changed\n").expect("writable");
    let state = || {
        (
            git_at(&tree, &["status", "--porcelain=v2", "--branch"]),
            git_at(&tree, &["ls-files", "--stage"]),
            git_at(&tree, &["diff"]),
        )
    };
    let before = state();

    let asks = house.say(&["rm", "gone"]);
    assert_eq!((asks.code, tree.exists()), (6, true), "{asks:?}");
    assert!(asks.out.contains("dirty: 3 files") && asks.out.contains("loses  nothing"), "{asks:?}");
    house.ok(&["rm", "gone", "--yes"]);
    let gone = house.row("gone").expect("a row");
    assert_eq!((&gone["removed"], &gone["worktree"], &gone["group"]), (&true.into(), &Value::Null, &"finished".into()));
    assert!(!tree.exists());
    assert_eq!(house.repo.git(&["branch", "--list", "pilothouse/gone"]), "");
    assert!(house.ok(&["diff", "gone"]).contains("REHEARSAL-gone.md"), "its commits can still be read");
    assert_eq!(house.say(&["rm", "gone", "--yes"]).code, 4);
    assert_eq!(house.say(&["retry", "gone"]).code, 4);
    house.assert_replayed("gone");

    house.kill_daemon();
    house.ok(&["restore", "gone"]);
    assert_eq!(state(), before);
    assert_eq!(house.row("gone").expect("a row")["status"], "ready");
    house.assert_replayed("gone");
    assert!(house.ok(&["ls"]).contains("gone"));
    house.ok(&["dismiss", "gone"]);
    assert_eq!(house.row("gone").expect("a row")["group"], "finished");
    assert!(!house.ok(&["ls"]).contains("gone") && house.ok(&["ls", "--all"]).contains("gone"));
}

#[test]
fn a_worktree_in_use_is_kept() {
    let house = house();
    house.run("shell", "success");
    let tree = worktree(&house.wait_for("shell", "ready"));
    let mut sleep = std::process::Command::new("sleep").arg("300").current_dir(&tree).spawn().expect("sleep");
    let refused = house.say(&["rm", "shell", "--yes"]);
    assert_eq!((refused.code, tree.exists()), (4, true), "{refused:?}");
    assert!(refused.err.contains(&format!("sleep {}", sleep.id())), "{refused:?}");
    let gc = house.ok(&["gc", "--dry-run"]);
    assert!(gc.contains("works inside"), "{gc}");
    sleep.kill().and_then(|()| sleep.wait()).expect("ours");
    // What can be fetched again is not kept, and that is said by both verbs.
    house.repo.write(".git/info/exclude", "node_modules\n");
    fs::create_dir(tree.join("node_modules")).expect("room");
    fs::write(tree.join("node_modules/x"), "fetched\n").expect("room");
    let said = house.ok(&["rm", "shell", "--yes"]);
    assert!(said.contains("shell: not kept: node_modules/") && !tree.exists(), "{said}");
    let said = house.ok(&["restore", "shell"]);
    assert!(said.contains("shell: not kept: node_modules/") && tree.exists(), "{said}");
}

#[test]
fn gc_tells_removable_worktrees_and_reasons() {
    let house = house();
    let foreign = house.repo.beside("by-hand");
    house.repo.git(&["worktree", "add", "--quiet", "-b", "by-hand", foreign.to_str().expect("UTF-8")]);
    for name in ["merged", "unmerged", "dirty"] {
        // The same change made twice would be merged with the first.
        house.ok(&["run", &format!("the task of {name}"), "--name", name]);
        house.wait_for(name, "ready");
    }
    house.repo.git(&["merge", "--quiet", "--squash", "pilothouse/merged"]);
    house.repo.git(&["commit", "--quiet", "-m", "squashed"]);
    let dirty = worktree(&house.row("dirty").expect("a row"));
    fs::write(dirty.join("more.txt"), "more\n").expect("writable");
    let listed = house.json(&["gc", "--dry-run", "--json"]);
    let why = |name: &str| {
        let all = listed.as_array().expect("an array");
        let one = all.iter().find(|row| row["name"] == name || row["path"].as_str().is_some_and(|p| p.ends_with(name)));
        let one = one.unwrap_or_else(|| panic!("{name} is not in {listed:#}"));
        (one["may_go"].as_bool().expect("a verdict"), one["why"].as_str().expect("a reason").to_owned())
    };
    assert_eq!(why("merged"), (true, "clean, and all of it is merged".to_owned()));
    assert_eq!(why("unmerged"), (false, "2 commits are unpushed and not merged".to_owned()));
    assert_eq!(
        why("dirty"),
        (false, "dirty: 1 file differs from its last commit; 2 commits are unpushed and not merged".to_owned())
    );
    assert_eq!(why("by-hand"), (false, "foreign: pilothouse did not make it".to_owned()));
    assert_eq!(house.say(&["gc"]).code, 6, "it asks before it acts");
    house.ok(&["gc", "--yes"]);
    assert_eq!(house.row("merged").expect("a row")["removed"], true);
    for name in ["unmerged", "dirty"] {
        assert!(worktree(&house.row(name).expect("a row")).exists(), "{name} stays");
    }
    assert!(foreign.join("README.md").exists());
}

#[test]
fn an_unchanged_run_returns_its_worktree() {
    let house = house();
    house.run("idle", "no-change");
    let released = wait_until("the release", || {
        let row = house.row("idle").expect("a row");
        if row["removed"] == true { Ok(row) } else { Err(format!("{row:#}")) }
    });
    assert_eq!((&released["status"], &released["group"]), (&"ready".into(), &"finished".into()), "{released:#}");
    assert_eq!(released["reason"], "nothing was changed, so its worktree was released");
    assert_eq!(house.repo.git(&["worktree", "list"]).lines().count(), 1);

    let keeps = House::with_settings(BINARY, Repo::with_files(5), "release = \"never\"");
    keeps.run("idle", "no-change");
    let ready = keeps.wait_for("idle", "ready");
    assert!(ready["removed"] == false && worktree(&ready).exists());
}

// And hand over to each other.
#[test]
fn phases_come_from_the_base_commit() {
    let house = house();
    let phases = "[[phase]]\nname = \"plan\"\nprompt = \"Plan this: {task}\"\n[[phase]]\nname = \"build\"\nprompt = \"Build: {task}\"\n";
    house.repo.write("pilothouse.toml", phases);
    house.repo.git(&["add", "pilothouse.toml"]);
    house.repo.git(&["commit", "--quiet", "-m", "phases"]);
    // An edit that was not committed does not count, and that is said.
    house.repo.write("pilothouse.toml", "[[phase]]\nname = \"other\"\n");
    let row = house.json(&["run", "the task", "--name", "two", "--json"]);
    let ready = house.wait_for("two", "ready");
    assert_eq!((ready["phase"]["name"].as_str(), ready["phase"]["count"].as_u64()), (Some("build"), Some(2)));
    assert_eq!(ready["checkpoints"].as_array().map(Vec::len), Some(3));
    let told = |phase: &str| {
        fs::read_to_string(house.folder(&row).join(format!("attempts/{phase}.1/stdin.jsonl"))).expect("text")
    };
    assert!(told("plan").contains("Plan this: the task"), "{}", told("plan"));
    assert!(
        told("build").contains("Build: the task") && told("build").contains("- plan (done at"),
        "{}",
        told("build")
    );
    assert!(house.ok(&["timeline", "two"]).contains("the base commit's counts"));
    let settings = house.ok(&["doctor", "--settings"]);
    assert!(settings.contains("plan, build") && settings.contains(":pilothouse.toml"), "{settings}");

    let typed =
        house.json(&["run", "t", "--name", "typed", "--phase", "look:Look at {task}", "--phase", "build", "--json"]);
    assert_eq!(typed["phase"]["count"], 2, "{typed:#}");
    house.wait_for("typed", "ready");
    let unknown = house.say(&["run", "t", "--phase", "deploy"]);
    assert_eq!((unknown.code, unknown.err.contains("there is plan, build")), (2, true), "{unknown:?}");
    house.repo.write("pilothouse.toml", "default_agent = \"rehearsal\"\n\n[[phase]]\nnam = \"x\"\n");
    let wrong = house.say(&["run", "t"]);
    assert!(wrong.code == 2 && wrong.err.contains("pilothouse.toml: line 4") && wrong.err.contains("nam"), "{wrong:?}");
    house.assert_replayed("two");
}

#[test]
fn a_paused_run_without_keeper_needs_you() {
    let house = house();
    let row = house.run("stuck", "slow");
    house.wait_for("stuck", "working");
    house.ok(&["pause", "stuck"]);
    let record = supervisor::keeper_record(&house.folder(&row).join("attempts/build.1")).expect("readable");
    assert!(record.expect("a record").keeper.kill());
    wait_until("the keeper to be missed", || {
        let row = house.row("stuck").expect("a row");
        if row["needs_you"] == true { Ok(()) } else { Err(format!("{row:#}")) }
    });
    let refused = house.say(&["resume", "stuck"]);
    assert!(refused.code == 4 && refused.err.contains("pilothouse terminate"), "{refused:?}");
    house.ok(&["terminate", "stuck", "--grace", "0s"]);
    let over = house.assert_over("stuck");
    assert_eq!(over["status"], "terminated", "{over:#}");
    house.ok(&["retry", "stuck"]);
    house.wait_for("stuck", "working");
    house.ok(&["terminate", "stuck", "--grace", "0s"]);
}

#[test]
fn an_unbegun_run_can_be_retried() {
    let house = House::with_settings(BINARY, Repo::with_files(5), "[limits]\nrunning = 1\n");
    house.run("first", "asks");
    house.wait_for("first", "waiting");
    house.run("second", "success");
    house.ok(&["terminate", "second"]);
    house.ok(&["terminate", "first", "--grace", "0s"]);
    house.ok(&["retry", "second"]);
    house.wait_for("second", "ready");
    house.assert_over("second");
}

// Of the checkout that its person stands in.
#[test]
fn a_run_begins_at_the_current_branch() {
    let house = house();
    let beside = house.repo.beside("feature");
    house.repo.git(&["worktree", "add", "--quiet", "-b", "feature", beside.to_str().expect("UTF-8")]);
    let output =
        house.command(&["run", "x", "--name", "here", "--json"]).current_dir(&beside).output().expect("it starts");
    let row: Value = serde_json::from_slice(&output.stdout).expect("a row");
    assert_eq!(row["base"], "feature", "{row:#}");
    house.wait_for("here", "ready");
}
