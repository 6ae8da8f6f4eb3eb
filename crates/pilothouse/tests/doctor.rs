//! What `doctor` and `version` say of this machine.

use std::fs;

use testkit::{House, Repo};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// Returns the output of doctor with this environment, which has nothing else of the machine's own.
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
fn doctor_tells_agents_and_who_pays() {
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

#[test]
fn doctor_names_damaged_runs_keys_and_themes() {
    let house = House::new(BINARY, Repo::with_files(1));
    let said = doctor(&house, &[]);
    assert!(
        said.contains("ok   runs        0 written down here") && said.contains("ok   cockpit     built-in keys; theme"),
        "{said}"
    );
    house.run("hurt", "success");
    let row = house.wait_for("hurt", "ready");
    house.proven("hurt");
    assert!(doctor(&house, &[]).contains("ok   runs        1 written down here, none of them damaged"));
    house.ok(&["daemon", "stop"]);
    fs::write(house.folder(&row).join("timeline.jsonl"), "").expect("written");
    fs::write(house.home().join("keymap.toml"), "[everywhere]\n\"x\" = \"terminat\"\n").expect("written");
    let said = doctor(&house, &[]);
    let bad = |name: &str| {
        said.lines().find(|line| line.starts_with(&format!("BAD  {name} "))).unwrap_or_else(|| panic!("{said}"))
    };
    assert!(bad("runs").contains("timeline.jsonl") && bad("runs").contains("is empty"), "{said}");
    assert!(bad("cockpit").contains("keymap.toml") && bad("cockpit").contains("terminat"), "{said}");
    fs::remove_file(house.home().join("keymap.toml")).expect("removed");
    fs::write(house.home().join("config.toml"), "[cockpit]\ntheme = \"nosuch\"\n").expect("written");
    let said = doctor(&house, &[]);
    assert!(said.lines().any(|line| line.starts_with("BAD  cockpit ") && line.contains("nosuch")), "{said}");
}

#[test]
fn help_shows_commands_and_pages() {
    let house = House::new(BINARY, Repo::with_files(1));
    let all = house.ok(&["help"]);
    assert!(all.contains("terminate") && all.contains("Pages: agents, back, "), "{all}");
    let both = house.ok(&["help", "spend"]);
    assert!(both.contains("Usage: pilothouse spend") && both.contains("Whose figures"), "{both}");
    assert!(house.ok(&["help", "proof", "verify"]).contains("Usage: pilothouse proof verify"));
    assert!(house.ok(&["help", "settings"]).starts_with("# "), "a page alone");
    let none = house.say(&["help", "nosuch"]);
    assert!(none.code == 2 && none.err.contains("there is no command and no page nosuch"), "{none:?}");
}
