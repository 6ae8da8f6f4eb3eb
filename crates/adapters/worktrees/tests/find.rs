//! Finding repositories and listing their worktrees, in every shape that people have.

mod place;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use place::{Place, write};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use worktrees::{Dirt, Leftovers, Repository, WorktreeError};

#[test]
fn an_unusable_repository_is_refused() {
    let place = Place::new();
    assert!(matches!(Repository::find(&place.repo()), Err(WorktreeError::NotARepository(_))));
    assert!(matches!(Repository::find(&place.path().join("gone")), Err(WorktreeError::Io { .. })));
    place.git(&["init", "--quiet", "--bare"]);
    assert!(matches!(Repository::find(&place.repo()), Err(WorktreeError::Bare(_))));
    let place = Place::new();
    place.git(&["init", "--quiet"]);
    let empty = place.find();
    assert!(matches!(empty.resolve("HEAD"), Err(WorktreeError::NoCommits(_))));
    assert_eq!(empty.worktrees().expect("a list").len(), 1);
}

#[test]
fn a_missing_base_is_named() {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    let error = repo.resolve("no-such").expect_err("there is none");
    assert!(error.to_string().contains("no-such"), "{error}");
    for strange in ["-x", "--all", "a;rm", "HEAD~99", ""] {
        assert!(matches!(repo.resolve(strange), Err(WorktreeError::MissingBase(_))), "{strange:?}");
    }
}

#[test]
fn a_repository_of_another_user_is_refused() {
    if !rustix::process::getuid().is_root() {
        // Only root can give a folder away; others can't make this case at all.
        return;
    }
    let place = Place::with_commits(&[]);
    let give = Command::new("chown").args(["-R", "12345"]).arg(place.repo()).status().expect("chown");
    assert!(give.success());
    let found = Repository::find(&place.repo());
    assert!(matches!(found, Err(WorktreeError::ForeignOwner { .. })), "{found:?}");
}

#[test]
fn a_repository_is_found_from_any_worktree() {
    let place = Place::with_commits(&[]);
    let tree = place.path().join("tree");
    place.git(&["worktree", "add", "--quiet", "-b", "other", tree.to_str().expect("UTF-8")]);
    for folder in [place.repo(), place.repo().join("dir1"), tree.clone(), tree.join("dir2")] {
        let found = Repository::find(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        assert_eq!(found.main(), place.repo(), "{}", folder.display());
    }
}

/// Worktrees of every kind: plain, detached, locked, gone, with a space, a newline and invalid UTF-8 in the path.
fn zoo(options: &[&str]) -> Place {
    let place = Place::with_commits(options);
    let add = |path: &Path, words: &[&str]| {
        let status = Command::new("git")
            .arg("-C")
            .arg(place.repo())
            .args(["worktree", "add", "--quiet"])
            .args(words)
            .arg(path)
            .status()
            .expect("git");
        assert!(status.success(), "{}", path.display());
    };
    add(&place.path().join("plain"), &["-b", "plain"]);
    add(&place.path().join("de tached"), &["--detach"]);
    add(&place.path().join("locked"), &["-b", "feat/a", "--lock", "--reason", "my own reason"]);
    add(&place.path().join("new\nline"), &["-b", "newline"]);
    add(&place.path().join(OsStr::from_bytes(b"not \xff utf8")), &["-b", "bytes"]);
    add(&place.path().join("gone"), &["-b", "gone"]);
    fs::remove_dir_all(place.path().join("gone")).expect("removable");
    add(&place.path().join("locked gone"), &["-b", "locked-gone", "--lock"]);
    fs::remove_dir_all(place.path().join("locked gone")).expect("removable");
    add(&place.path().join(".claude/worktrees/agent-1"), &["-b", "claude-one"]);
    place
}

#[test]
fn all_worktrees_are_listed_whatever_they_are() {
    let place = zoo(&[]);
    let all = place.find().worktrees().expect("a list");
    assert_eq!(all.len(), 9);
    let by = |name: &[u8]| {
        let path = place.path().join(OsStr::from_bytes(name));
        all.iter().find(|w| w.path == path).unwrap_or_else(|| panic!("{} is not in {all:#?}", path.display()))
    };
    assert!(all[0].main && all[0].path == place.repo());
    assert_eq!(by(b"plain").branch.as_deref(), Some("plain"));
    assert!(by(b"de tached").detached && by(b"de tached").branch.is_none() && by(b"de tached").head.is_some());
    assert_eq!(by(b"locked").locked.as_deref(), Some("my own reason"));
    assert_eq!(by(b"locked").branch.as_deref(), Some("feat/a"));
    assert_eq!(by(b"new\nline").branch.as_deref(), Some("newline"));
    assert_eq!(by(b"not \xff utf8").branch.as_deref(), Some("bytes"));
    assert!(by(b"gone").prunable && !by(b"plain").prunable);
    assert!(!by(b"locked gone").prunable, "git prunes nothing that is locked");
    assert!(all.iter().all(|w| w.is_foreign() && w.run().is_none()));
    assert_eq!(by(b".claude/worktrees/agent-1").owner(), Some("claude"));
}

#[test]
fn reftable_repositories_read_the_same() {
    let temp = tempfile::tempdir().expect("a folder");
    let known =
        Command::new("git").args(["init", "--quiet", "--ref-format=reftable"]).current_dir(temp.path()).output();
    if !known.expect("git").status.success() {
        // git has reftable since 2.45; an older one has no such repositories to read.
        return;
    }
    let place = zoo(&["--ref-format=reftable"]);
    let repo = place.find();
    let all = repo.worktrees().expect("a list");
    assert_eq!(all.len(), 9);
    let plain = zoo(&[]);
    let shape = |place: &Place, all: &[worktrees::Worktree]| -> Vec<_> {
        let of = |w: &worktrees::Worktree| {
            let path = w.path.strip_prefix(place.path()).expect("below").to_owned();
            (path, w.branch.clone(), w.detached, w.locked.clone(), w.prunable, w.main)
        };
        all.iter().map(of).collect()
    };
    assert_eq!(shape(&place, &all), shape(&plain, &plain.find().worktrees().expect("a list")));
    let head = repo.resolve("main").expect("a commit");
    assert_eq!(repo.current_branch(repo.main()).expect("a branch"), "main");
    let new = place.new_worktree("a");
    repo.create(&new).expect("made");
    write(&new.path.join("dir0/file0"), "one\ntwo\n");
    assert_eq!(repo.dirt(&new.path).expect("readable"), Dirt { changed: 1, untracked: 0 });
    let changes = repo.changes(&new.path, &head).expect("readable");
    assert_eq!((changes.files, changes.added, changes.removed), (1, 0, 1));
    let left = Leftovers { path: &new.path, branch: &new.branch, subject: "left", run: "abc234" };
    let done = repo.commit_leftovers(&left).expect("committed");
    assert_eq!(repo.ahead_behind(&done.head, &head).expect("counted"), (1, 0));
    assert_eq!(repo.branches_below("pilothouse/").expect("names").into_iter().collect::<Vec<_>>(), ["a"]);
}

/// Makes a pipe, which whoever reads it waits for.
fn pipe(path: &Path) {
    let _nothing_there = fs::remove_file(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
}

fn refused(folder: &Path) -> String {
    Repository::find(folder).map(drop).expect_err("it is named").to_string()
}

#[test]
fn pipes_in_a_git_folder_are_named() {
    let opened = [
        "HEAD",
        "config",
        "packed-refs",
        "commondir",
        "shallow",
        "index",
        "info/attributes",
        "info/exclude",
        "objects/info/alternates",
    ];
    for name in opened {
        let place = Place::with_commits(&[]);
        pipe(&place.repo().join(".git").join(name));
        let said = refused(&place.repo().join("dir1"));
        assert!(said.contains(&format!(".git/{name}")) && said.contains("take it away"), "{name}: {said}");
    }
    let place = Place::new();
    pipe(&place.repo().join(".git"));
    assert!(refused(&place.repo()).contains("shop/.git"));
}

#[test]
fn a_linked_worktrees_common_folder_is_checked() {
    let place = Place::with_commits(&[]);
    let linked = place.path().join("linked");
    place.git(&["worktree", "add", "-q", linked.to_str().expect("UTF-8")]);
    assert!(Repository::find(&linked).is_ok());
    pipe(&place.repo().join(".git/config"));
    assert!(refused(&linked).contains(".git/config"));
}

#[test]
fn a_bare_repository_is_looked_at_too() {
    let place = Place::new();
    place.git(&["init", "--quiet", "--bare"]);
    pipe(&place.repo().join("packed-refs"));
    assert!(refused(&place.repo()).contains("packed-refs"));
}
