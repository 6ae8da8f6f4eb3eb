//! A git that outlived its daemon. Alone in its process, since it holds every lock of it.

mod place;

use std::fs;

use place::Place;

#[test]
fn git_outliving_its_daemon_is_waited_for() {
    let place = Place::with_commits(&[]);
    let repo = place.find();
    worktrees::keep_in(&place.path().join("own"));
    let locks = place.path().join("own/locks");
    let new = place.new_worktree("orphan");
    repo.create(&new).expect("made");
    // As a git would hold it: by a descriptor that it inherited.
    let held = fs::read_dir(&locks).expect("locks").flatten().map(|lock| {
        let held = fs::File::options().write(true).open(lock.path()).expect("a lock");
        rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).expect("free");
        held
    });
    let mut held = held.collect::<Vec<_>>().into_iter();
    let mut orphan = std::process::Command::new("sh")
        .args(["-c", "sleep 0.4; touch done"])
        .current_dir(place.path())
        .stdin(held.next().expect("a lock"))
        .stderr(held.next().expect("two locks"))
        .spawn()
        .expect("sh");
    repo.complete(&new).expect("completed");
    assert!(place.path().join("done").exists(), "the other one had ended before");
    orphan.wait().expect("it ends");
}
