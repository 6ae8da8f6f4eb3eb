//! What an agent without a sandbox writes into the state folder or the settings: it moves no key and no budget.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::process::Command;

use gateway::name_of;
use serde_json::json;

use crate::office::{Office, raw};

/// The variable that names the socket to a process that plays an agent.
const SOCKET: &str = "TEST_GATEWAY_SOCKET";

fn body() -> &'static str {
    r#"{"model":"claude-opus-4-8","max_tokens":9,"messages":[]}"#
}

#[test]
fn an_agents_forged_pass_opens_nothing() {
    let office = Office::new("slow");
    let row = office.run("works", &[]);
    office.until_asked(1);
    let evil = TcpListener::bind("127.0.0.1:0").expect("a port");
    evil.set_nonblocking(true).expect("a listener");
    let upstream = format!("http://{}", evil.local_addr().expect("an address"));
    let id = row["id"].as_str().expect("an id");
    let base = office.base_url(&row);
    let (before, token) = base.trim_end_matches("/anthropic").rsplit_once('/').expect("a token");
    let passes = office.house.home().join("gateway/passes");
    let marker = office.house.home().join("was-run");
    let keys =
        [json!({"env": "TEST_MODEL_KEY"}), json!({"command": ["touch", marker]}), json!({"file": "/etc/passwd"})];
    for key in keys {
        let forged = json!({
            "run": id, "attempt": {"phase": "build", "attempt": 1}, "repo": "/", "folder": office.house.folder(&row),
            "routes": {"anthropic": {"upstream": upstream, "key": key}}, "limits": {"run": {}},
        });
        let own = format!("{id}-{:032x}", 0);
        for (name, text) in [
            (own.clone(), forged.to_string()),
            (name_of(&own), json!({"pass": forged, "seal": ""}).to_string()),
            (name_of(token), json!({"pass": forged, "seal": ""}).to_string()),
        ] {
            std::fs::write(passes.join(format!("{name}.json")), text).expect("written");
        }
        let answer = raw(&format!("{before}/{own}/anthropic"), "POST", "/v1/messages", "", body());
        assert!(answer.starts_with("HTTP/1.0 403"), "{answer}");
        assert!(raw(&base, "GET", "/v1/models", "", "").starts_with("HTTP/1.0 200"), "the real one stays what it is");
    }
    assert!(evil.accept().is_err(), "nobody came there");
    assert!(!marker.exists(), "no command of a file is run");
    office.house.ok(&["terminate", "works", "--grace", "0s"]);
}

#[test]
fn no_file_tells_a_token() {
    let office = Office::new("slow");
    let row = office.run("works", &[]);
    office.until_asked(1);
    let base = office.base_url(&row);
    let token = base.trim_end_matches("/anthropic").rsplit_once('/').expect("a token").1.to_owned();
    assert_eq!(std::fs::read_dir(office.house.home().join("gateway/passes")).expect("a folder").count(), 1);
    tells_nothing(&office.house.home(), &token);
    office.house.ok(&["terminate", "works", "--grace", "0s"]);
}

/// Looks through the names and texts of every file below.
fn tells_nothing(folder: &std::path::Path, token: &str) {
    for path in std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
        assert!(!path.to_string_lossy().contains(token), "{}", path.display());
        if path.is_dir() && !path.is_symlink() {
            tells_nothing(&path, token);
        } else if path.is_file() {
            let text = std::fs::read(&path).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&text).contains(token), "{} has the token", path.display());
        }
    }
}

#[test]
fn settings_changed_later_move_no_key() {
    let office = Office::new("slow");
    office.run("first", &[]);
    office.until_asked(1);
    let evil = TcpListener::bind("127.0.0.1:0").expect("a port");
    evil.set_nonblocking(true).expect("a listener");
    let upstream = format!("http://{}", evil.local_addr().expect("an address"));
    let config = office.house.home().join("config.toml");
    let settings = std::fs::read_to_string(&config).expect("settings");
    std::fs::write(&config, settings.replace(&office.provider.url(&office.path), &upstream)).expect("written");
    office.run("second", &[]);
    let failed = office.house.wait_for("second", "failed");
    let reason = failed["reason"].as_str().expect("a reason");
    assert!(reason.contains("TEST_MODEL_KEY") && reason.contains("daemon stop"), "{reason}");
    assert!(evil.accept().is_err(), "nobody came there");
    office.house.ok(&["terminate", "first", "--grace", "0s"]);
}

#[test]
fn nobody_but_the_daemon_orders_the_gateway() {
    let office = Office::new("slow");
    let row = office.run("works", &[]);
    office.until_asked(1);
    let socket = office.house.home().join("gateway/control");
    assert_eq!(order(&socket), "", "it holds no daemon's lock, whoever it is of");
    let of_run = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "forged::plays_an_agent", "--ignored"])
        .env(SOCKET, &socket)
        .env("PILOTHOUSE_HOME", office.house.home())
        .env("PILOTHOUSE_RUN", row["id"].as_str().expect("an id"))
        .output()
        .expect("this test");
    assert!(of_run.status.success(), "{}", String::from_utf8_lossy(&of_run.stdout));
    office.house.ok(&["terminate", "works", "--grace", "0s"]);
}

#[test]
#[ignore = "a process that another test starts"]
fn plays_an_agent() {
    let Some(socket) = std::env::var_os(SOCKET) else { return };
    assert_eq!(order(socket.as_ref()), "");
}

/// Returns the gateway's reply to an order for its status.
fn order(socket: &std::path::Path) -> String {
    let mut stream = UnixStream::connect(socket).expect("a gateway that listens");
    // It may have hung up already.
    let _refused = stream.write_all(b"\"tell\"").and_then(|()| stream.shutdown(std::net::Shutdown::Write));
    let mut reply = String::new();
    let _cut = stream.read_to_string(&mut reply);
    reply
}

#[test]
fn a_keyless_new_daemon_orders_the_gateway() {
    let office = Office::new("slow");
    let row = office.run("works", &[]);
    office.until_asked(1);
    let (pid, url) = (office.house.gateway_pid(), office.base_url(&row));
    office.house.kill_daemon();
    office.house.ok(&["resume", "works", "--tokens", "9M"]);
    assert_eq!(office.house.gateway_pid(), pid, "no stream is cut for it");
    office.house.ok(&["terminate", "works", "--grace", "0s"]);
    let answer = raw(&url, "POST", "/v1/messages", "", body());
    assert!(answer.starts_with("HTTP/1.0 403"), "{answer}");
}
