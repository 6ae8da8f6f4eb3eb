//! A gateway that answers late or not at all: nothing that it lets through is lost for it, and nobody waits for it for ever.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use domain::attempt::AttemptKey;
use domain::key_values::KeyValues;
use gateway::{GivenKeys, KeySource, Limits, Pass, Passes, Route, TakenOver};
use rustix::fs::{FlockOperation, flock};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

const PATIENCE: Duration = Duration::from_secs(30);

fn keys(value: &str) -> GivenKeys {
    GivenKeys { env: KeyValues([("A_KEY".to_owned(), value.to_owned())].into()), ..GivenKeys::default() }
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

/// Takes one order, replies to it, and returns it.
fn answer(listener: &UnixListener, reply: &str) -> String {
    let (mut stream, _) = listener.accept().expect("an order");
    let mut order = String::new();
    stream.read_to_string(&mut order).expect("text");
    stream.write_all(reply.as_bytes()).expect("it listens");
    order
}

#[test]
fn a_late_gateways_passes_are_taken_up() {
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
    let passes = Passes::new(home.path(), &GivenKeys::default());
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

#[test]
fn a_silent_gateway_holds_up_no_change() {
    let home = tempfile::tempdir().expect("a folder");
    let (_lock, _nobody_accepts) = listen(home.path());
    let passes = Passes::new(home.path(), &keys("sk-1"));
    let (told, failed) = channel();
    passes.tell_of_changes(move |error| told.send(error.to_string()).expect("it is waited for")).expect("a thread");
    let token = passes.give(&pass("abc123")).expect("a token");
    passes.change("abc123", |pass| pass.frozen = true);
    assert_eq!(passes.find(&token).map(|pass| pass.frozen), Some(true));
    passes.take_back("abc123");
    assert!(!passes.is_any(), "it counts here at once");
    assert!(failed.try_recv().is_err(), "all that was before the gateway has failed to answer");
    let error = failed.recv_timeout(PATIENCE).expect("word of that");
    assert!(error.contains("gateway/control"), "{error}");
}

#[test]
fn a_deaf_gateway_is_not_waited_for() {
    let home = tempfile::tempdir().expect("a folder");
    let (_lock, _nobody_accepts) = listen(home.path());
    let path = SocketAddrUnix::new(home.path().join("gateway/control")).expect("a short path");
    let mut waiting = Vec::new();
    loop {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).expect("a socket");
        if connect(&socket, &path).is_err() {
            break;
        }
        waiting.push(socket);
    }
    let passes = Passes::new(home.path(), &keys("sk-1"));
    passes.ask_gateway().expect_err("no place is left in its queue");
}

#[test]
fn what_a_gateway_missed_is_told_again() {
    let home = tempfile::tempdir().expect("a folder");
    let (_lock, listener) = listen(home.path());
    let passes = Passes::new(home.path(), &keys("sk-1"));
    passes.give(&pass("abc123")).expect("a token");
    let gateway = std::thread::spawn(move || {
        answer(&listener, "");
        answer(&listener, "{\"bound\":[],\"keys\":[],\"passes\":{}}")
    });
    passes.tell_changes().expect_err("it hangs up");
    let again = passes.tell_changes().expect_err("it is not waited for again").to_string();
    assert!(again.contains("takes no orders"), "{again}");
    passes.tell_all().expect("it answers by now");
    passes.tell_changes().expect("there is nothing left to tell");
    let order = gateway.join().expect("two orders");
    assert!(order.contains("replace") && order.contains("abc123"), "{order}");
}

#[test]
fn added_keys_leave_those_before() {
    let home = tempfile::tempdir().expect("a folder");
    let (_lock, listener) = listen(home.path());
    let passes = Passes::new(home.path(), &keys("sk-1"));
    let values = |name: &str| KeyValues([(name.to_owned(), "sk-2".to_owned())].into());
    let gateway = std::thread::spawn(move || {
        let replies = "{\"bound\":[],\"keys\":[],\"passes\":{}}";
        [answer(&listener, replies), answer(&listener, replies)]
    });
    passes.add_keys("abc123", values("SECOND_KEY"));
    passes.tell_changes().expect("it answers");
    passes.replace_keys("abc123", values("THIRD_KEY"));
    passes.tell_changes().expect("it answers");
    let [added, replaced] = gateway.join().expect("two orders");
    assert!(added.contains("add_keys") && added.contains("SECOND_KEY"), "a new daemon knows none before: {added}");
    assert!(replaced.contains("\"keys\"") && replaced.contains("THIRD_KEY"), "{replaced}");
}
