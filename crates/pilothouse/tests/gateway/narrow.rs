//! Requests that no agent makes: none of them reaches the provider with the key, and none takes the gateway away.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::office::{KEY, Office, raw};

/// A place that the key must not get to, beside the provider's own path on the same host.
struct Host {
    office: Office,
    listener: TcpListener,
}

impl Host {
    fn new() -> Self {
        let office = Office::new("slow");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let config = office.house.home().join("config.toml");
        let settings = std::fs::read_to_string(&config).expect("settings");
        let here = format!("http://{address}/llm/x");
        std::fs::write(&config, settings.replace(&office.provider.url(&office.path), &here)).expect("written");
        Self { office, listener }
    }

    /// The heads of the next requests that reach it, one for each of so many connections.
    fn heads(&self, count: usize) -> Vec<String> {
        (0..count).map(|_| head(&mut self.listener.accept().expect("a request").0)).collect()
    }
}

fn head(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
        text.extend_from_slice(&byte);
    }
    let _answered = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn nothing_leaves_the_providers_path() {
    let host = Host::new();
    let row = host.office.run("asks", &[]);
    // The agent's own first call.
    assert!(host.heads(1)[0].starts_with("POST /llm/x/v1/messages "));
    let url = host.office.base_url(&row);
    for (method, rest) in [
        ("GET", "/../../secret/admin"),
        ("GET", "/%2e%2e/%2e%2e/secret"),
        ("GET", "/%252e%252e/secret"),
        ("GET", "/..%2fsecret"),
        ("GET", "/v1\\..\\secret"),
        ("GET", "//secret"),
        ("GET", "/v1/organizations"),
        ("DELETE", "/v1/models/x"),
        ("OPTIONS", "/v1/messages"),
        ("PUT", "/v1/messages"),
        ("POST", "/V1/MESSAGES"),
        ("POST", "/v1/messages/batches"),
        ("POST", "/v1/messages/../files"),
        ("POST", "/v1/messages?%6bey=mine"),
    ] {
        let answer = raw(&url, method, rest, "", "");
        assert!(answer.starts_with("HTTP/1.0 400"), "{method} {rest}: {answer}");
    }
    // A word that is not said to the end of these requests is the next that reaches the provider.
    let asked = std::thread::spawn(move || raw(&url, "GET", "/v1/models?limit=2&key=mine", OTHERWISE, ""));
    let head = loop {
        let head = host.heads(1).remove(0);
        if !head.starts_with("POST /llm/x/v1/messages ") {
            break head;
        }
    };
    assert!(head.starts_with("GET /llm/x/v1/models?limit=2 "), "{head}");
    assert!(head.contains(KEY) && !head.contains("override"), "{head}");
    assert!(asked.join().expect("an answer").starts_with("HTTP/1.0 200"));
    host.office.house.ok(&["terminate", "asks", "--grace", "0s"]);
}

const OTHERWISE: &str = "x-http-method-override: DELETE\r\n";

#[test]
fn long_and_silent_requests_take_nothing_away() {
    let office = Office::new("hang");
    let row = office.run("talks", &[]);
    office.until_asked(1);
    let url = office.base_url(&row);
    let place = url.strip_prefix("http://").expect("plain http");
    let (host, path) = place.split_once('/').expect("a path");
    // It says that it is long, and is refused before it is read.
    let mut long = TcpStream::connect(host).expect("a gateway");
    write!(long, "POST /{path}/v1/messages HTTP/1.1\r\nhost: {host}\r\ncontent-length: 70000000\r\n\r\n")
        .expect("sent");
    assert!(first_line(&mut long).contains("400"));
    // It does not say so, and is refused when it has come so far.
    let mut chunked = TcpStream::connect(host).expect("a gateway");
    write!(chunked, "POST /{path}/v1/messages HTTP/1.1\r\nhost: {host}\r\ntransfer-encoding: chunked\r\n\r\n")
        .expect("sent");
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..80 {
        let sent = write!(chunked, "100000\r\n").and_then(|()| chunked.write_all(&piece));
        if sent.and_then(|()| chunked.write_all(b"\r\n")).is_err() {
            break;
        }
    }
    let mut answer = [0; 12];
    // The connection may be closed on what was not read.
    let refused = chunked.read_exact(&mut answer).map_or(true, |()| &answer == b"HTTP/1.1 400");
    assert!(refused, "{}", String::from_utf8_lossy(&answer));
    let mut silent = TcpStream::connect(host).expect("a gateway");
    assert_eq!(silent.read(&mut [0]).expect("closed"), 0, "one that says nothing is closed");
    let mut http2 = TcpStream::connect(host).expect("a gateway");
    http2.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").expect("sent");
    assert!(!first_line(&mut http2).contains("200"));
    assert!(raw(&url, "GET", "/v1/models", "", "").starts_with("HTTP/1.0 200"), "others are served");
    assert_eq!(office.provider.asked(&office.path), 1);
    office.house.ok(&["terminate", "talks", "--grace", "0s"]);
}

fn first_line(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _closed = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}
