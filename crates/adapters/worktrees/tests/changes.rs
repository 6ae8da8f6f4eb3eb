//! What a worktree holds that its base does not, and committing it.

mod place;

use std::fs;
use std::path::Path;
use std::process::Command;

use place::{Place, git, write};
use worktrees::{Dirt, Leftovers, WorktreeError};

// And the index is not written.
/// Changes of every kind; gix and git must count them alike.
#[test]
fn gix_counts_dirt_as_git_does() {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    let new = place.new_worktree("dirty");
    repo.create(&new).expect("made");
    let at = |name: &str| new.path.join(name);
    assert!(repo.dirt(&new.path).expect("readable").is_clean());
    write(&at("dir0/file0"), "changed\n");
    write(&at("dir1/file1"), "staged\n");
    git(&new.path, &["add", "dir1/file1"]);
    write(&at("dir1/file1"), "staged and changed again\n");
    git(&new.path, &["rm", "--quiet", "dir2/file2"]);
    fs::remove_file(at("dir0/file3")).expect("removable");
    git(&new.path, &["mv", "dir1/file4", "dir1/renamed"]);
    write(&at("untracked one"), "x\n");
    write(&at("deep/er/untracked"), "y\nz\n");
    write(&at("ignored"), "not counted\n");
    fs::set_permissions(at("dir0/file6"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("settable");
    std::os::unix::fs::symlink("/etc/passwd", at("link out")).expect("a link");
    let index = Path::new(git(&new.path, &["rev-parse", "--absolute-git-dir"]).trim()).join("index");
    let before =
        (fs::read(&index).expect("an index"), fs::metadata(&index).expect("an index").modified().expect("a time"));
    let dirt = repo.dirt(&new.path).expect("readable");
    // Changed: file0, file1, file2, file3, file4 (gone), renamed, file6; untracked: two files and the link.
    assert_eq!(dirt, Dirt { changed: 7, untracked: 3 });
    let after =
        (fs::read(&index).expect("an index"), fs::metadata(&index).expect("an index").modified().expect("a time"));
    assert_eq!(before, after, "an agent's index is never written");
    let porcelain = git(&new.path, &["status", "--porcelain", "--untracked-files=all", "--no-renames"]);
    let untracked = porcelain.lines().filter(|l| l.starts_with("??")).count();
    assert_eq!((porcelain.lines().count() - untracked, untracked), (7, 3), "{porcelain}");
}

#[test]
fn a_sparse_index_is_read_by_git() {
    let place = Place::with_commits(&[]);
    place.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "dir1"]);
    place.write("dir1/file1", "changed\n");
    assert_eq!(place.find().dirt(&place.repo()).expect("readable"), Dirt { changed: 1, untracked: 0 });
}

#[test]
fn changes_count_all_work_since_merge_base() {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    let new = place.new_worktree("work");
    repo.create(&new).expect("made");
    let base = new.commit.clone();
    assert_eq!(repo.changes(&new.path, &base).expect("readable"), worktrees::WorkChanges::default());
    write(&new.path.join("dir0/file0"), "one\ntwo\nthree\nfour\n");
    write(&new.path.join("new.txt"), "a\nb\nno newline");
    let counted = |base: &str| {
        let c = repo.changes(&new.path, base).expect("readable");
        (c.files, c.added, c.removed)
    };
    assert_eq!(counted(&base), (2, 4, 0));
    git(&new.path, &["add", "--all"]);
    git(&new.path, &["commit", "--quiet", "-m", "work"]);
    assert_eq!(counted(&base), (2, 4, 0), "committed work counts the same");
    fs::remove_file(new.path.join("dir1/file1")).expect("removable");
    assert_eq!(counted(&base), (3, 4, 3));
    // The base moves on: what others did there is not this run's change.
    place.write("dir2/file2", "others\n");
    place.git(&["commit", "--quiet", "--all", "-m", "others"]);
    let moved = place.git(&["rev-parse", "main"]).trim().to_owned();
    assert_eq!(counted(&moved), (3, 4, 3));
    let head = repo.head(&new.path).expect("a head");
    assert_eq!(repo.ahead_behind(&head, &moved).expect("counted"), (1, 1));
}

#[test]
fn leftovers_are_committed_once_without_hooks() {
    let place = Place::with_commits(&[]);
    let hook = place.repo().join(".git/hooks/pre-commit");
    write(&hook, "#!/bin/sh\nexit 1\n");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("settable");
    let repo = place.find();
    let new = place.new_worktree("left");
    repo.create(&new).expect("made");
    write(&new.path.join("-rf"), "a name like an option\n");
    write(&new.path.join("ignored"), "stays\n");
    let left = Leftovers { path: &new.path, branch: &new.branch, subject: "what was left", run: "abc234" };
    let first = repo.commit_leftovers(&left).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(first.files, 1);
    assert_eq!(
        git(&new.path, &["log", "-1", "--format=%an %s %(trailers:key=Pilothouse-Run,valueonly)"]).trim(),
        "Test what was left abc234"
    );
    let again = repo.commit_leftovers(&left).expect("nothing to do");
    assert_eq!((again.head, again.files), (first.head, 0));
    assert!(new.path.join("ignored").exists());
    git(&new.path, &["checkout", "--quiet", "-b", "elsewhere"]);
    let error = repo.commit_leftovers(&left).expect_err("another branch");
    assert!(error.to_string().contains("elsewhere"), "{error}");
}

#[test]
fn a_merge_under_way_is_not_committed() {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    let new = place.new_worktree("merging");
    repo.create(&new).expect("made");
    write(&new.path.join("dir0/file0"), "ours\n");
    git(&new.path, &["commit", "--quiet", "--all", "-m", "ours"]);
    place.write("dir0/file0", "theirs\n");
    place.git(&["commit", "--quiet", "--all", "-m", "theirs"]);
    let merge = Command::new("git").arg("-C").arg(&new.path).args(["merge", "main"]).output().expect("git");
    assert!(!merge.status.success(), "a conflict was expected");
    let left = Leftovers { path: &new.path, branch: &new.branch, subject: "left", run: "abc234" };
    assert!(matches!(repo.commit_leftovers(&left), Err(WorktreeError::InProgress { what: "merge", .. })));
}

#[test]
fn who_commits_must_be_known() {
    let place = Place::with_commits(&[]);
    place.find().check_identity().expect("set in the repository");
    place.git(&["config", "--unset", "user.email"]);
    place.git(&["config", "user.useConfigOnly", "true"]);
    let known_elsewhere =
        Command::new("git").args(["config", "--global", "user.email"]).output().expect("git").status.success();
    let said = place.find().check_identity();
    assert_eq!(said.is_ok(), known_elsewhere || std::env::var_os("GIT_COMMITTER_EMAIL").is_some(), "{said:?}");
}
