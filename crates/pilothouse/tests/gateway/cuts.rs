//! Calls that are cut or made at once: a budget counts what they may cost, and nobody is told that this was measured.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use testkit::wait_until;

use crate::office::Office;

const PATIENCE: Duration = Duration::from_secs(60);
const BODY: &str = r#"{"model":"claude-opus-4-8","max_tokens":1000,"stream":true,"messages":[]}"#;

/// A provider that takes requests and never says a word; each connection is told of.
fn silent(office: &Office) -> mpsc::Receiver<TcpStream> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let here = format!("http://{}", listener.local_addr().expect("an address"));
    let config = office.house.home().join("config.toml");
    let settings = std::fs::read_to_string(&config).expect("settings");
    std::fs::write(&config, settings.replace(&office.provider.url(&office.path), &here)).expect("written");
    let (sender, came) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if sender.send(stream).is_err() {
                return;
            }
        }
    });
    came
}

/// Waits for the next connection.
fn next(came: &mpsc::Receiver<TcpStream>, what: &str) -> TcpStream {
    came.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("nothing came; waited for {what}"))
}

/// Sends a request and returns its connection, on which nothing is read.
fn ask(url: &str) -> TcpStream {
    let place = url.strip_prefix("http://").expect("plain http");
    let (host, path) = place.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("a gateway");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let length = BODY.len();
    write!(stream, "POST /{path}/v1/messages HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n\r\n{BODY}")
        .expect("sent");
    stream
}

/// Waits until so many calls of the run have ended.
fn until_calls(office: &Office, name: &str, calls: u64) {
    wait_until(&format!("{calls} calls"), || {
        let row = office.house.row(name).expect("a row");
        if row["calls"].as_u64() == Some(calls) { Ok(()) } else { Err(row.to_string()) }
    });
}

// And not as measured.
#[test]
fn a_cut_call_counts_for_the_budget() {
    let office = Office::new("ok");
    let came = silent(&office);
    let row = office.run("cuts", &["--tokens", "3k"]);
    let own = next(&came, "the agent's own call");
    let url = office.base_url(&row);
    let first = ask(&url);
    let _at_the_provider = next(&came, "it came through");
    drop(first);
    until_calls(&office, "cuts", 1);
    // The provider hangs up on each of the others, before it says a word.
    let others: Vec<TcpStream> = (0..20).map(|_| ask(&url)).collect();
    drop(own);
    let mut sent = 2;
    wait_until("the run to need somebody", || {
        sent += came.try_iter().count();
        let row = office.house.row("cuts").expect("a row");
        if row["status"] == "paused" { Ok(()) } else { Err(row.to_string()) }
    });
    drop(others);
    let row = office.house.row("cuts").expect("a row");
    let reason = row["reason"].as_str().expect("a reason");
    assert!(reason.contains("of 3k tokens") && reason.contains("for answers that were cut off"), "{reason}");
    assert!(row["tokens"].is_null(), "nobody has measured anything: {row:#}");
    assert_eq!(sent + came.try_iter().count(), 3, "as many as fitted in");
    office.house.ok(&["terminate", "cuts", "--grace", "0s"]);
}

#[test]
fn repeatedly_cut_answers_need_a_person() {
    let office = Office::new("ok");
    let came = silent(&office);
    let row = office.run("cuts", &[]);
    let _own = next(&came, "the agent's own call");
    let url = office.base_url(&row);
    for cut in 1..=10 {
        let call = ask(&url);
        let _at_the_provider = next(&came, "it came through");
        drop(call);
        until_calls(&office, "cuts", cut);
    }
    let paused = office.house.wait_for("cuts", "paused");
    let reason = paused["reason"].as_str().expect("a reason");
    assert!(reason.contains("10 answers in a row were cut off"), "{reason}");
    assert_eq!((&paused["needs_you"], &paused["calls_cut"]), (&true.into(), &10.into()));
    office.house.ok(&["resume", "cuts"]);
    office.house.wait_for("cuts", "working");
    office.house.ok(&["terminate", "cuts", "--grace", "0s"]);
}

/// Answers a request in one piece, with a bill of two thousand tokens.
fn answer(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !request.ends_with(b"}") {
        let n = stream.read(&mut piece).expect("a request");
        assert!(n > 0, "the gateway hung up after {} bytes", request.len());
        request.extend_from_slice(&piece[..n]);
    }
    let usage = r#""usage":{"input_tokens":1900,"output_tokens":100}"#;
    let body = format!(r#"{{"type":"message","model":"claude-opus-4-8","stop_reason":"end_turn",{usage}}}"#);
    let length = body.len();
    // Whoever reads here answers one request, so the next one must not come by the same connection.
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json";
    write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").expect("it listens");
}

#[test]
fn simultaneous_calls_pass_no_budget() {
    let office = Office::new("ok");
    let came = silent(&office);
    let row = office.run("many", &["--tokens", "3k"]);
    let mut own = next(&came, "the agent's own call");
    let url = office.base_url(&row);
    let others: Vec<TcpStream> = (0..100).map(|_| ask(&url)).collect();
    let mut second = next(&came, "another one that fits in");
    answer(&mut own);
    answer(&mut second);
    let paused = office.house.wait_for("many", "paused");
    let row = wait_until("both bills", || {
        let row = office.house.row("many").expect("a row");
        if row["calls"].as_u64() == Some(2) { Ok(row) } else { Err(format!("{row:#}, {paused:#}")) }
    });
    let reason = row["reason"].as_str().expect("a reason");
    assert!(reason.contains("4k of 3k tokens"), "the reason follows the sum: {reason}");
    office.house.ok(&["terminate", "many", "--grace", "0s"]);
    let answered = others.into_iter().map(|mut stream| {
        stream.shutdown(std::net::Shutdown::Write).expect("open");
        let mut text = String::new();
        let _closed = stream.read_to_string(&mut text);
        text
    });
    let answered = answered.filter(|text| text.starts_with("HTTP/1.1 200"));
    assert_eq!(answered.count(), 1);
    assert_eq!(came.try_iter().count(), 0, "no other one was sent");
}
