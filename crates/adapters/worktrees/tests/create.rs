//! Making worktrees: whole, or not at all.

mod place;

use std::fs;
use std::path::{Path, PathBuf};

use place::{Place, git, write};
use worktrees::{Created, NewWorktree, Probe};

#[test]
fn a_worktree_is_made_whole_and_locked() {
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
fn an_obstacle_to_creation_is_named() {
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
fn a_failed_checkout_is_undone_whole() {
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

// Or left to its owner.
#[test]
fn an_interrupted_creation_is_completed() {
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
fn an_interrupted_creations_branch_is_taken_back() {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    let new = place.new_worktree("branch-only");
    place.git(&["branch", &new.branch]);
    assert_eq!(repo.probe(&new).expect("readable"), Probe::Not);
    repo.create(&new).expect("the branch is not in the way");
    // One that has moved on is somebody's work.
    let other = place.new_worktree("moved-on");
    place.write("dir0/file0", "work\n");
    place.git(&["commit", "--quiet", "--all", "-m", "work"]);
    place.git(&["branch", &other.branch]);
    assert_eq!(repo.probe(&other).expect("readable"), Probe::Foreign);
    assert!(!place.git(&["branch", "--list", &other.branch]).is_empty(), "it is kept");
}

// When the worktree's own git file is missing.
#[test]
fn completing_touches_no_enclosing_repository() {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    // The worktree lies inside the main checkout, as some people want it.
    let new = NewWorktree { path: place.repo().join(".worktrees/inside"), ..place.new_worktree("inside") };
    repo.create(&new).expect("made");
    fs::remove_file(new.path.join(".git")).expect("removable");
    place.write("dir0/file0", "my uncommitted work\n");
    fs::write(place.repo().join(".git/index.lock"), "").expect("writable");
    repo.complete(&new).expect("the worktree's own file is written again");
    assert_eq!(git(&new.path, &["status", "--porcelain"]), "");
    assert_eq!(fs::read_to_string(place.repo().join("dir0/file0")).expect("kept"), "my uncommitted work\n");
    assert!(place.repo().join(".git/index.lock").exists(), "another git's lock is kept");
}
