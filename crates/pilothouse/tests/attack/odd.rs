//! Odd places and states: a repository or worktree that is not what it was, and files that are none.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::stage::{Stage, WORK, tree};

#[test]
fn variables_of_a_repository_reach_nobody() {
    let stage = Stage::new();
    let lw = stage.outside("lw");
    stage.git(&["worktree", "add", "-q", "-b", "lw", lw.to_str().expect("UTF-8")]);
    fs::write(lw.join("mine.txt"), "mine\n").expect("a file");
    testkit::git_at(&lw, &["add", "mine.txt"]);
    // As git starts an alias there: this starts the daemon.
    let git_dir = testkit::git_at(&lw, &["rev-parse", "--absolute-git-dir"]);
    let mut first = stage.house.command(&["ls"]);
    first
        .env("GIT_DIR", git_dir.trim())
        .env("GIT_INDEX_FILE", format!("{}/index", git_dir.trim()))
        .env("GIT_PREFIX", "")
        .current_dir(&lw);
    assert!(first.status().expect("it starts").success());
    let head = stage.git(&["rev-parse", "lw"]);
    stage.run("x", "touch seen; for n in $(git rev-parse --local-env-vars); do env | grep ^$n= >> seen; done; echo agent > agent.txt; git add -A; git commit -qm agent");
    assert_eq!(stage.git(&["rev-parse", "lw"]), head, "the person's branch stays");
    assert_eq!(testkit::git_at(&lw, &["status", "--porcelain"]), "A  mine.txt\n");
    let seen = stage.git(&["show", "pilothouse/x:seen"]);
    assert_eq!(seen, "", "the agent has none of them");
    stage.house.ok(&["merge", "x"]);
}

#[test]
fn settings_that_people_give_git_stay() {
    let stage = Stage::new();
    let filter = stage.outside("filter.sh");
    fs::write(&filter, "#!/bin/sh\n[ -n \"$GIT_LFS_SKIP_SMUDGE\" ] && exec cat; cat > /dev/null; echo DOWNLOADED\n")
        .expect("a script");
    assert!(Command::new("chmod").arg("+x").arg(&filter).status().expect("chmod").success());
    stage.git(&["config", "filter.f.smudge", filter.to_str().expect("UTF-8")]);
    stage.git(&["config", "filter.f.clean", "cat"]);
    stage.house.repo.write(".gitattributes", "*.big filter=f\n");
    stage.house.repo.write("x.big", "pointer\n");
    stage.git(&["add", "--all"]);
    stage.git(&["commit", "-qm", "big"]);
    let started = stage.house.command(&["ls"]).env("GIT_LFS_SKIP_SMUDGE", "1").status();
    assert!(started.expect("it starts").success());
    let row = stage.run("x", "cp x.big seen; exit 1");
    assert_eq!(fs::read_to_string(tree(&row).join("x.big")).expect("a file"), "pointer\n");
}

#[test]
fn a_bare_repositorys_worktrees_are_good_places() {
    let stage = Stage::new();
    let proj = stage.outside("proj");
    fs::create_dir(&proj).expect("a folder");
    stage.git(&["clone", "-q", "--bare", ".", proj.join(".bare").to_str().expect("UTF-8")]);
    fs::write(proj.join(".git"), "gitdir: ./.bare\n").expect("a file");
    for (key, value) in [("user.name", "n"), ("user.email", "e@x")] {
        testkit::git_at(&proj, &["config", key, value]);
    }
    testkit::git_at(&proj, &["worktree", "add", "-q", "main", "main"]);
    let main = proj.join("main");
    let said = |words: &[&str]| {
        let output = stage.house.command(words).current_dir(&main).output().expect("it starts");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    said(&["run", WORK, "--agent", "sh", "--name", "x", "--wait"]);
    stage.house.proven("x");
    said(&["diff", "x"]);
    said(&["merge", "x"]);
    assert_eq!(fs::read_to_string(main.join("w")).expect("merged and checked out"), "w\n");
}

#[test]
fn a_repository_called_bare_keeps_its_runs() {
    let stage = Stage::new();
    stage.house.ok(&["run", "sleep 1000", "--agent", "sh", "--name", "other"]);
    stage.house.wait_for("other", "working");
    let row = stage.run("x", &format!("{WORK}; git config core.bare true"));
    assert_eq!(row["status"], "ready", "{row:#}");
    assert!(stage.house.ok(&["ls"]).contains("other"));
    let said = stage.house.say(&["run", "true", "--agent", "sh", "--name", "new"]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.err.contains("core.bare was set to true") && said.err.contains("core.bare false"), "{said:?}");
    stage.house.ok(&["terminate", "other", "--grace", "0s"]);
}

#[test]
fn a_branch_without_a_commit_stops_nothing() {
    let stage = Stage::new();
    let row =
        stage.run("x", "echo half > half; git checkout -q --orphan gh-pages; git rm -rfq .; echo site > index.html");
    assert_eq!(row["status"], "failed", "{row:#}");
    let reason = row["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains("gh-pages, which has no commit"), "{reason}");
    assert_eq!(stage.house.say(&["diff", "x"]).code, 0);
    stage.house.ok(&["rm", "x", "--yes"]);
    stage.house.ok(&["restore", "x"]);
    assert_eq!(fs::read_to_string(tree(&row).join("index.html")).expect("back"), "site\n");
    assert_eq!(testkit::git_at(&tree(&row), &["symbolic-ref", "HEAD"]).trim(), "refs/heads/gh-pages");
    stage.house.ok(&["rollback", "x", "0"]);
    assert_eq!(fs::read_to_string(tree(&row).join("src/a")).expect("back"), "a\n");
}

#[test]
fn a_colon_in_paths_is_no_conflict() {
    let stage = Stage::new();
    let folder = stage.outside("a:b");
    fs::create_dir(&folder).expect("a folder");
    let repo = folder.join("repo");
    stage.git(&["clone", "-q", ".", repo.to_str().expect("UTF-8")]);
    for (key, value) in [("user.name", "n"), ("user.email", "e@x")] {
        testkit::git_at(&repo, &["config", key, value]);
    }
    let in_repo = |words: &[&str]| stage.house.command(words).current_dir(&repo).output().expect("it starts");
    assert!(in_repo(&["run", WORK, "--agent", "sh", "--name", "x", "--wait"]).status.success());
    stage.house.proven("x");
    let gate = in_repo(&["gate", "x"]);
    assert!(gate.status.success(), "{}", String::from_utf8_lossy(&gate.stderr));
    assert!(in_repo(&["merge", "x"]).status.success());
}

#[test]
fn pipes_in_place_of_files_stop_nobody() {
    for odd in [".gitignore", "sub/.gitattributes"] {
        let stage = Stage::new();
        stage.house.ok(&[
            "run",
            &format!("mkdir -p sub; mkfifo {odd}; touch begun; sleep 1000"),
            "--agent",
            "sh",
            "--name",
            "x",
        ]);
        let row = stage.house.wait_for("x", "working");
        testkit::wait_until("the pipe", || if tree(&row).join("begun").exists() { Ok(()) } else { Err(String::new()) });
        stage.run("other", WORK);
        stage.house.ok(&["terminate", "x", "--grace", "0s"]);
        stage.house.wait_for("x", "terminated");
        stage.house.ok(&["merge", "other"]);
    }
}

#[test]
fn a_git_folder_pipe_harms_no_other() {
    for name in ["HEAD", "index", "commondir", "gitdir", "locked"] {
        let stage = Stage::new();
        let script = format!("g=$(git rev-parse --absolute-git-dir); rm -f $g/{name}; mkfifo $g/{name}; exit 0");
        stage.run("x", &script);
        stage.look_at("x");
        let row = stage.run("other", WORK);
        assert_eq!(row["status"], "ready", "{name}: {row:#}");
        stage.house.ok(&["merge", "other"]);
        assert!(stage.house.ok(&["ls"]).contains('x'), "{name}");
    }
}

#[test]
fn a_moved_worktree_is_not_called_empty() {
    let stage = Stage::new();
    let row = stage.run("x", "echo un > un.txt; exit 1");
    fs::rename(tree(&row), stage.outside("elsewhere")).expect("moved");
    let diff = stage.house.say(&["diff", "x"]);
    assert_ne!(diff.code, 0, "not measured is not nothing: {diff:?}");
    assert!(diff.err.contains("worktree repair"), "{diff:?}");
    // As git says that one moves it.
    testkit::git_at(
        &stage.house.repo.path(),
        &["worktree", "repair", stage.outside("elsewhere").to_str().expect("UTF-8")],
    );
    assert!(stage.house.ok(&["diff", "x"]).contains("un.txt"));
}

#[test]
fn a_moved_unlocked_worktree_is_found() {
    let stage = Stage::new();
    let row = stage.run("x", "echo un > un.txt; exit 1");
    let (from, to) = (tree(&row), stage.outside("elsewhere"));
    stage.git(&["worktree", "unlock", from.to_str().expect("UTF-8")]);
    stage.git(&["worktree", "move", from.to_str().expect("UTF-8"), to.to_str().expect("UTF-8")]);
    assert!(stage.house.ok(&["diff", "x"]).contains("un.txt"));
    stage.house.ok(&["rm", "x", "--yes"]);
    assert!(!Path::new(&to).exists());
}

#[test]
fn an_inside_worktree_is_hidden_from_main() {
    let stage = Stage::with_settings("worktrees = \".worktrees/{name}\"");
    stage.run("x", "echo w > w; exit 1");
    assert_eq!(stage.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_run_has_its_callers_path() {
    let stage = Stage::new();
    let bin = stage.outside("bin");
    fs::create_dir(&bin).expect("a folder");
    fs::write(bin.join("mytool"), "#!/bin/sh\necho $TERM > where\n").expect("a script");
    assert!(Command::new("chmod").arg("+x").arg(bin.join("mytool")).status().expect("chmod").success());
    stage.house.ok(&["ls"]);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a PATH"));
    let run = |name: &str| {
        let mut command = stage.house.command(&["run", "mytool", "--agent", "sh", "--name", name, "--wait"]);
        command.env("PATH", &path).env("TERM", "vt52").output().expect("it starts")
    };
    assert!(run("x").status.success());
    assert_eq!(stage.git(&["show", "pilothouse/x:where"]), "vt52\n");
    // The daemon's own stays what it was.
    let other = stage.run("y", "mytool");
    assert_eq!(other["status"], "failed", "{other:#}");
}
