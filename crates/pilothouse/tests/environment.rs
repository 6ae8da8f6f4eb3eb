//! What a worktree gets before its first phase: copies, set-up commands, and only commands that a person trusted.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A house whose repository has these settings and ignores a few things.
fn house(settings: &str) -> House {
    let house = House::new(BINARY, Repo::with_files(5));
    commit(&house, "pilothouse.toml", settings);
    commit(&house, ".gitignore", ".env*\nnode_modules\nmade\n");
    fs::write(house.repo.path().join(".env"), "KEY=1\n").expect("writable");
    fs::create_dir_all(house.repo.path().join("node_modules/a")).expect("a folder");
    fs::write(house.repo.path().join("node_modules/a/index.js"), "a\n").expect("writable");
    house
}

fn commit(house: &House, name: &str, text: &str) {
    fs::write(house.repo.path().join(name), text).expect("writable");
    house.repo.git(&["add", "--", name]);
    house.repo.git(&["commit", "--quiet", "--allow-empty", "-m", name]);
}

fn tree(row: &Value) -> PathBuf {
    PathBuf::from(row["worktree"].as_str().expect("a path"))
}

fn until_set_up_runs(house: &House, name: &str) -> Value {
    wait_until("the set-up commands", || match house.row(name) {
        Some(row) if row["reason"].as_str().is_some_and(|why| why.starts_with("set-up runs")) => Ok(row),
        row => Err(format!("{row:?}")),
    })
}

#[test]
fn setup_copies_files_and_runs_trusted_commands() {
    let house = house(
        "[environment]\ncopy = [\".env\"]\nclone = [\"node_modules\", \"missing\"]\n\
         setup = [\"mkdir made\", \"echo \\\"$BRANCH $WORKTREE_PATH $REPO_ROOT $ROOT_WORKTREE_PATH\\\" > made/where\"]\n",
    );
    commit(&house, ".worktreeinclude", "# also\n.env.local\n");
    fs::write(house.repo.path().join(".env.local"), "LOCAL=1\n").expect("writable");
    let refused = house.say(&["run", "x", "--agent", "rehearsal:success"]);
    assert_eq!((refused.code, refused.err.contains("mkdir made")), (4, true), "{refused:?}");
    assert!(refused.err.contains("pilothouse trust"), "{refused:?}");
    assert!(house.rows().is_empty());
    let asked = house.say(&["trust"]);
    assert_eq!((asked.code, asked.out.contains("environment.setup: mkdir made")), (6, true), "{asked:?}");
    let granted = house.ok(&["trust", "--yes"]);
    assert!(granted.contains("trusted; when they change"), "{granted}");
    assert_eq!(house.json(&["trust", "--json"])["trusted"], true);

    house.run("one", "success");
    let row = house.wait_for("one", "ready");
    let tree = tree(&row);
    assert_eq!(fs::read_to_string(tree.join(".env")).expect("copied"), "KEY=1\n");
    assert_eq!(fs::read_to_string(tree.join(".env.local")).expect("copied"), "LOCAL=1\n");
    assert_eq!(fs::read_to_string(tree.join("node_modules/a/index.js")).expect("copied"), "a\n");
    let repo = house.repo.path();
    let said = fs::read_to_string(tree.join("made/where")).expect("made");
    assert_eq!(said, format!("pilothouse/one {} {} {}\n", tree.display(), repo.display(), repo.display()));
    let told = house.ok(&["timeline", "one"]);
    assert!(told.contains("2 commands ended well") && told.contains(".env .env.local node_modules/"), "{told}");
    house.assert_replayed("one");

    // What changed is looked at again.
    commit(&house, "pilothouse.toml", "[environment]\nsetup = [\"true\"]\n");
    assert_eq!(house.say(&["run", "x"]).code, 4);
}

#[test]
fn retry_runs_failed_commands_again() {
    let house = house(
        "[environment]\nclone = [\"missing\"]\nsetup = [\"echo beginning\", \"test -e ../go-on\", \"echo end\"]\n",
    );
    house.ok(&["trust", "--yes"]);
    house.run("fails", "success");
    let failed = house.wait_for("fails", "failed");
    let reason = failed["reason"].as_str().expect("a reason");
    assert!(reason.contains("set-up: exit 1") && reason.contains("--attempt setup.1"), "{reason}");
    assert_eq!(house.ok(&["logs", "fails", "--attempt", "setup.1"]), "beginning\n");
    let shown = house.ok(&["logs", "fails", "--attempt", "setup.1", "--stderr"]);
    assert!(shown.contains("+ test -e ../go-on"), "{shown}");
    fs::write(tree(&failed).join("../go-on"), "").expect("writable");
    house.ok(&["retry", "fails"]);
    house.wait_for("fails", "ready");
    assert_eq!(house.ok(&["logs", "fails", "--attempt", "setup.2"]), "beginning\nend\n");
    house.assert_replayed("fails");
    house.assert_over("fails");
}

#[test]
fn a_killed_daemon_repeats_no_command() {
    let house =
        house("[environment]\nsetup = [\"echo x >> ../times\", \"until test -e ../go-on; do sleep 0.05; done\"]\n");
    house.ok(&["trust", "--yes"]);
    house.run("killed", "success");
    let row = until_set_up_runs(&house, "killed");
    house.kill_daemon();
    assert_eq!(house.row("killed").expect("a row")["status"], "preparing");
    fs::write(tree(&row).join("../go-on"), "").expect("writable");
    let ready = house.wait_for("killed", "ready");
    assert_eq!(fs::read_to_string(tree(&ready).join("../times")).expect("made"), "x\n");
    house.assert_over("killed");
}

#[test]
fn a_terminated_setup_leaves_nothing() {
    let house = house("[environment]\nsetup = [\"setsid sleep 300 & sleep 300\"]\n");
    house.ok(&["trust", "--yes"]);
    let row = house.run("ends", "success");
    until_set_up_runs(&house, "ends");
    wait_until("both to sleep", || match house.processes(&row) {
        n if n >= 3 => Ok(()),
        n => Err(format!("{n} processes")),
    });
    house.ok(&["terminate", "ends", "--grace", "200ms"]);
    house.wait_for("ends", "terminated");
    assert_eq!(house.processes(&row), 0);
    house.assert_replayed("ends");
    house.assert_over("ends");
}

#[test]
fn no_agent_can_trust_its_own_commands() {
    let house = house("[environment]\nsetup = [\"true\"]\n");
    let path = house.home().join("agent.sh");
    // Also one that cleaned its environment and let itself be orphaned.
    let out = house.home().join("said.txt");
    let text = format!(
        "cd {:?}\n(env -u PILOTHOUSE_RUN setsid {BINARY:?} trust --yes > {out:?} 2>&1 &)\n\
         until test -s {out:?}; do sleep 0.05; done\ncat {out:?}\n\
         {BINARY:?} run more --policy all 2>&1\n{BINARY:?} send sly --allow 2>&1\n{BINARY:?} ls >/dev/null && echo READS",
        house.repo.path(),
    );
    testkit::script(&path, &text);
    let settings = format!("[agent.sly]\ncommand = [{path:?}, \"{{prompt}}\"]\n");
    fs::write(house.home().join("config.toml"), settings).expect("a settings file");
    let base = house.repo.git(&["rev-parse", "HEAD~2"]);
    house.ok(&["run", "x", "--agent", "sly", "--name", "sly", "--base", base.trim()]);
    house.wait_for("sly", "ready");
    let said = house.ok(&["logs", "sly"]);
    assert_eq!(said.matches("what an agent asks for is no person's word").count(), 3, "{said}");
    assert!(said.contains("READS"), "an agent may look: {said}");
    assert_eq!(house.rows().len(), 1, "and starts nothing");
    assert_eq!(house.say(&["run", "x"]).code, 4, "nothing was trusted");
}

#[test]
fn own_caches_last_across_attempts() {
    let house = house("[environment]\ncache = \"own\"\n");
    let path = house.home().join("agent.sh");
    let lines = "mkdir -p \"$npm_config_cache\"; echo \"${XDG_CACHE_HOME:?}\" > where; ls \"$XDG_CACHE_HOME\" > before\n\
                 dd if=/dev/zero of=\"$XDG_CACHE_HOME/big\" bs=1M count=3 2>/dev/null; exit \"$1\"";
    testkit::script(&path, lines);
    let settings =
        format!("policy = \"sandboxed\"\n[agent.mine]\ncommand = [{path:?}, \"{{model}}\", \"{{prompt}}\"]\n");
    fs::write(house.home().join("config.toml"), settings).expect("a settings file");
    house.ok(&["run", "x", "--agent", "mine:1", "--name", "caches"]);
    let failed = house.wait_for("caches", "failed");
    assert_eq!(failed["reason"], "build: exit 1", "{}", house.say(&["logs", "caches", "--stderr"]).out);
    let tree = tree(&failed);
    let cache = house.folder(&failed).join("cache");
    let read = |name: &str| fs::read_to_string(tree.join(name)).expect("written");
    assert_eq!((read("where").trim(), read("before").trim()), (cache.to_str().expect("a path"), "npm"));
    house.ok(&["retry", "caches"]);
    wait_until("the second attempt", || {
        let row = house.wait_for("caches", "failed");
        if row["phase"]["attempt"] == 2 { Ok(()) } else { Err(format!("{row:#}")) }
    });
    assert_eq!(read("before").trim(), "big\nnpm", "what was fetched is there for the next attempt");
    wait_until("its disk", || {
        let row = house.row("caches").expect("a row");
        let counted = row["disk_rebuildable"].as_u64() >= Some(3 << 20);
        if counted { Ok(()) } else { Err(format!("{row:#}")) }
    });
    house.ok(&["rm", "caches", "--yes"]);
    assert!(!cache.exists(), "it goes with the worktree");
}
