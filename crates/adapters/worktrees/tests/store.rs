//! A worktree with a store of objects and refs of its own: what is taken over of it, and what is not.

mod place;

use std::fs;

use place::{Place, git, write};
use worktrees::{CheckpointName, NewWorktree};

fn stored() -> (Place, NewWorktree, std::path::PathBuf) {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    let new = place.new_worktree("inside");
    repo.create(&new).expect("made");
    let store = place.path().join("store");
    assert!(repo.open_store(&new.path, &new.run, &new.branch, &store).expect("opened"));
    (place, new, store)
}

#[test]
fn commits_land_in_the_store_first() {
    let (place, new, store) = stored();
    let before = place.git(&["rev-parse", &new.branch]);
    write(&new.path.join("own"), "own\n");
    git(&new.path, &["add", "own"]);
    git(&new.path, &["commit", "--quiet", "-m", "own"]);
    assert_eq!(place.git(&["rev-parse", &new.branch]), before, "the repository's branch stays");
    let head = place.find().head(&new.path).expect("a look takes it over");
    assert_eq!(place.git(&["rev-parse", &new.branch]).trim(), head);
    write(&new.path.join("staged"), "staged\n");
    git(&new.path, &["add", "staged"]);
    place.find().close_store(&new.path).expect("closed");
    assert!(!store.exists());
    assert_eq!(git(&new.path, &["status", "--porcelain"]), "A  staged\n");
    place.git(&["fsck", "--strict"]);
    place.find().close_store(&new.path).expect("nothing to do");
}

#[test]
fn a_checkpoint_holds_the_stores_objects() {
    let (place, new, store) = stored();
    write(&new.path.join("loose"), "loose\n");
    git(&new.path, &["add", "loose"]);
    let name = CheckpointName { path: &new.path, run: &new.run, branch: &new.branch, n: 1 };
    let saved = place.find().save_checkpoint(&name, "test").expect("saved");
    fs::remove_dir_all(store.join("objects")).expect("the agent takes everything away");
    assert_eq!(place.git(&["show", &format!("{}:loose", saved.commit)]), "loose\n");
    place.git(&["fsck", "--strict"]);
}

#[test]
fn an_object_of_another_content_is_missing() {
    let (place, new, store) = stored();
    write(&new.path.join("e"), "evil");
    git(&new.path, &["add", "e"]);
    git(&new.path, &["commit", "--quiet", "-m", "e"]);
    let object = |id: &str| store.join("objects").join(&id[..2]).join(&id[2..]);
    let evil = git(&new.path, &["rev-parse", "HEAD:e"]).trim().to_owned();
    write(&new.path.join("g"), "good");
    let good = git(&new.path, &["hash-object", "-w", "g"]).trim().to_owned();
    fs::remove_file(object(&evil)).expect("removable");
    fs::copy(object(&good), object(&evil)).expect("copied");
    let before = place.git(&["rev-parse", &new.branch]);
    let error = place.find().close_store(&new.path).expect_err("it is not whole").to_string();
    assert!(error.contains(&evil), "{error}");
    assert_eq!(place.git(&["rev-parse", &new.branch]), before);
    place.git(&["fsck", "--strict", "main", &new.branch]);
    // The worktree can go all the same; what could not be taken over stays where it is told.
    let kept = place.find().give_up_store(&new.path).expect("given up").expect("there was one");
    assert!(kept.join("objects").exists());
    assert!(git(&new.path, &["status", "--porcelain"]).contains("A  e"));
}

#[test]
fn a_long_head_log_is_kept_whole() {
    let (place, new, _store) = stored();
    let begun = git(&new.path, &["rev-parse", "HEAD"]).trim().to_owned();
    write(&new.path.join("left"), "only the log names it\n");
    git(&new.path, &["add", "left"]);
    git(&new.path, &["commit", "--quiet", "-m", "left"]);
    let left = git(&new.path, &["rev-parse", "HEAD"]).trim().to_owned();
    git(&new.path, &["reset", "--quiet", "--hard", &begun]);
    let log = git(&new.path, &["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"]);
    let log = std::path::PathBuf::from(log.trim());
    let line = format!("{begun} {begun} A <a@b> 1700000000 +0000\tcheckout: moving from a to b\n");
    let text = fs::read_to_string(&log).expect("a log");
    fs::write(&log, text + &line.repeat(20_000)).expect("writable");
    assert!(fs::metadata(&log).expect("a log").len() > 2 << 20);
    place.find().close_store(&new.path).expect("closed");
    assert_eq!(place.git(&["show", &format!("{left}:left")]), "only the log names it\n");
    place.git(&["fsck", "--strict"]);
}

#[test]
fn an_interrupted_close_is_done_again() {
    let (place, new, store) = stored();
    write(&new.path.join("own"), "own\n");
    git(&new.path, &["add", "own"]);
    git(&new.path, &["commit", "--quiet", "-m", "own"]);
    let repo = place.find();
    repo.close_store(&new.path).expect("closed");
    // As if the daemon had died before the store's folder was gone.
    fs::create_dir_all(store.join("objects")).expect("a folder");
    repo.close_store(&new.path).expect("closed before");
    assert!(repo.open_store(&new.path, &new.run, &new.branch, &store).expect("opened anew"));
    repo.close_store(&new.path).expect("nothing in it");
    assert_eq!(git(&new.path, &["status", "--porcelain"]), "");
}

#[test]
fn a_foreign_store_is_refused() {
    let (place, new, store) = stored();
    let other = place.path().join("other");
    let copied = std::process::Command::new("cp").arg("-r").args([&store, &other]).status().expect("cp");
    assert!(copied.success());
    let git_dir = git(&new.path, &["rev-parse", "--absolute-git-dir"]);
    let pointer = std::path::Path::new(git_dir.trim()).join("commondir");
    fs::write(&pointer, format!("{}\n", other.display())).expect("writable");
    let error = place.find().head(&new.path).expect_err("it leads elsewhere").to_string();
    assert!(error.contains("commondir"), "{error}");
}
