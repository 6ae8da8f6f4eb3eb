//! What `pilothouse diff` gives a program, and whether git makes the same files of it.

use std::io::Write;
use std::process::{Command, Stdio};

use testkit::{Repo, git_at};

use super::stage::{Stage, tree};

/// Files of every kind that a patch must carry, and the ways in which it changes one.
const SCRIPT: &str = r#"
printf 'all:\n\techo hi\n' > Makefile
printf 'one\r\ntwo\r\n' > windows.txt
printf 'a\000b\377' > binary
printf 'gr\374n\n' > latin1.txt
printf 'no newline' > short
printf 'if a != "user\342\200\256 \342\201\246// admin" {\033[8m\n' > trojan.c
chmod +x src/a
git mv src/b src/c
ln -s /etc/passwd link
printf 'x\n' > "$(printf 'odd "name"\twith tab')"
printf 'y\n' > "ümlaut"
: > empty
"#;

fn diff(stage: &Stage, words: &[&str]) -> Vec<u8> {
    let said = stage.house.command(words).output().expect("it runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    said.stdout
}

/// The tree that the patch makes of the commit the run began at.
fn applied(stage: &Stage, patch: &[u8]) -> String {
    let there = Repo::empty();
    let from = stage.house.repo.path();
    git_at(&there.path(), &["fetch", "--quiet", &from.display().to_string(), "main"]);
    git_at(&there.path(), &["checkout", "--quiet", "--force", "FETCH_HEAD"]);
    let mut apply = Command::new("git");
    apply.arg("-C").arg(there.path()).args(["apply", "--index", "--whitespace=nowarn", "-"]);
    let mut apply = apply.stdin(Stdio::piped()).spawn().expect("git");
    apply.stdin.take().expect("its input").write_all(patch).expect("it reads");
    assert!(apply.wait().expect("it ends").success(), "{}", String::from_utf8_lossy(patch));
    git_at(&there.path(), &["write-tree"])
}

#[test]
fn a_piped_patch_gives_every_file() {
    let stage = Stage::new();
    // What a person likes to read is no matter of a patch.
    for (key, value) in [("diff.noprefix", "true"), ("diff.renames", "copies"), ("color.ui", "always")] {
        stage.git(&["config", key, value]);
    }
    let row = stage.run("x", SCRIPT);
    let patch = diff(&stage, &["diff", "x"]);
    assert_eq!(applied(&stage, &patch), git_at(&tree(&row), &["rev-parse", "HEAD^{tree}"]));
    let text = String::from_utf8_lossy(&patch);
    assert!(text.contains("+\techo hi") && text.contains("+one\r\n") && text.contains('\u{202e}'), "{text}");
    // What is in no commit yet is in it as well.
    std::fs::write(tree(&row).join("latin2"), b"\xfc\t\r\n\0").expect("written");
    std::fs::write(tree(&row).join("src/c"), b"\xfc\t\r\n").expect("written");
    let patch = diff(&stage, &["diff", "x"]);
    git_at(&tree(&row), &["add", "--all"]);
    assert_eq!(applied(&stage, &patch), git_at(&tree(&row), &["write-tree"]));
}

#[test]
fn a_patchs_omissions_are_told_beside() {
    let stage = Stage::new();
    let script = "echo x > x; git init -q inner; echo y > inner/y; git -C inner add y; git -C inner commit -qm y";
    stage.run("x", script);
    let said = stage.house.say(&["diff", "x"]);
    assert!(said.err.contains("not in it: inner/ is a repository of its own"), "{said:?}");
    assert!(said.out.starts_with("diff --git a/x b/x\n") && !said.out.contains("inner"), "{said:?}");
}

#[test]
fn rows_diff_and_summary_count_alike() {
    let stage = Stage::new();
    let row = stage.run("x", SCRIPT);
    let stat = String::from_utf8(diff(&stage, &["diff", "x", "--stat"])).expect("text");
    let files = stat.lines().count() - 1;
    assert_eq!(row["changes"]["files"], files, "{stat}");
    let proof = stage.house.json(&["proof", "x", "--json"]);
    let path = proof["path"].as_str().or_else(|| proof["folder"].as_str()).unwrap_or_else(|| panic!("{proof}"));
    let summary = std::fs::read_to_string(std::path::Path::new(path).join("summary.md")).expect("a summary");
    assert!(summary.contains(&format!("{files} files")), "{summary}");
}
