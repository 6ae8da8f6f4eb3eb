//! The built-in forge: one pull request per run, whoever is killed on the way.

use std::cell::Cell;
use std::os::unix::fs::PermissionsExt;

use domain::comment::{Comment, Side};
use domain::event::{Remark, Review, ReviewGiven};
use domain::gate::Method;
use domain::pull_request::{PullState, PullWork};
use domain::status::By;
use forge::{Forge, ForgeError, Local, NewPull, PullMerge, Update};

fn work(state: PullState) -> PullWork {
    PullWork { state, head: "a".repeat(40), pack: 1, checks: Some(true), mergeable: None, review: None }
}

fn new<'a>(run: &'a str, work: &'a PullWork) -> NewPull<'a> {
    let update = Update { body: "what was done", url: None, work };
    NewPull { run, branch: "pilothouse/x", base: "main", title: "mend it", update }
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn opening_again_finds_the_same_pull_request() {
    let home = home();
    let forge = Local::of(home.path(), "/r/shop");
    let (draft, open) = (work(PullState::Draft), work(PullState::Open));
    assert_eq!(forge.open(&new("aaa", &draft)).expect("it opens").number, 1);
    assert_eq!(forge.open(&new("bbb", &open)).expect("it opens").number, 2);
    let again = Local::of(home.path(), "/r/shop").open(&new("aaa", &open)).expect("it is found");
    assert_eq!((again.number, again.work.state), (1, PullState::Open));
    let elsewhere = Local::of(home.path(), "/r/other").open(&new("ccc", &open)).expect("it opens");
    assert_eq!(elsewhere.number, 1, "numbers are a repository's own");
    assert!(matches!(forge.pull(3), Err(ForgeError::NoPull { number: 3, .. })));
}

#[test]
fn parallel_opens_get_distinct_numbers() {
    let home = home();
    let mut numbers: Vec<u64> = std::thread::scope(|scope| {
        let open = |n: u32| {
            let home = home.path();
            scope.spawn(move || {
                let open = work(PullState::Open);
                Local::of(home, "/r/shop").open(&new(&format!("run{n}"), &open)).expect("it opens").number
            })
        };
        let threads: Vec<_> = (0..16).map(open).collect();
        threads.into_iter().map(|thread| thread.join().expect("it ends")).collect()
    });
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=16).collect::<Vec<u64>>());
}

#[test]
fn a_review_is_recorded_once_with_comments() {
    let home = home();
    let forge = Local::of(home.path(), "/r/shop");
    let open = work(PullState::Open);
    forge.open(&new("aaa", &open)).expect("it opens");
    let comment =
        Comment { path: "a.rs".to_owned(), side: Side::New, line: 3, on: "x".to_owned(), text: "why?".to_owned() };
    let review = ReviewGiven {
        verdict: Review::Changes,
        head: "a".repeat(40),
        text: "see below".to_owned(),
        comments: vec![Remark { comment, stale: true }],
        by: By::Person,
    };
    forge.review(1, 17, &review).expect("it is taken");
    let pull = forge.review(1, 17, &review).expect("it is taken");
    assert_eq!(pull.reviews.len(), 1);
    assert_eq!(forge.pull(1).expect("it is there").reviews[0].given, review);
}

// And a merged pull request stays merged.
#[test]
fn only_an_open_pull_request_is_merged() {
    let home = home();
    let forge = Local::of(home.path(), "/r/shop");
    let tried = Cell::new(0);
    let here = || {
        tried.set(tried.get() + 1);
        Ok("c".repeat(40))
    };
    let head = "a".repeat(40);
    let merging = PullMerge { method: Method::Squash, head: &head, here: &here };
    forge.open(&new("aaa", &work(PullState::Draft))).expect("it opens");
    for state in [PullState::Draft, PullState::Closed] {
        let changed = work(state);
        forge.update(1, &Update { body: "", url: None, work: &changed }).expect("it is changed");
        assert!(matches!(forge.merge(1, &merging), Err(ForgeError::NotReady { number: 1, .. })), "{state:?}");
    }
    assert_eq!(tried.get(), 0, "the base was not touched");
    let open = work(PullState::Open);
    forge.update(1, &Update { body: "", url: None, work: &open }).expect("it is opened");
    assert_eq!(forge.merge(1, &merging).expect("it merges"), "c".repeat(40));
    let refused = || Err(ForgeError::Refused("main moved".to_owned()));
    let no = PullMerge { method: Method::Squash, head: &head, here: &refused };
    assert!(matches!(forge.merge(1, &no), Err(ForgeError::Refused(why)) if why == "main moved"));
    assert!(matches!(forge.update(1, &Update { body: "", url: None, work: &open }), Err(ForgeError::Over { .. })));
    let pull = forge.pull(1).expect("it is there");
    assert_eq!((pull.work.state, pull.merged), (PullState::Merged, Some("c".repeat(40))));
}

#[test]
fn pull_requests_are_readable_by_owner_alone() {
    let home = home();
    let forge = Local::of(home.path(), "/r/shop");
    forge.open(&new("aaa", &work(PullState::Open))).expect("it opens");
    let folder = std::fs::read_dir(home.path().join("forge/local")).expect("a folder").flatten().next();
    let folder = folder.expect("the repository's").path();
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("1.json"))), (0o700, 0o600));
    std::fs::write(folder.join("1.json"), "{\"number\":1,").expect("written");
    assert!(matches!(forge.pull(1), Err(ForgeError::Damaged { .. })));
    let next = forge.open(&new("bbb", &work(PullState::Open))).expect("another one opens");
    assert_eq!(next.number, 2);
}
