//! What `doctor` and `version` say of this machine.

use std::fs;

use testkit::{House, Repo};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// What doctor says with this environment; nothing else of the machine's own is in it.
fn doctor(house: &House, more: &[(&str, &str)]) -> String {
    let mut doctor = house.command(&["doctor"]);
    for name in ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CONFIG_DIR"] {
        doctor.env_remove(name);
    }
    let path = format!("{}:/usr/bin:/bin", house.home().join("bin").display());
    doctor.env("PATH", path).env("HOME", house.home()).envs(more.iter().copied());
    String::from_utf8(doctor.output().expect("it runs").stdout).expect("text")
}

fn line<'a>(said: &'a str, agent: &str) -> &'a str {
    let is = |line: &&str| line.contains(&format!(" agent       {agent} "));
    said.lines().find(is).unwrap_or_else(|| panic!("{said}"))
}

#[test]
fn doctor_says_which_agents_are_here_and_who_pays() {
    let house = House::new(BINARY, Repo::with_files(1));
    let bin = house.home().join("bin");
    fs::create_dir(&bin).expect("a folder");
    testkit::script(&bin.join("claude"), "#!/bin/sh\necho '2.1.197 (Claude Code)'\n");
    let said = doctor(&house, &[]);
    assert!(line(&said, "claude").contains("2.1.197 at ") && line(&said, "claude").starts_with("note"), "{said}");
    assert!(line(&said, "claude").contains("neither login nor key: log in with `claude`"), "{said}");
    assert!(
        said.contains("runs that name none get rehearsal; not in PATH: ") && said.contains("codex (`npm "),
        "{said}"
    );
    fs::create_dir(house.home().join(".claude")).expect("a folder");
    fs::write(house.home().join(".claude/.credentials.json"), "{}").expect("written");
    let said = doctor(&house, &[]);
    assert!(line(&said, "claude").ends_with("so its login pays") && line(&said, "claude").starts_with("ok"), "{said}");
    // A key that is in the environment pays, and no login does.
    let said = doctor(&house, &[("ANTHROPIC_API_KEY", "sk-secret")]);
    assert!(line(&said, "claude").contains("the key of anthropic (ANTHROPIC_API_KEY) pays"), "{said}");
    assert!(!said.contains("sk-secret"), "{said}");
    fs::write(house.home().join("config.toml"), "[agent.claude]\ngateway = false\n").expect("written");
    let said = doctor(&house, &[("ANTHROPIC_API_KEY", "sk-secret")]);
    assert!(line(&said, "claude").contains("the key in ANTHROPIC_API_KEY pays"), "{said}");
}

#[test]
fn version_says_what_was_built() {
    let house = House::new(BINARY, Repo::with_files(1));
    let said = house.ok(&["version"]);
    let first = said.lines().next().expect("a line").to_owned();
    assert_eq!(house.ok(&["--version"]).trim(), first);
    let json = house.json(&["version", "--json"]);
    let version = json["version"].as_str().expect("a version");
    let commit = json["commit"].as_str().map_or_else(String::new, |commit| format!(" ({commit})"));
    assert_eq!(first, format!("pilothouse {version}{commit}"));
    assert_eq!(json["daemon_version"], serde_json::Value::Null, "none is started for that");
}
