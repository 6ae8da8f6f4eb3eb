//! Letting the checkpoints of runs go that are over: never of those that may be tried again, and never their snapshots.

use std::path::Path;

use serde_json::Value;
use testkit::{House, Repo};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");
const WORK: &str = "echo w > w-$(basename $PWD); git add -A; git commit -qm w";

fn house() -> House {
    let repo = Repo::empty();
    repo.write("pilothouse.toml", "[gate]\napproval = \"none\"\nmin_score = 0.0\n");
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "-m", "first"]);
    House::with_settings(BINARY, repo, "[agent.sh]\ncommand = [\"bash\", \"-c\", \"{prompt}\"]\n")
}

fn run(house: &House, name: &str, script: &str) {
    let said = house.say(&["run", script, "--agent", "sh", "--name", name, "--wait"]);
    let row = house.row(name).unwrap_or_else(|| panic!("{said:?}"));
    if row["status"] == "ready" {
        house.proven(name);
    }
}

fn listed(house: &House, name: &str) -> Value {
    let kept = house.json(&["gc", "--checkpoints", "--dry-run", "--json"]);
    let rows = kept["runs"].as_array().expect("rows").clone();
    rows.into_iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name} is not in {kept:#}"))
}

fn refs(house: &House, row: &Value) -> Vec<String> {
    let folder = format!("refs/pilothouse/{}/", row["id"].as_str().expect("an id"));
    let refs = house.repo.git(&["for-each-ref", "--format=%(refname)", &folder]);
    refs.lines().map(|name| name.trim_start_matches(&folder).to_owned()).collect()
}

#[test]
fn checkpoints_go_of_what_is_over_alone() {
    let house = house();
    run(&house, "merged", WORK);
    house.ok(&["merge", "merged"]);
    run(&house, "failed", "head -c 300000 /dev/urandom > core.dump; exit 1");
    house.ok(&["retry", "failed", "--fresh"]);
    house.wait_for("failed", "failed");
    house.proven("failed");
    run(&house, "removed", WORK);
    house.ok(&["rm", "removed", "--yes"]);
    house.repo.git(&["update-ref", "refs/pilothouse/zzzzzz/0", "HEAD"]);

    assert_eq!(
        (&listed(&house, "merged")["may_go"], &listed(&house, "removed")["may_go"]),
        (&true.into(), &true.into())
    );
    let stays = listed(&house, "failed");
    assert!(
        stays["may_go"] == false && stays["why"].as_str().is_some_and(|why| why.contains("tried again")),
        "{stays:#}"
    );
    let list = house.ok(&["gc", "--checkpoints", "--dry-run"]);
    assert!(list.contains("no run of this state folder") && list.contains("refs/pilothouse/zzzzzz/"), "{list}");
    let before = house.row("failed").expect("a row");
    house.ok(&["gc", "--checkpoints", "--yes"]);
    let row = |name: &str| house.row(name).expect("a row");
    assert_eq!(row("merged")["checkpoints"], Value::Array(Vec::new()));
    assert!(refs(&house, &row("merged")).iter().all(|name| name.parse::<u32>().is_err()));
    assert_eq!(row("failed")["checkpoints"], before["checkpoints"], "it may be tried again");
    assert!(refs(&house, &row("failed")).len() >= 2);
    house.repo.git(&["rev-parse", "--verify", "refs/pilothouse/zzzzzz/0"]);

    // The snapshot is whole without them.
    house.repo.git(&["gc", "--quiet", "--prune=now"]);
    house.ok(&["restore", "removed"]);
    let back = row("removed");
    assert!(Path::new(back["worktree"].as_str().expect("a path")).join("w-removed").exists());
    house.ok(&["diff", "removed"]);

    house.kill_daemon();
    house.assert_replayed("merged");
    assert_eq!(row("merged")["checkpoints"], Value::Array(Vec::new()));
}

#[test]
fn what_was_lost_with_checkpoints_is_said() {
    let house = house();
    run(&house, "big", "head -c 300000 /dev/urandom > core.dump; exit 1");
    house.ok(&["retry", "big", "--fresh"]);
    house.wait_for("big", "failed");
    house.ok(&["dismiss", "big"]);
    let kept = house.json(&["gc", "--checkpoints", "--dry-run", "--json"]);
    // The dump of the first attempt is in a checkpoint and nowhere else.
    assert!(kept["bytes"].as_u64().is_some_and(|bytes| bytes > 300_000), "{kept:#}");
    house.ok(&["gc", "--checkpoints", "--yes"]);
    house.refuses(&["rollback", "big", "0"], "dropped");
    house.refuses(&["retry", "big"], "dropped");
    let said = house.say(&["diff", "big", "--since", "0"]);
    assert!(said.code == 3 && said.err.contains("no checkpoint"), "{said:?}");
    assert_eq!(house.row("big").expect("a row")["status"], "failed", "nothing of it was changed");
    let nothing = house.json(&["gc", "--checkpoints", "--dry-run", "--json"]);
    assert_eq!(nothing["bytes"], 0);
    house.ok(&["rm", "big", "--yes"]);
    house.ok(&["restore", "big"]);
}
