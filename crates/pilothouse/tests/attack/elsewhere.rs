//! An agent that is held inside makes git look elsewhere: whatever it writes, no program of its own runs outside.

use std::fs;

use crate::stage::{Stage, holds_inside, tree};

/// Runs the script inside, has every command look at the run, and checks that nothing was run or written outside.
fn nothing_runs_outside(script: &str) {
    if !holds_inside() {
        return;
    }
    let stage = Stage::new();
    let outside = stage.outside("pwned");
    let payload = format!("sh -c 'id > {}; cat'", outside.display());
    let script = script.replace("PAYLOAD", &payload).replace("OUTSIDE", &outside.display().to_string());
    let script = format!(
        "set +e\ng=$(git rev-parse --absolute-git-dir); c=$(cd $(git rev-parse --git-common-dir) && pwd)\n{script}\nexit 0"
    );
    let probe = stage.run_inside("probe", &format!("id > {} || exit 0", outside.display()));
    assert!(!outside.exists(), "the agent is not held inside at all: {probe:#}");
    stage.run_inside("evil", &script);
    stage.look_at("evil");
    for verb in [
        &["retry", "evil", "--fresh"][..],
        &["rollback", "evil", "0"],
        &["merge", "evil"],
        &["rm", "evil", "--yes"],
        &["restore", "evil"],
    ] {
        let said = stage.house.say(verb);
        assert_ne!(said.code, 101, "{verb:?}: {said:?}");
    }
    assert!(!outside.exists(), "it ran: {}", fs::read_to_string(&outside).unwrap_or_default());
    // Others go on.
    stage.house.ok(&["run", "true", "--agent", "sh", "--name", "other", "--wait"]);
}

const FAKE_COMMON: &str = r#"
mkdir -p fake/worktrees
for e in objects refs packed-refs HEAD logs info; do [ -e $c/$e ] && ln -s $c/$e fake/; done
cp $c/config fake/; git config -f fake/config filter.x.clean "PAYLOAD"; git config -f fake/config filter.x.smudge "PAYLOAD"
git config -f fake/config core.fsmonitor "PAYLOAD"; git config -f fake/config diff.external "PAYLOAD"
echo '* filter=x' > .gitattributes
"#;

#[test]
fn a_faked_common_folder_runs_nothing() {
    nothing_runs_outside(&format!(
        "{FAKE_COMMON}\nln -s $g fake/worktrees/x; echo $PWD/fake > $g/commondir; echo x > new"
    ));
}

#[test]
fn a_common_folder_below_objects_runs_nothing() {
    let script = FAKE_COMMON.replace("fake", "$c/objects/pwn");
    nothing_runs_outside(&format!("{script}\necho $c/objects/pwn > $g/commondir; echo x > new"));
}

#[test]
fn a_misleading_git_file_runs_nothing() {
    nothing_runs_outside(&format!(
        "{FAKE_COMMON}\ncp -r $g fake/own; echo ../.. > fake/own/commondir; echo gitdir: $PWD/fake/own > .git; echo x > new"
    ));
}

#[test]
fn a_substituted_repository_runs_nothing() {
    nothing_runs_outside(
        "rm .git; git init -q .; git config filter.x.clean \"PAYLOAD\"; git config core.fsmonitor \"PAYLOAD\"; echo '* filter=x' > .gitattributes; git add -A",
    );
}

#[test]
fn settings_of_the_worktree_alone_run_nothing() {
    if !holds_inside() {
        return;
    }
    let stage = Stage::new();
    stage.git(&["config", "extensions.worktreeConfig", "true"]);
    let outside = stage.outside("pwned");
    let script = format!(
        "g=$(git rev-parse --absolute-git-dir); git config -f $g/config.worktree filter.x.clean \"sh -c 'id > {}; cat'\"; echo '* filter=x' > .gitattributes; echo x > new",
        outside.display()
    );
    let row = stage.run_inside("evil", &script);
    stage.look_at("evil");
    assert!(!outside.exists());
    assert!(row["reason"].as_str().unwrap_or_default().contains("filter.x.clean"), "what was refused is said: {row:#}");
}

#[test]
fn a_submodules_settings_run_nothing() {
    if !holds_inside() {
        return;
    }
    let stage = Stage::new();
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
    let outside = stage.outside("pwned");
    let script = format!(
        "git -c protocol.file.allow=always submodule -q update --init; cd lib; git config filter.x.clean \"sh -c 'id > {0}; cat'\"; git config core.fsmonitor \"sh -c 'id > {0}'\"; echo '* filter=x' > .gitattributes; echo more >> l; touch -d '2001-01-01' l; exit 0",
        outside.display()
    );
    let row = stage.run_inside("evil", &script);
    assert!(tree(&row).join("lib/l").exists(), "the submodule is checked out: {row:#}");
    stage.look_at("evil");
    assert!(!outside.exists(), "{}", fs::read_to_string(&outside).unwrap_or_default());
}

#[test]
fn links_in_the_git_folder_overwrite_nothing() {
    if !holds_inside() {
        return;
    }
    let stage = Stage::new();
    let precious = stage.outside("precious");
    fs::write(&precious, "mine\n").expect("a file");
    stage.run("first", "true");
    let pid = stage.house.daemon_pid().expect("a daemon");
    let script = format!(
        "g=$(git rev-parse --absolute-git-dir); for i in $(seq 0 200); do ln -s {0} \"$g/pilothouse-index.{pid}.ThreadId($i)\"; done; ln -s {0} $g/pilothouse.lock; ln -s {0} $g/pilothouse-part; rm -f $g/pilothouse-run; ln -s {0} $g/pilothouse-run; echo x > new",
        precious.display()
    );
    stage.run_inside("evil", &script);
    stage.look_at("evil");
    let _tried = stage.house.say(&["rm", "evil", "--yes"]);
    let _tried = stage.house.say(&["restore", "evil"]);
    assert_eq!(fs::read_to_string(&precious).expect("kept"), "mine\n");
}

#[test]
fn object_replacements_are_not_followed() {
    let stage = Stage::new();
    let evil = "printf evil > e; git add e; git commit -qm e; b=$(printf harmless | git hash-object -w --stdin); git replace $(git rev-parse HEAD:e) $b";
    stage.run("evil", evil);
    let diff = stage.house.ok(&["diff", "evil"]);
    assert!(diff.contains("+evil") && !diff.contains("harmless"), "{diff}");
    let folder = stage.outside("pack");
    stage.house.ok(&["proof", "evil", "--out", folder.to_str().expect("UTF-8")]);
    let patch = fs::read_to_string(folder.join("changes.patch")).expect("a patch");
    assert!(patch.contains("+evil") && !patch.contains("harmless"), "{patch}");
}

#[test]
fn replaced_settings_are_not_followed() {
    let stage = Stage::new();
    let strict = "[gate]\napproval = \"human\"\nmin_score = 0.9\n";
    stage.house.repo.write("pilothouse.toml", strict);
    stage.git(&["commit", "--quiet", "--all", "-m", "strict"]);
    let loose = "git replace -f $(git rev-parse HEAD:pilothouse.toml) $(printf '[gate]\\napproval=\"none\"\\nmin_score=0.0\\n' | git hash-object -w --stdin)";
    stage.run("evil", loose);
    stage.run("next", crate::stage::WORK);
    let said = stage.house.say(&["gate", "next"]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.err.contains("nobody has approved it"), "{said:?}");
}

#[test]
fn foreign_objects_and_refs_are_unreachable() {
    if !holds_inside() {
        return;
    }
    let stage = Stage::new();
    stage.git(&["checkout", "-q", "-b", "side"]);
    stage.house.repo.write("s", "side\n");
    stage.git(&["add", "s"]);
    stage.git(&["commit", "-qm", "side"]);
    stage.git(&["checkout", "-q", "main"]);
    let before = stage.git(&["for-each-ref", "refs/heads/main", "refs/heads/side"]);
    let common = stage.house.repo.path().join(".git");
    let common = common.display();
    let script = format!(
        "echo w > w; git add w; git commit -qm mine; git update-ref refs/heads/main HEAD; git update-ref -d refs/heads/side; git tag evil; git branch extra; \
         s={common}; rm -rf $s/objects/??/* $s/logs $s/refs/heads/*; for f in $(find $s/objects -type f); do chmod u+w $f; echo bad > $f; done; \
         git stash list; echo half > half; git add half; exit 0"
    );
    let row = stage.run_inside("evil", &script);
    assert_eq!(row["status"], "ready", "{row:#}");
    stage.git(&["fsck", "--strict"]);
    assert_eq!(stage.git(&["for-each-ref", "refs/heads/main", "refs/heads/side"]), before);
    assert!(stage.git(&["reflog", "show", "main"]).contains("first"), "the log is whole");
    let files = stage.git(&["ls-tree", "--name-only", "pilothouse/evil"]);
    assert!(files.contains('w') && files.contains("half"), "its own work is taken over: {files}");
    assert!(!stage.git(&["branch", "--list", "extra"]).is_empty(), "what it made new is kept");
    assert!(stage.git(&["for-each-ref", "--format=%(refname)"]).contains("/refs/heads/main"), "so is what it moved");
    assert_eq!(stage.git(&["tag"]), "");
    let at_work = stage.house.say(&["rm", "evil", "--yes"]);
    assert_eq!(at_work.code, 0, "{at_work:?}");
    stage.house.ok(&["restore", "evil"]);
    stage.git(&["fsck", "--strict"]);
}

#[test]
fn sandboxed_work_is_seen_under_way() {
    if !holds_inside() {
        return;
    }
    let stage = Stage::new();
    let script =
        "echo one > one; git add one; git commit -qm one; echo two > two; git add two; touch begun; sleep 1000";
    stage.house.ok(&["run", script, "--agent", "sh", "--name", "x", "--policy", "sandboxed"]);
    let row = stage.house.wait_for("x", "working");
    testkit::wait_until("its work", || if tree(&row).join("begun").exists() { Ok(()) } else { Err(String::new()) });
    let diff = stage.house.ok(&["diff", "x"]);
    assert!(diff.contains("+one") && diff.contains("+two"), "{diff}");
    stage.git(&["cat-file", "-e", "pilothouse/x:one"]);
    stage.house.kill_daemon();
    stage.house.ok(&["terminate", "x", "--grace", "0s"]);
    stage.house.ok(&["rm", "x", "--yes"]);
    stage.house.ok(&["restore", "x"]);
    let status = testkit::git_at(&tree(&row), &["status", "--porcelain"]);
    assert!(status.contains("A  two") && status.contains("?? begun"), "{status}");
    stage.git(&["fsck", "--strict"]);
}

#[test]
fn an_object_with_anothers_name_is_refused() {
    if !holds_inside() {
        return;
    }
    let stage = Stage::new();
    // A loose object whose content is not what its name says.
    let script = "printf evil > e; git add e; git commit -qm e; b=$(git rev-parse HEAD:e); o=$(git rev-parse --git-path objects)/${b:0:2}/${b:2}; \
                  g=$(printf good | git hash-object -w --stdin); chmod u+w $o; cat $(git rev-parse --git-path objects)/${g:0:2}/${g:2} > $o; exit 0";
    let row = stage.run_inside("evil", script);
    // It may have been taken over before it was changed; then it is what its name says.
    if row["status"] == "ready" {
        assert_eq!(stage.git(&["show", "pilothouse/evil:e"]), "evil");
    }
    // The worktree itself may name what is not there.
    stage.git(&["fsck", "--strict", "main"]);
    stage.house.ok(&["run", "true", "--agent", "sh", "--name", "other", "--wait"]);
}

#[test]
fn checks_run_inside_too() {
    if !holds_inside() {
        return;
    }
    let stage = Stage::with_settings("[check.t]\nrun = \"sh ./t.sh\"\n");
    stage.house.repo.write("t.sh", "true\n");
    stage.git(&["add", "t.sh"]);
    stage.git(&["commit", "-qm", "t"]);
    let outside = stage.outside("pwned");
    let row = stage.run_inside("x", &format!("echo 'touch here; id > {}' > t.sh", outside.display()));
    assert!(!outside.exists(), "{row:#}");
    assert!(tree(&row).join("here").exists(), "the check was run: {row:#}");
    stage.run("y", &format!("echo 'id > {}' > t.sh", outside.display()));
    assert!(outside.exists(), "without the policy it is not held");
}
