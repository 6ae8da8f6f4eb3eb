//! What happens to a repository while runs work in it: moved, cloned anew, rebased, cleaned, its index locked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use testkit::{House, Repo, git_at, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn house() -> House {
    House::new(BINARY, Repo::with_files(10))
}

fn tree(row: &Value) -> PathBuf {
    PathBuf::from(row["worktree"].as_str().expect("a worktree"))
}

#[test]
fn git_gc_keeps_checkpoints() {
    let house = house();
    house.run("gc", "fails-once");
    let row = house.wait_for("gc", "failed");
    house.ok(&["retry", "gc"]);
    house.wait_for("gc", "ready");
    house.repo.git(&["-c", "gc.pruneExpire=now", "-c", "gc.reflogExpire=now", "gc", "--quiet", "--aggressive"]);
    house.repo.git(&["worktree", "prune", "--expire=now"]);
    house.ok(&["rollback", "gc", "1"]);
    assert_eq!(fs::read_to_string(tree(&row).join("attempt.txt")).expect("text"), "half of the work\n");
    house.assert_over("gc");
}

#[test]
fn a_rewritten_base_changes_no_run() {
    let house = house();
    house.run("based", "slow");
    let row = house.wait_for("based", "working");
    house.repo.write("other.txt", "rewritten\n");
    house.repo.git(&["add", "--all"]);
    house.repo.git(&["commit", "--quiet", "--amend", "-m", "rewritten"]);
    house.ok(&["terminate", "based", "--grace", "0s"]);
    let base = row["head"].as_str().expect("a commit").to_owned();
    assert_eq!(git_at(&tree(&row), &["rev-parse", "HEAD"]).trim(), base);
    let diff = house.ok(&["diff", "based"]);
    assert!(diff.contains("slow-based.txt") && !diff.contains("other.txt"), "{diff}");
    house.ok(&["rollback", "based", "0"]);
    house.assert_over("based");
}

// And a lock that stays loses nothing.
#[test]
fn a_locked_index_is_waited_for() {
    let house = house();
    let row = house.run("locked", "asks");
    let waiting = house.wait_for("locked", "waiting");
    let git_dir = git_at(&tree(&waiting), &["rev-parse", "--absolute-git-dir"]);
    let lock = Path::new(git_dir.trim()).join("index.lock");
    fs::write(&lock, "").expect("writable");
    // Somebody works there, so the lock may be theirs.
    let mut editor = Command::new("sleep").arg("300").current_dir(tree(&waiting)).spawn().expect("sleep");
    house.ok(&["send", "locked", "--allow"]);
    let failed = house.wait_for("locked", "failed");
    assert!(failed["reason"].as_str().expect("a reason").contains("index.lock"), "{failed:#}");
    assert!(lock.exists() && tree(&waiting).join("published.txt").exists());
    editor.kill().and_then(|()| editor.wait()).expect("ours");
    house.ok(&["retry", "locked", "--fresh"]);
    house.wait_for("locked", "waiting");
    house.ok(&["send", "locked", "--allow"]);
    house.wait_for("locked", "ready");
    house.assert_over("locked");
    assert!(!house.folder(&row).join("timeline.torn").exists());
}

#[test]
fn a_killed_gits_locks_are_removed() {
    let house = house();
    let row = house.run("cut", "asks");
    let waiting = house.wait_for("cut", "waiting");
    let git_dir = git_at(&tree(&waiting), &["rev-parse", "--absolute-git-dir"]);
    let branch = house.repo.path().join(".git/refs/heads/pilothouse/cut.lock");
    let locks = [Path::new(git_dir.trim()).join("HEAD.lock"), branch];
    for lock in &locks {
        fs::write(lock, "").expect("writable");
    }
    let pid = u32::try_from(waiting["pid"].as_u64().expect("a pid")).expect("a pid");
    assert!(supervisor::Identity::of(pid).expect("it lives").kill());
    house.wait_for("cut", "failed");
    house.ok(&["retry", "cut", "--resume"]);
    house.wait_for("cut", "waiting");
    house.ok(&["send", "cut", "--allow"]);
    house.wait_for("cut", "ready");
    assert!(locks.iter().all(|lock| !lock.exists()));
    let told = house.ok(&["timeline", "cut"]);
    assert!(told.contains("a git that was killed had left HEAD.lock and cut.lock; taken away"), "{told}");
    assert_eq!(house.processes(&row), 0);
    house.assert_over("cut");
}

#[test]
fn a_repository_moved_away_is_named() {
    let house = house();
    house.run("moved", "success");
    let row = house.wait_for("moved", "ready");
    let (here, there) = (house.repo.path(), house.repo.beside("elsewhere"));
    fs::rename(&here, &there).expect("movable");
    fs::create_dir(&here).expect("a folder");
    let id = row["id"].as_str().expect("an id");
    for words in [&["rm", id, "--yes"][..], &["rollback", id, "0"]] {
        let said = house.say(words);
        assert!(said.code != 0 && !said.err.is_empty(), "{words:?}: {said:?}");
        assert!(tree(&row).join("REHEARSAL-moved.md").exists(), "{words:?} touched the worktree");
    }
    fs::remove_dir(&here).expect("empty");
    fs::rename(&there, &here).expect("movable");
    house.ok(&["rm", "moved", "--yes"]);
    house.ok(&["restore", "moved"]);
    house.assert_over("moved");
}

#[test]
fn a_clone_does_not_replace_a_repository() {
    let house = house();
    house.run("clone", "success");
    let row = house.wait_for("clone", "ready");
    let (here, aside) = (house.repo.path(), house.repo.beside("old"));
    fs::rename(&here, &aside).expect("movable");
    let words = ["clone", "--quiet", aside.to_str().expect("UTF-8"), here.to_str().expect("UTF-8")];
    assert!(Command::new("git").args(words).status().expect("git").success());
    let id = row["id"].as_str().expect("an id");
    for words in [&["rm", id, "--yes"][..], &["rollback", id, "0"]] {
        let said = house.say(words);
        assert!(said.code != 0, "{words:?}: {said:?}");
    }
    house.ok(&["retry", id, "--fresh"]);
    house.wait_for("clone", "failed");
    assert!(tree(&row).join("REHEARSAL-clone.md").exists(), "the old repository's worktree is as it was");
    assert_eq!(git_at(&here, &["worktree", "list"]).lines().count(), 1, "and the clone has none");
}

// And a deleted worktree is said to be gone.
#[test]
fn a_worktree_moved_by_hand_is_found() {
    let house = house();
    house.run("moves", "success");
    let row = house.wait_for("moves", "ready");
    let to = house.repo.beside("moved-by-hand");
    let (from, to_text) = (tree(&row), to.to_str().expect("UTF-8").to_owned());
    house.repo.git(&["worktree", "move", "--force", "--force", from.to_str().expect("UTF-8"), &to_text]);
    house.ok(&["rollback", "moves", "0"]);
    assert!(!to.join("REHEARSAL-moves.md").exists() && !from.exists());
    house.ok(&["retry", "moves"]);
    house.wait_for("moves", "ready");
    assert!(to.join("REHEARSAL-moves.md").exists(), "it works where the worktree is");
    fs::remove_dir_all(&to).expect("removable");
    let refused = house.say(&["rollback", "moves", "0"]);
    assert!(refused.code == 4 && refused.err.contains("is gone") && refused.err.contains("`restore`"), "{refused:?}");
    assert_eq!(house.say(&["retry", "moves"]).code, 4);
    assert_eq!(house.row("moves").expect("a row")["status"], "ready", "a refusal changes nothing");
    let explained = house.ok(&["explain", "moves"]);
    assert!(explained.contains("is gone; git still knows it"), "{explained}");
    house.ok(&["rm", "moves", "--yes"]);
    house.ok(&["restore", "moves"]);
    wait_until("the branch's files", || {
        if to.join("REHEARSAL-moves.md").exists() { Ok(()) } else { Err("not there".to_owned()) }
    });
    house.assert_over("moves");
}
