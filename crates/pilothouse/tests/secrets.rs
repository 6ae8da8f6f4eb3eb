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
fn a_token_that_agent_and_check_print_is_masked_wherever_it_is_told() {
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
