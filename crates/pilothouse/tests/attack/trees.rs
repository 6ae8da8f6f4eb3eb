//! Work that is in no commit: it is named, kept, and never merged by half.

use std::fs;

use crate::stage::{Stage, WORK, tree};

fn gate_says(stage: &Stage, name: &str, why: &str) {
    let said = stage.house.say(&["gate", name]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.err.contains(why), "{why}: {said:?}");
}

#[test]
fn a_clone_inside_is_not_committed() {
    let stage = Stage::new();
    let row = stage.run("x", &format!("{WORK}; git clone -q \"$REPO_ROOT\" vendor-src"));
    gate_says(&stage, "x", "vendor-src/ is a repository of its own");
    assert_eq!(stage.house.say(&["merge", "x"]).code, 4);
    let files = stage.git(&["ls-tree", "-r", "--name-only", "pilothouse/x"]);
    assert!(files.contains('w') && !files.contains("vendor-src"), "{files}");
    assert!(tree(&row).join("vendor-src/src/a").exists(), "it stays where it is");
}

#[test]
fn a_committed_clone_is_not_merged() {
    let stage = Stage::new();
    stage.run(
        "x",
        &format!(
            "{WORK}; git clone -q \"$REPO_ROOT\" vendor-src; git add vendor-src 2>/dev/null; git commit -qm vendored"
        ),
    );
    gate_says(&stage, "x", "vendor-src is a repository of its own and no submodule");
}

#[test]
fn an_empty_repository_inside_fails_no_run() {
    let stage = Stage::new();
    let row = stage.run("x", "git init -q proj; echo x > proj/a");
    assert_eq!(row["status"], "ready", "{row:#}");
    let diff = stage.house.say(&["diff", "x"]);
    assert_eq!(diff.code, 0, "{diff:?}");
    assert!(tree(&row).join("proj/a").exists(), "it is not let go");
    gate_says(&stage, "x", "proj/ is a repository of its own");
}

/// The repository has another one as its submodule `lib`, whose own place is given.
fn with_submodule(stage: &Stage) -> std::path::PathBuf {
    let lib = stage.outside("lib");
    fs::create_dir(&lib).expect("a folder");
    for words in [&["init", "-q"][..], &["config", "user.name", "n"], &["config", "user.email", "e@x"]] {
        testkit::git_at(&lib, words);
    }
    fs::write(lib.join("l"), "l\n").expect("a file");
    testkit::git_at(&lib, &["add", "l"]);
    testkit::git_at(&lib, &["commit", "-qm", "l"]);
    stage.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        lib.to_str().expect("UTF-8"),
        "lib",
    ]);
    stage.git(&["commit", "-qm", "with a submodule"]);
    lib
}

const UPDATE: &str = "git -c protocol.file.allow=always submodule -q update --init; cd lib; git config user.name a; git config user.email a@b";

#[test]
fn uncommitted_submodule_work_is_seen() {
    let stage = Stage::new();
    with_submodule(&stage);
    let row = stage.run("x", &format!("{UPDATE}; echo mine >> l; echo new > untracked; cd ..; echo w > w"));
    assert_eq!(row["status"], "ready", "{row:#}");
    gate_says(&stage, "x", "lib");
    assert_eq!(stage.house.say(&["merge", "x"]).code, 4);
    // A snapshot would not have it, so the worktree stays.
    let said = stage.house.say(&["rm", "x", "--yes"]);
    assert!(said.code == 4 && said.err.contains("submodule"), "{said:?}");
    let kept = std::fs::read_to_string(tree(&row).join("lib/l")).expect("it is there");
    assert!(kept.contains("mine") && tree(&row).join("lib/untracked").exists());
    let list = stage.house.ok(&["gc", "--dry-run"]);
    assert!(!list.contains("may go"), "{list}");
}

#[test]
fn a_clone_replacing_a_submodule_is_seen() {
    let stage = Stage::new();
    let lib = with_submodule(&stage);
    let clones = format!("rmdir lib; git clone -q {} lib; echo mine >> lib/l; echo w > w", lib.display());
    let row = stage.run("x", &clones);
    gate_says(&stage, "x", "lib has changes in it");
    // Whatever a removal makes of it, its files come back.
    let said = stage.house.say(&["rm", "x", "--yes"]);
    if said.code == 0 {
        stage.house.ok(&["restore", "x"]);
    }
    let kept = std::fs::read_to_string(tree(&row).join("lib/l")).expect("it is there");
    assert!(kept.contains("mine"), "{said:?}");
    testkit::git_at(&tree(&row).join("lib"), &["rev-parse", "--verify", "HEAD"]);
}

#[test]
fn a_submodules_unpublished_commit_is_not_merged() {
    let stage = Stage::new();
    let lib = with_submodule(&stage);
    let update = UPDATE;
    stage.run("x", &format!("{update}; echo n > l; git commit -qam new; cd ..; git add lib; git commit -qm lib"));
    gate_says(&stage, "x", "lib is at");
    assert_eq!(stage.house.say(&["merge", "x"]).code, 4);
    // One that everybody can get is merged.
    fs::write(lib.join("l"), "two\n").expect("a file");
    testkit::git_at(&lib, &["commit", "-qam", "two"]);
    stage.run(
        "y",
        &format!(
            "{update}; git -c protocol.file.allow=always pull -q origin HEAD; cd ..; git add lib; git commit -qm lib"
        ),
    );
    stage.house.ok(&["gate", "y"]);
}

#[test]
fn a_large_new_file_stays_uncommitted() {
    let stage = Stage::new();
    let row = stage.run("x", "truncate -s 1T disk.img; echo w > w");
    assert_eq!(row["status"], "ready", "{row:#}");
    assert!(row["reason"].as_str().is_some_and(|reason| reason.contains("disk.img has")), "{row:#}");
    gate_says(&stage, "x", "disk.img has");
    let files = stage.git(&["ls-tree", "-r", "--name-only", "pilothouse/x"]);
    assert!(files.contains('w') && !files.contains("disk.img"), "{files}");
    let said = stage.house.say(&["diff", "x"]);
    assert!(said.code == 0 && said.out.contains("w"), "{said:?}");
    assert!(tree(&row).join("disk.img").exists());
}

#[test]
fn an_overgrown_tracked_file_is_named() {
    let stage = Stage::new();
    let row = stage.run("x", &format!("{WORK}; truncate -s 1T src/a"));
    assert_eq!(row["status"], "ready", "{row:#}");
    gate_says(&stage, "x", "src/a has");
    assert_eq!(stage.house.say(&["diff", "x"]).code, 0);
}

#[test]
fn a_nested_worktree_is_not_removed() {
    let stage = Stage::new();
    let row = stage.run("x", "git worktree add -q --detach inner; cd inner; echo d > d; git add d; git commit -qm inside; echo wip > wip; exit 1");
    let inner = tree(&row).join("inner");
    let said = stage.house.say(&["rm", "x", "--yes"]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.err.contains("inner"), "{said:?}");
    assert!(inner.join("wip").exists());
    let gc = stage.house.ok(&["gc", "--dry-run"]);
    assert!(gc.contains("inner"), "{gc}");
}

#[test]
fn a_nested_foreign_worktree_is_not_removed() {
    let stage = Stage::new();
    let other = stage.outside("other");
    testkit::git_at(&stage.house.repo.path(), &["clone", "-q", ".", other.to_str().expect("UTF-8")]);
    let script = format!("mkdir build; git -C {} worktree add -q --detach $PWD/build/inner; exit 1", other.display());
    let row = stage.run("x", &script);
    let said = stage.house.say(&["rm", "x", "--yes"]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(tree(&row).join("build/inner/src/a").exists());
}

#[test]
fn other_line_ends_are_no_work() {
    let stage = Stage::new();
    stage.git(&["config", "core.autocrlf", "true"]);
    stage.git(&["rm", "-rq", "--cached", "."]);
    stage.git(&["reset", "-q", "--hard"]);
    let row = stage.run("x", WORK);
    stage.house.ok(&["merge", "x"]);
    let row = stage.house.row("x").unwrap_or(row);
    assert_eq!(row["worktree"], serde_json::Value::Null, "it is let go: {row:#}");
}

#[test]
fn widened_sparse_patterns_come_back() {
    let stage = Stage::new();
    stage.house.repo.write("d0/f", "0\n");
    stage.house.repo.write("d1/f", "1\n");
    stage.git(&["add", "--all"]);
    stage.git(&["commit", "--quiet", "-m", "d"]);
    stage.git(&["sparse-checkout", "set", "d0"]);
    let row = stage.run("x", "git sparse-checkout add d1; echo n > d1/n; exit 1");
    assert!(tree(&row).join("d1/f").exists(), "{row:#}");
    stage.house.ok(&["rm", "x", "--yes"]);
    stage.house.ok(&["restore", "x"]);
    assert_eq!(testkit::git_at(&tree(&row), &["status", "--porcelain"]), "?? d1/n\n");
}

#[test]
fn hidden_changes_are_in_the_diff() {
    let stage = Stage::new();
    stage.run("x", "echo hidden >> src/a; git update-index --assume-unchanged src/a; echo too >> src/b; git update-index --skip-worktree src/b; echo w > w");
    let diff = stage.house.ok(&["diff", "x"]);
    assert!(diff.contains("+hidden") && diff.contains("+too"), "{diff}");
}

#[test]
fn work_in_the_stash_is_told() {
    let stage = Stage::new();
    let row = stage.run("x", "echo precious >> src/a; git stash -q");
    assert!(tree(&row).exists(), "it is not let go: {row:#}");
    assert!(row["reason"].as_str().is_some_and(|reason| reason.contains("the stash holds work")), "{row:#}");
    gate_says(&stage, "x", "the stash holds work of it");
    stage.git(&["stash", "drop", "-q"]);
    stage.house.ok(&["proof", "x"]);
    let kept = stage.git(&["for-each-ref", "--format=%(refname)", "refs/pilothouse/*/stash-*"]);
    assert_eq!(stage.git(&["show", &format!("{}:src/a", kept.trim())]), "a\nprecious\n");
}

#[test]
fn a_popped_personal_stash_is_told() {
    let stage = Stage::new();
    stage.house.repo.write("src/b", "b\nmine\n");
    stage.git(&["stash", "-q"]);
    stage.run("y", "git stash pop -q");
    gate_says(&stage, "y", "out of the stash");
    let kept = stage.git(&["for-each-ref", "--format=%(refname)", "refs/pilothouse/*/stash-*"]);
    assert_eq!(stage.git(&["show", &format!("{}:src/b", kept.trim())]), "b\nmine\n");
}
