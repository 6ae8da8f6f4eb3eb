//! A checkpoint keeps the whole worktree without touching index or branch, and the way back loses nothing.

mod everything;
mod place;

use std::fs;
use std::path::{Path, PathBuf};

use everything::everything;
use place::{Place, git, write};
use worktrees::{CheckpointName, Repository};

fn with_worktree() -> (Place, Repository, PathBuf) {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    let made = repo.create(&place.new_worktree("one")).expect("a worktree");
    (place, repo, made.path)
}

fn name(path: &Path, n: u32) -> CheckpointName<'_> {
    CheckpointName { path, run: "abc234", n }
}

#[test]
fn a_checkpoint_has_untracked_files_and_leaves_index_and_branch_alone() {
    let (_place, repo, path) = with_worktree();
    write(&path.join("dir0/file0"), "changed\n");
    write(&path.join("new/deep"), "untracked\n");
    write(&path.join("ignored"), "not part of it\n");
    fs::remove_file(path.join("dir1/file1")).expect("removable");
    write(&path.join("staged"), "one\n");
    git(&path, &["add", "staged"]);
    write(&path.join("staged"), "two\n");
    let before = git(&path, &["status", "--porcelain=v2", "--untracked-files=all"]);
    let head = git(&path, &["rev-parse", "HEAD"]);

    let saved = repo.save_checkpoint(&name(&path, 0), "for the test").expect("saved");

    assert_eq!(git(&path, &["status", "--porcelain=v2", "--untracked-files=all"]), before);
    assert_eq!(git(&path, &["rev-parse", "pilothouse/one"]), head);
    assert_eq!(saved.head, head.trim());
    let show = |file: &str| git(&path, &["show", &format!("refs/pilothouse/abc234/0:{file}")]);
    assert_eq!(
        (show("dir0/file0"), show("new/deep"), show("staged")),
        ("changed\n".into(), "untracked\n".into(), "two\n".into())
    );
    let listed = git(&path, &["ls-tree", "-r", "--name-only", "refs/pilothouse/abc234/0"]);
    assert!(!listed.contains("ignored\n") || listed.contains(".gitignore"), "{listed}");
    assert!(!listed.lines().any(|l| l == "ignored" || l == "dir1/file1"), "{listed}");
}

#[test]
fn saving_again_gives_the_first_one() {
    let (_place, repo, path) = with_worktree();
    let first = repo.save_checkpoint(&name(&path, 3), "first").expect("saved");
    write(&path.join("later"), "later\n");
    assert_eq!(repo.save_checkpoint(&name(&path, 3), "again").expect("known"), first);
}

#[test]
fn files_hidden_from_git_by_flags_are_kept_too() {
    let (_place, repo, path) = with_worktree();
    git(&path, &["update-index", "--assume-unchanged", "dir0/file0"]);
    git(&path, &["update-index", "--skip-worktree", "dir1/file1"]);
    write(&path.join("dir0/file0"), "hidden one\n");
    write(&path.join("dir1/file1"), "hidden two\n");
    repo.save_checkpoint(&name(&path, 0), "flags").expect("saved");
    assert_eq!(git(&path, &["show", "refs/pilothouse/abc234/0:dir0/file0"]), "hidden one\n");
    assert_eq!(git(&path, &["show", "refs/pilothouse/abc234/0:dir1/file1"]), "hidden two\n");
}

#[test]
fn going_back_and_forth_loses_nothing() {
    let (_place, repo, path) = with_worktree();
    write(&path.join("early"), "untracked early\n");
    repo.save_checkpoint(&name(&path, 0), "early").expect("saved");
    let early = everything(&path);
    let base = git(&path, &["rev-parse", "HEAD"]);

    write(&path.join("dir0/file0"), "committed\n");
    git(&path, &["add", "--all"]);
    git(&path, &["-c", "user.name=T", "-c", "user.email=t@t", "commit", "--quiet", "-m", "work"]);
    write(&path.join("late dir/new file"), "untracked late\n");
    fs::remove_file(path.join("dir2/file2")).expect("removable");
    std::os::unix::fs::symlink("nowhere", path.join("link")).expect("a link");
    let tip = git(&path, &["rev-parse", "HEAD"]);
    write(&path.join("ignored"), "stays\n");
    let late = everything(&path);
    repo.save_checkpoint(&name(&path, 1), "late").expect("saved");

    let head = repo.restore_checkpoint(&name(&path, 0), "pilothouse/one").expect("back");
    assert_eq!(head, base.trim());
    let with_ignored = |mut files: Vec<(PathBuf, String)>| {
        files.push((
            PathBuf::from("ignored"),
            late.iter().find(|f| f.0 == Path::new("ignored")).expect("there").1.clone(),
        ));
        files.sort();
        files
    };
    assert_eq!(everything(&path), with_ignored(early));
    assert_eq!(git(&path, &["rev-parse", "pilothouse/one"]), base);
    assert_eq!(git(&path, &["status", "--porcelain"]), "?? early\n");

    let head = repo.restore_checkpoint(&name(&path, 1), "pilothouse/one").expect("forth");
    assert_eq!(head, tip.trim());
    assert_eq!(everything(&path), late);
    assert_eq!(git(&path, &["symbolic-ref", "HEAD"]), "refs/heads/pilothouse/one\n");
}

#[test]
fn a_merge_that_was_under_way_ends_with_the_way_back() {
    let (_place, repo, path) = with_worktree();
    repo.save_checkpoint(&name(&path, 0), "before").expect("saved");
    let commit = |text: &str| {
        write(&path.join("dir0/file0"), text);
        git(&path, &["-c", "user.name=T", "-c", "user.email=t@t", "commit", "--quiet", "-am", "x"]);
    };
    git(&path, &["branch", "side"]);
    commit("one way\n");
    git(&path, &["checkout", "--quiet", "side"]);
    commit("another way\n");
    git(&path, &["checkout", "--quiet", "pilothouse/one"]);
    let merged = std::process::Command::new("git").arg("-C").arg(&path).args(["merge", "side"]).output().expect("git");
    assert!(!merged.status.success(), "it was to conflict");
    let conflicted = fs::read_to_string(path.join("dir0/file0")).expect("text");
    repo.save_checkpoint(&name(&path, 1), "in the middle").expect("saved");
    assert_eq!(git(&path, &["show", "refs/pilothouse/abc234/1:dir0/file0"]), conflicted);
    repo.restore_checkpoint(&name(&path, 0), "pilothouse/one").expect("back");
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    assert!(git(&path, &["status"]).contains("nothing to commit"));
}

#[test]
fn what_became_ignored_is_kept_before_it_is_overwritten() {
    let (_place, repo, path) = with_worktree();
    write(&path.join("notes"), "old notes\n");
    repo.save_checkpoint(&name(&path, 0), "notes are untracked").expect("saved");
    write(&path.join(".gitignore"), "ignored\nnotes\n");
    write(&path.join("notes"), "precious new notes\n");
    repo.save_checkpoint(&name(&path, 1), "notes are ignored").expect("saved");
    repo.restore_checkpoint(&name(&path, 0), "pilothouse/one").expect("back");
    assert_eq!(fs::read_to_string(path.join("notes")).expect("text"), "old notes\n");
    let kept = git(&path, &["for-each-ref", "--format=%(refname)", "refs/pilothouse/abc234/"]);
    let kept = kept.lines().find(|name| name.contains("overwritten-")).expect("a ref");
    assert_eq!(git(&path, &["show", &format!("{kept}:notes")]), "precious new notes\n");
}
