//! A gateway that answers late or not at all: nothing that it lets through is lost for it, and nobody waits for it for ever.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use domain::attempt::AttemptKey;
use domain::key_values::KeyValues;
use gateway::{Given, KeySource, Limits, Pass, Passes, Route, TakenOver};
use rustix::fs::{FlockOperation, flock};

const PATIENCE: Duration = Duration::from_secs(30);

fn keys(value: &str) -> Given {
    Given { env: KeyValues([("A_KEY".to_owned(), value.to_owned())].into()), ..Given::default() }
}

fn route() -> Route {
    Route { upstream: "https://here.example".to_owned(), key: KeySource::Env("A_KEY".to_owned()) }
}

fn pass(run: &str) -> Pass {
    Pass {
        run: run.to_owned(),
        attempt: AttemptKey { phase: "build".to_owned(), attempt: 1 },
        repo: "/repo".to_owned(),
        folder: format!("/state/runs/{run}").into(),
        routes: BTreeMap::from([("anthropic".to_owned(), route())]),
        limits: Limits::default(),
        frozen: false,
        refuse: None,
    }
}

/// Listens where a gateway would, with its lock.
fn listen(home: &Path) -> (File, UnixListener) {
    fs::create_dir_all(home.join("gateway")).expect("a folder");
    let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o200).open(home.join("gateway/lock"));
    let lock = lock.expect("a lock");
    flock(&lock, FlockOperation::NonBlockingLockExclusive).expect("nobody else has it");
    (lock, UnixListener::bind(home.join("gateway/control")).expect("a socket"))
}

/// Takes one order and replies to it.
fn answer(listener: &UnixListener, reply: &str) {
    let (mut stream, _) = listener.accept().expect("an order");
    let mut order = String::new();
    stream.read_to_string(&mut order).expect("text");
    stream.write_all(reply.as_bytes()).expect("it listens");
}

#[test]
fn passes_of_a_late_gateway_are_taken_up() {
    let home = tempfile::tempdir().expect("a folder");
    let token = Passes::new(home.path(), &keys("sk-1")).give(&pass("abc123")).expect("a token");
    let (_lock, listener) = listen(home.path());
    let status = serde_json::json!({
        "bound": [route()], "keys": ["A_KEY"], "of_runs": {},
        "passes": {(gateway::name_of(&token)): pass("abc123")},
    });
    let gateway = std::thread::spawn(move || {
        for say in ["", "", &status.to_string()] {
            answer(&listener, say);
        }
    });
    // A daemon without the key, which the copies tell nothing.
    let passes = Passes::new(home.path(), &Given::default());
    assert_eq!(passes.take_over(&[route()], PATIENCE).expect("a folder"), TakenOver::Whole);
    assert_eq!(passes.find(&token), Some(pass("abc123")));
    gateway.join().expect("it replied three times");
}

#[test]
fn copies_count_where_a_gateway_stays_deaf() {
    let home = tempfile::tempdir().expect("a folder");
    let token = Passes::new(home.path(), &keys("sk-1")).give(&pass("abc123")).expect("a token");
    Passes::new(home.path(), &keys("sk-2")).give(&pass("other1")).expect("a token");
    let (_lock, listener) = listen(home.path());
    let gateway = std::thread::spawn(move || answer(&listener, ""));
    let passes = Passes::new(home.path(), &keys("sk-1"));
    assert_eq!(passes.take_over(&[route()], Duration::ZERO).expect("a folder"), TakenOver::Deaf);
    assert_eq!(passes.find(&token), Some(pass("abc123")));
    let left = fs::read_dir(home.path().join("gateway/passes")).expect("a folder").count();
    assert_eq!(left, 2, "nothing is removed before the gateway has said what it lets through");
    gateway.join().expect("it was asked");
}
