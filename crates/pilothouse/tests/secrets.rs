//! What looks like a secret in what agents and checks say is in no timeline, no pack and on no screen.

use std::fs;
use std::path::Path;

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// Made here, so that no scanner takes this file for one with secrets.
fn token() -> String {
    let letters = b"a1B9c3D8e5F7g2H6j4K0mNpQrStUvWxYz";
    "ghp_".chars().chain((0..36).map(|i| char::from(letters[i * 7 % letters.len()]))).collect()
}

/// Files below a folder that have this text.
fn with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).contains(text) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn a_printed_token_is_masked_everywhere() {
    let token = token();
    let settings = "[check.leaks]\nrun = \"cat token; exit 1\"\nrequired = false\n";
    let house = testkit::checked_house(BINARY, settings);
    let script = format!("echo the token is {token}; printf '%s\\n' {token} > token");
    let config = format!("[agent.teller]\ncommand = [\"sh\", \"-c\", {script:?}]\n");
    fs::write(house.home().join("config.toml"), config).expect("written");
    house.ok(&["run", "tell", "--name", "tells", "--agent", "teller", "--json"]);
    house.wait_for("tells", "ready");
    let row = house.proven("tells");
    let folder = house.folder(&row);
    let timeline = fs::read_to_string(folder.join("timeline.jsonl")).expect("a timeline");
    assert!(!timeline.contains(&token), "{timeline}");
    assert!(timeline.contains("[masked: github-token]"), "{timeline}");
    assert_eq!(with(&folder.join("proof"), &token), Vec::<String>::new());
    let told = ["show", "timeline", "proof", "pr"].map(|verb| house.ok(&[verb, "tells"])).concat();
    assert!(!told.contains(&token), "{told}");
    let parts = row["proof"]["parts"].as_array().expect("parts");
    let secrets = parts.iter().find(|part| part["name"] == "secrets").expect("a part");
    assert_eq!(secrets["value"], 0, "{secrets}");
    let found = row["secrets"].as_array().expect("it was looked at");
    assert_eq!((found[0]["path"].as_str(), found[0]["rule"].as_str()), (Some("token"), Some("github-token")));
    assert!(told.contains("looks like a secret: token:1 (github-token)"), "{told}");
    let forge = house.home().join("forge");
    assert_eq!(with(&forge, &token), Vec::<String>::new());
}

/// Asks whether it may use a tool with a secret in its input, in Claude Code's words, and keeps the answer.
const ASKS: &str = r#"#!/bin/sh
echo '{"type":"system","subtype":"init","session_id":"s1","model":"m"}'
echo '{"type":"control_request","request_id":"q1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"export T=TOKEN"}}}'
while read -r line; do
    case "$line" in
    *control_response*)
        printf '%s\n' "$line" > answer.json
        echo '{"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"s1"}'
        exit 0
        ;;
    esac
done
"#;

// For the answer, and masked where the question is told.
#[test]
fn a_questions_secret_is_kept_beside() {
    let token = token();
    let house = testkit::checked_house(BINARY, "");
    let program = house.home().join("asks.sh");
    fs::write(&program, ASKS.replace("TOKEN", &token)).expect("written");
    let config = format!("[agent.asker]\ncommand = [\"sh\", {program:?}]\nreads = \"claude-stream\"\n");
    fs::write(house.home().join("config.toml"), config).expect("written");
    house.ok(&["run", "ask", "--name", "asks", "--agent", "asker", "--policy", "ask", "--json"]);
    let row = house.wait_for("asks", "waiting");
    // A new daemon has only the timeline to answer from.
    house.kill_daemon();
    house.ok(&["send", "asks", "--allow"]);
    house.wait_for("asks", "ready");
    house.proven("asks");
    let tree = Path::new(row["worktree"].as_str().expect("a worktree"));
    let answer = fs::read_to_string(tree.join("answer.json")).expect("an answer");
    assert!(answer.contains(&format!("export T={token}")) && !answer.contains("pilothouse_blob"), "{answer}");
    let folder = house.folder(&row);
    let timeline = fs::read_to_string(folder.join("timeline.jsonl")).expect("a timeline");
    assert!(!timeline.contains(&token), "{timeline}");
    assert_eq!(with(&folder.join("proof"), &token), Vec::<String>::new());
}
