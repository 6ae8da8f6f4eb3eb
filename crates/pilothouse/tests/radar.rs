//! Runs that get into each other's way are seen before any of them ends.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use testkit::{House, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn worktree(house: &House, name: &str) -> PathBuf {
    wait_until("its worktree", || match house.row(name) {
        Some(row) if row["worktree"].is_string() && row["status"] == "working" => {
            Ok(PathBuf::from(row["worktree"].as_str().expect("a path")))
        }
        row => Err(format!("{row:?}")),
    })
}

/// The row of a run once it is known with whom it collides.
fn colliding(house: &House, name: &str, with: &[&str]) -> Value {
    wait_until(&format!("{name} to collide with {with:?}"), || {
        let row = house.row(name).ok_or("no such run")?;
        let mut names: Vec<&str> =
            row["conflicts_with"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        names.sort_unstable();
        if row["conflicts_with"].is_array() && names == with { Ok(row) } else { Err(format!("{row:#}")) }
    })
}

fn count_objects(house: &House) -> String {
    house.repo.git(&["count-objects"])
}

// And nothing is written to the repository.
#[test]
fn colliding_runs_are_seen_at_work() {
    let house = testkit::watched_house(BINARY, "");
    for name in ["first", "second", "third"] {
        house.run(name, "slow");
    }
    let trees = ["first", "second", "third"].map(|name| worktree(&house, name));
    // Checkpoint 0 is saved by then.
    let before = count_objects(&house);
    for (n, tree) in trees.iter().enumerate() {
        fs::write(tree.join("test.sh"), format!("echo {n}\n")).expect("written");
        fs::write(tree.join(format!("own{n}")), "nobody else's\n").expect("written");
    }
    let first = colliding(&house, "first", &["second", "third"]);
    assert_eq!((&first["status"], &first["needs_you"]), (&"working".into(), &false.into()), "the oldest goes on");
    let third = colliding(&house, "third", &["first", "second"]);
    assert_eq!((&third["status"], &third["group"]), (&"working".into(), &"needs_you".into()));
    let why = third["reason"].as_str().expect("a reason");
    assert!(why.contains("conflicts with first in ") && why.contains("(it is the younger)"), "{why}");
    for conflict in third["conflicts"].as_array().expect("conflicts") {
        assert!(conflict["paths"].as_array().expect("paths").contains(&"test.sh".into()), "{conflict}");
    }
    assert_eq!(count_objects(&house), before, "nothing was written");
    let said = house.ok(&["show", "third"]);
    assert!(said.contains("conflicts   first in ") && said.contains("; second in "), "{said}");
    // A new daemon knows it from the timeline.
    house.kill_daemon();
    assert_eq!(colliding(&house, "third", &["first", "second"])["group"], "needs_you");
    house.ok(&["terminate", "first", "--grace", "0s"]);
    house.ok(&["terminate", "second", "--grace", "0s"]);
    let free = colliding(&house, "third", &[]);
    assert_eq!((&free["group"], &free["conflicts"]), (&"working".into(), &Value::Array(Vec::new())));
    let told = house.ok(&["timeline", "third"]);
    assert!(told.contains("no more with first"), "{told}");
}

#[test]
fn a_merge_moves_collisions_to_the_base() {
    let house = testkit::watched_house(BINARY, "[gate]\napproval = \"none\"\nmin_score = 0.1\n");
    for name in ["older", "younger"] {
        house.run(name, "success");
        house.wait_for(name, "ready");
        let row = house.proven(name);
        let tree = PathBuf::from(row["worktree"].as_str().expect("a worktree"));
        fs::write(tree.join("test.sh"), format!("exit 0 # {name}\n")).expect("written");
        testkit::git_at(&tree, &["commit", "--quiet", "--all", "-m", "mine"]);
        house.ok(&["proof", name]);
    }
    let younger = colliding(&house, "younger", &["older"]);
    assert_eq!((&younger["status"], &younger["group"]), (&"ready".into(), &"needs_you".into()));
    house.ok(&["merge", "older"]);
    let younger = colliding(&house, "younger", &[]);
    assert_eq!(younger["conflicts"][0]["name"], "main");
    assert!(
        younger["reason"].as_str().is_some_and(|why| why.contains("conflicts with main in test.sh")),
        "{younger:#}"
    );
    let said = house.say(&["merge", "younger"]);
    assert!(said.code == 4 && said.err.contains("it conflicts with main in test.sh"), "{said:?}");
}

#[test]
fn work_that_was_merged_elsewhere_says_so() {
    let house = testkit::watched_house(BINARY, "");
    house.run("done", "success");
    house.wait_for("done", "ready");
    house.proven("done");
    house.repo.git(&["merge", "--quiet", "--squash", "pilothouse/done"]);
    house.repo.git(&["commit", "--quiet", "-m", "squashed by a host, and pulled"]);
    house.ok(&["proof", "done"]);
    let row = wait_until("its work to be seen in main", || {
        let row = house.row("done").ok_or("no such run")?;
        if row["in_base"] == true { Ok(row) } else { Err(format!("{row:#}")) }
    });
    let why = row["reason"].as_str().expect("a reason");
    assert!(why.starts_with("its work is in main already; `pilothouse gc`"), "{why}");
    assert!(house.ok(&["gc", "--dry-run"]).contains("all of it is merged"));
    // It is known when the run is not looked into any more.
    house.kill_daemon();
    assert_eq!(house.row("done").expect("a row")["in_base"], true);
}
