//! A repository that was moved on disk with its worktrees, and one that was copied.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use testkit::{CommandOutput, House, Repo, git_at};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");
const WORK: &str = "echo w > $PWD/w-$(basename $PWD); git add -A; git commit -qm w";

/// A house whose agent is bash and whose gate asks for nothing.
fn house() -> House {
    let repo = Repo::empty();
    repo.write("a", "a\n");
    repo.write("pilothouse.toml", "[gate]\napproval = \"none\"\nmin_score = 0.0\n");
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "-m", "first"]);
    House::with_settings(BINARY, repo, "[agent.sh]\ncommand = [\"bash\", \"-c\", \"{prompt}\"]\n")
}

fn run(house: &House, name: &str, script: &str) -> Value {
    let said = house.say(&["run", script, "--agent", "sh", "--name", name, "--wait"]);
    let row = house.row(name).unwrap_or_else(|| panic!("{said:?}"));
    if row["status"] == "ready" { house.proven(name) } else { row }
}

fn say_at(house: &House, folder: &Path, words: &[&str]) -> CommandOutput {
    let output = house.command(words).current_dir(folder).output().expect("pilothouse starts");
    CommandOutput {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn id(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}

/// Moves the repository and the folder of its worktrees into a new folder, and returns where both are.
fn move_away(house: &House) -> (PathBuf, PathBuf) {
    let new = house.repo.beside("new");
    fs::create_dir(&new).expect("a folder");
    let (shop, trees) = (new.join("shop"), new.join("shop.worktrees"));
    fs::rename(house.repo.path(), &shop).expect("movable");
    fs::rename(house.repo.beside("shop.worktrees"), &trees).expect("movable");
    (shop, trees)
}

#[test]
fn a_moved_repositorys_runs_are_adopted() {
    let house = house();
    let (done, half) = (run(&house, "done", WORK), run(&house, "half", "echo half > half; exit 1"));
    run(&house, "gone", WORK);
    house.ok(&["rm", "gone", "--yes"]);
    let (shop, trees) = move_away(&house);
    let say = |words: &[&str]| say_at(&house, &shop, words);

    // Before git knows, nothing is taken for gone, and each says what to type.
    let list = say(&["gc", "--dry-run"]);
    assert!(list.code == 0 && !list.out.contains("may go") && list.out.contains("adopt --moved"), "{list:?}");
    let list = say(&["ls"]);
    let repair = format!("git worktree repair {}", trees.display());
    assert!(list.code == 0 && list.err.contains("3 runs were made in this repository at"), "{list:?}");
    let refused = say(&["adopt", "--moved", "--yes"]);
    assert!(refused.out.contains(&repair), "{refused:?}");
    for verb in [&["diff", id(&done)][..], &["retry", id(&half)], &["merge", id(&done)], &["rm", id(&done), "--yes"]] {
        let said = say(verb);
        assert!(said.code == 4 && said.err.contains("adopt --moved"), "{verb:?}: {said:?}");
    }
    let row = say(&["show", id(&half), "--json"]);
    assert!(row.out.contains("\"failed\""), "{row:?}");

    let both = [trees.join("done"), trees.join("half")].map(|path| path.to_string_lossy().into_owned());
    git_at(&shop, &["worktree", "repair", &both[0], &both[1]]);
    let list = say(&["ls"]);
    assert!(list.err.contains("`pilothouse adopt --moved` takes them over"), "{list:?}");
    let taken = say(&["adopt", "--moved", "--yes"]);
    assert_eq!(taken.code, 0, "{taken:?}");
    assert_eq!(say(&["adopt", "--moved", "--yes"]).code, 3, "there is nothing left to take over");

    // A daemon that starts anew has them there too.
    house.kill_daemon();
    let rows = say(&["ls", "--all", "--json"]);
    let rows: Vec<Value> = serde_json::from_str(&rows.out).expect("JSON");
    for row in &rows {
        assert_eq!(row["repo"], shop.to_string_lossy().as_ref(), "{row:#}");
    }
    let half = rows.iter().find(|row| row["name"] == "half").expect("taken over");
    assert_eq!(half["worktree"], both[1].as_str());
    let merged = say(&["merge", "done"]);
    assert_eq!(merged.code, 0, "{merged:?}");
    assert!(shop.join("w-done").exists());
    assert_eq!(say(&["restore", "gone"]).code, 0);
    assert!(trees.join("gone/w-gone").exists(), "it comes back beside the repository");
    assert_eq!(say(&["rm", "half", "--yes"]).code, 0);
    // The commands of the house stand where it was.
    fs::create_dir(house.repo.path()).expect("a folder");
    house.assert_replayed("gone");
}

#[test]
fn a_copy_is_taken_for_no_move() {
    let house = house();
    let row = run(&house, "kept", WORK);
    let copy = house.repo.beside("copy");
    let copied = std::process::Command::new("cp").arg("-a").arg(house.repo.path()).arg(&copy).status().expect("cp");
    assert!(copied.success());
    let refused = say_at(&house, &copy, &["adopt", "--moved", "--yes"]);
    assert!(refused.code == 4 && refused.err.contains("this one is a copy"), "{refused:?}");
    let list = say_at(&house, &copy, &["gc", "--dry-run"]);
    assert!(!list.out.contains("may go"), "{list:?}");
    assert_eq!(say_at(&house, &copy, &["gc", "--yes"]).code, 0);
    let now = house.row("kept").expect("it is where it was");
    assert_eq!((&now["repo"], &now["worktree"]), (&row["repo"], &row["worktree"]));
    assert!(Path::new(row["worktree"].as_str().expect("a path")).join("w-kept").exists());
    house.ok(&["merge", "kept"]);
}

#[test]
fn a_working_run_is_not_adopted() {
    let house = house();
    let row = house.json(&["run", "sleep 1000", "--agent", "sh", "--name", "busy", "--json"]);
    house.wait_for("busy", "working");
    let shop = house.repo.beside("renamed");
    fs::rename(house.repo.path(), &shop).expect("movable");
    git_at(&shop, &["worktree", "repair"]);
    let refused = say_at(&house, &shop, &["adopt", "--moved", "--yes"]);
    assert!(refused.code == 4 && refused.err.contains("terminate it first"), "{refused:?}");
    assert_eq!(say_at(&house, &shop, &["terminate", id(&row), "--grace", "0s"]).code, 0);
    assert_eq!(say_at(&house, &shop, &["adopt", "--moved", "--yes"]).code, 0);
    let rows = say_at(&house, &shop, &["ls", "--json"]);
    assert!(rows.out.contains("busy"), "{rows:?}");
    fs::create_dir(house.repo.path()).expect("a folder");
}
