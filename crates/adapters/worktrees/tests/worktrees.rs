//! Real repositories in every shape that people have.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use worktrees::{Created, Dirt, Leftovers, NewWorktree, Probe, Repository, WorktreeError};

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a folder") };
        fs::create_dir(place.repo()).expect("a folder");
        place
    }

    /// A repository with some commits and files on `main`.
    fn with_commits(options: &[&str]) -> Self {
        let place = Self::new();
        let mut words = vec!["init", "--quiet", "--initial-branch=main"];
        words.extend(options);
        place.git(&words);
        place.git(&["config", "user.name", "Test"]);
        place.git(&["config", "user.email", "test@localhost"]);
        for n in 0..30 {
            place.write(&format!("dir{}/file{n}", n % 3), "one\ntwo\nthree\n");
        }
        place.write(".gitignore", "ignored\n");
        place.git(&["add", "--all"]);
        place.git(&["commit", "--quiet", "-m", "first"]);
        place
    }

    fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("the folder")
    }

    fn repo(&self) -> PathBuf {
        self.path().join("shop")
    }

    fn write(&self, name: &str, text: &str) {
        write(&self.repo().join(name), text);
    }

    fn git(&self, words: &[&str]) -> String {
        git(&self.repo(), words)
    }

    fn find(&self) -> Repository {
        Repository::find(&self.repo()).unwrap_or_else(|e| panic!("{e}"))
    }

    fn new_worktree(&self, name: &str) -> NewWorktree {
        NewWorktree {
            path: self.path().join("trees").join(name),
            branch: format!("pilothouse/{name}"),
            commit: self.git(&["rev-parse", "HEAD"]).trim().to_owned(),
            run: "abc234".to_owned(),
        }
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn git(folder: &Path, words: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(folder).args(words).output().expect("git");
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Branches, worktrees and folders, to see that nothing was left behind.
fn traces(place: &Place) -> String {
    let mut folders: Vec<_> = walk(&place.path()).into_iter().filter(|p| !p.starts_with(place.repo())).collect();
    folders.sort();
    let lists = [&["branch", "--all"][..], &["worktree", "list", "--porcelain"], &["config", "--list", "--local"]];
    format!("{folders:?}{}", lists.map(|words| place.git(words)).concat())
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("readable").map(|e| e.expect("an entry").path());
    entries
        .flat_map(|p| if p.is_dir() && !p.is_symlink() { [vec![p.clone()], walk(&p)].concat() } else { vec![p] })
        .collect()
}

#[test]
fn what_is_no_usable_repository_is_said_to_be_so() {
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
fn a_base_that_is_not_there_is_named() {
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
fn the_repository_is_found_from_any_folder_of_any_worktree() {
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
fn reftable_repositories_are_read_by_git_and_give_the_same() {
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
    assert_eq!(repo.current_branch().expect("a branch"), "main");
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

#[test]
fn a_worktree_is_made_whole_with_its_branch_and_our_lock() {
    let place = Place::with_commits(&[]);
    let new = place.new_worktree("fix-login");
    let Created { path, head } = place.find().create(&new).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((path.as_path(), head.as_str()), (new.path.as_path(), new.commit.as_str()));
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    assert_eq!(fs::read_to_string(path.join("dir1/file1")).expect("a file"), "one\ntwo\nthree\n");
    let listed = place.find().worktrees().expect("a list");
    let ours = listed.iter().find(|w| w.path == path).expect("listed");
    assert_eq!((ours.run(), ours.is_foreign()), (Some("abc234"), false));
    let config = place.git(&["config", "--list", "--local"]);
    assert!(!config.contains("branch.pilothouse"), "the branch tracks nothing: {config}");
}

#[test]
fn what_is_in_the_way_is_named_and_nothing_is_left() {
    let place = Place::with_commits(&[]);
    place.git(&["branch", "pilothouse/taken"]);
    place.git(&["branch", "pilothouse/dir/below"]);
    fs::create_dir_all(place.path().join("trees")).expect("a folder");
    write(&place.path().join("trees/full/mine.txt"), "precious");
    std::os::unix::fs::symlink(place.repo(), place.path().join("trees/link")).expect("a link");
    let repo = place.find();
    let before = traces(&place);
    for (name, expected) in [
        ("taken", "pilothouse/taken exists already"),
        ("full", "is not empty"),
        ("link", "is not empty"),
        ("dir", "pilothouse/dir"),
    ] {
        let error = repo.create(&place.new_worktree(name)).expect_err(name);
        assert!(error.to_string().contains(expected), "{name}: {error}");
        assert_eq!(traces(&place), before, "{name}");
    }
    let missing = NewWorktree { commit: "1".repeat(40), ..place.new_worktree("nowhere") };
    assert!(repo.create(&missing).is_err());
    assert_eq!(traces(&place), before, "a commit that is not there");
    assert_eq!(fs::read_to_string(place.path().join("trees/full/mine.txt")).expect("kept"), "precious");
}

#[test]
fn a_checkout_that_fails_is_undone_with_its_branch_and_folders() {
    let place = Place::with_commits(&[]);
    // A filter that fails makes git refuse the checkout half-way.
    place.write(".gitattributes", "dir2/* filter=broken\n");
    place.git(&["add", "--all"]);
    place.git(&["commit", "--quiet", "-m", "attributes"]);
    place.git(&["config", "filter.broken.smudge", "false"]);
    place.git(&["config", "filter.broken.required", "true"]);
    let before = traces(&place);
    let error = place.find().create(&place.new_worktree("half")).expect_err("it can't be checked out");
    assert!(error.to_string().contains("broken"), "{error}");
    assert_eq!(traces(&place), before);
    place.git(&["config", "filter.broken.smudge", "cat"]);
    place.find().create(&place.new_worktree("half")).expect("the second try is not in the way of the first");
}

#[test]
fn sixteen_at_the_same_moment_all_succeed() {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|n| {
                let (repo, new) = (&repo, place.new_worktree(&format!("run-{n}")));
                scope.spawn(move || repo.create(&new).map(|created| git(&created.path, &["status", "--porcelain"])))
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().expect("no panic").unwrap_or_else(|e| panic!("{e}")), "");
        }
    });
    assert_eq!(repo.worktrees().expect("a list").len(), 17);
}

#[test]
fn an_interrupted_creation_is_found_and_completed_or_left_to_its_owner() {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    let new = place.new_worktree("cut");
    assert_eq!(repo.probe(&new).expect("readable"), Probe::Not);
    repo.create(&new).expect("made");
    // As if the daemon and its git had died in the middle of the checkout.
    fs::remove_dir_all(new.path.join("dir1")).expect("removable");
    let git_dir = git(&new.path, &["rev-parse", "--absolute-git-dir"]);
    fs::write(Path::new(git_dir.trim()).join("index.lock"), "").expect("writable");
    assert_eq!(repo.probe(&new).expect("readable"), Probe::Partly);
    repo.complete(&new).expect("completed");
    assert_eq!(git(&new.path, &["status", "--porcelain"]), "");
    assert!(new.path.join("dir1/file1").exists());
    let other = NewWorktree { run: "zzz999".to_owned(), ..new };
    assert_eq!(repo.probe(&other).expect("readable"), Probe::Foreign, "another run's worktree is not ours");
}

/// Changes of every kind; gix and git must count them alike.
#[test]
fn dirt_is_counted_alike_by_gix_and_git_and_the_index_is_not_written() {
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
fn changes_count_committed_uncommitted_and_untracked_work_against_the_merge_base() {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    let new = place.new_worktree("work");
    repo.create(&new).expect("made");
    let base = new.commit.clone();
    assert_eq!(repo.changes(&new.path, &base).expect("readable"), worktrees::Changes::default());
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
fn leftovers_are_committed_by_the_person_without_hooks_and_once() {
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
