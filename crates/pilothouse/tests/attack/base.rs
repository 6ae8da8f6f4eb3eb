//! The base moves only as git itself would allow, and an open gate is a merge that works.

use std::fs;

use crate::stage::{Stage, WORK, tree};

fn closed(stage: &Stage, name: &str, why: &str) {
    let before = stage.git(&["rev-parse", "main"]);
    for verb in ["gate", "merge"] {
        let said = stage.house.say(&[verb, name]);
        assert_eq!(said.code, 4, "{verb}: {said:?}");
        assert!(said.err.contains(why), "{verb}: {why}: {said:?}");
    }
    assert_eq!(stage.git(&["rev-parse", "main"]), before);
}

#[test]
fn a_base_amid_a_rebase_stays() {
    let stage = Stage::new();
    stage.git(&["checkout", "-q", "-b", "o"]);
    stage.house.repo.write("f", "o\n");
    stage.git(&["add", "f"]);
    stage.git(&["commit", "-qm", "o"]);
    stage.git(&["checkout", "-q", "main"]);
    stage.house.repo.write("f", "m\n");
    stage.git(&["add", "f"]);
    stage.git(&["commit", "-qm", "m"]);
    stage.run("x", WORK);
    let rebase =
        std::process::Command::new("git").args(["rebase", "-q", "o"]).current_dir(stage.house.repo.path()).output();
    assert!(!rebase.expect("git").status.success(), "it stops at the conflict");
    closed(&stage, "x", "a rebase of it is under way");
    stage.git(&["rebase", "--abort"]);
    stage.house.ok(&["merge", "x"]);
}

#[test]
fn a_base_that_is_bisected_stays() {
    let stage = Stage::new();
    stage.run("x", WORK);
    for n in 0..3 {
        stage.house.repo.write("n", &format!("{n}\n"));
        stage.git(&["add", "n"]);
        stage.git(&["commit", "-qm", "n"]);
    }
    stage.git(&["bisect", "start", "HEAD", "HEAD~3"]);
    closed(&stage, "x", "a bisect of it is under way");
}

#[test]
fn a_base_that_is_another_name_stays() {
    let stage = Stage::new();
    stage.git(&["branch", "real"]);
    stage.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/real"]);
    stage.run_with("x", WORK, &["--base", "alias"]);
    closed(&stage, "x", "another name of refs/heads/real");
}

#[test]
fn a_base_whose_checkout_is_away_stays() {
    let stage = Stage::new();
    stage.git(&["branch", "side"]);
    let away = stage.outside("away");
    stage.git(&["worktree", "add", "-q", "--lock", away.to_str().expect("UTF-8"), "side"]);
    fs::rename(&away, stage.outside("unplugged")).expect("moved");
    stage.run_with("x", WORK, &["--base", "side"]);
    closed(&stage, "x", "which is not there");
}

#[test]
fn a_working_runs_branch_stays() {
    let stage = Stage::new();
    let script = "echo a > a; git add a; git commit -qm a; touch begun; sleep 1000";
    stage.house.ok(&["run", script, "--agent", "sh", "--name", "aa"]);
    let row = stage.house.wait_for("aa", "working");
    testkit::wait_until("aa to have committed", || {
        if tree(&row).join("begun").exists() { Ok(()) } else { Err(String::new()) }
    });
    stage.run_with("bb", WORK, &["--base", "pilothouse/aa"]);
    let before = stage.git(&["rev-parse", "pilothouse/aa"]);
    let said = stage.house.say(&["merge", "bb"]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.err.contains("works on it"), "{said:?}");
    assert_eq!(stage.git(&["rev-parse", "pilothouse/aa"]), before);
    assert!(!tree(&row).join("w").exists());
    stage.house.ok(&["terminate", "aa", "--grace", "0s"]);
    stage.house.ok(&["merge", "bb"]);
}

#[test]
fn a_branchs_namesake_tag_is_no_base() {
    let stage = Stage::new();
    stage.git(&["checkout", "-q", "-b", "v1"]);
    stage.git(&["tag", "v1"]);
    stage.house.repo.write("n", "n\n");
    stage.git(&["add", "n"]);
    stage.git(&["commit", "-qm", "newer"]);
    let row = stage.run("x", WORK);
    assert_eq!(row["base"], "v1", "{row:#}");
    stage.house.ok(&["merge", "x"]);
    assert!(stage.git(&["ls-tree", "--name-only", "refs/heads/v1"]).contains('w'));
}

#[test]
fn a_tag_as_base_closes_the_gate() {
    let stage = Stage::new();
    stage.git(&["tag", "v1"]);
    stage.run_with("x", WORK, &["--base", "v1"]);
    closed(&stage, "x", "no local branch");
}

#[test]
fn a_backward_run_is_not_merged() {
    let stage = Stage::new();
    stage.house.repo.write("one", "1\n");
    stage.git(&["add", "one"]);
    stage.git(&["commit", "-qm", "one"]);
    stage.run("x", "git reset -q --hard HEAD~1");
    closed(&stage, "x", "it would change nothing of main");
}

#[test]
fn a_folder_in_the_way_stops_merging() {
    let stage = Stage::new();
    stage.run("x", WORK);
    stage.house.repo.write("w/mine", "untracked\n");
    let said = stage.house.say(&["merge", "x"]);
    assert_eq!(said.code, 4, "{said:?}");
    assert_eq!(fs::read_to_string(stage.house.repo.path().join("w/mine")).expect("kept"), "untracked\n");
}
