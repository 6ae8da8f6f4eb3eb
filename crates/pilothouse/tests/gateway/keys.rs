//! Keys that are wrong, missing, changed or printed by a program.

use crate::office::{KEY, Office};

#[test]
fn a_wrong_key_tells_its_source() {
    let office = Office::new("ok");
    let words = ["run", "ask", "--agent", "rehearsal:calls", "--name", "wrong"];
    let output = office.house.command(&words).env("TEST_MODEL_KEY", "sk-wrong").output().expect("it starts");
    assert!(output.status.success());
    let failed = office.house.wait_for("wrong", "failed");
    let reason = failed["reason"].as_str().expect("a reason");
    assert!(reason.contains("anthropic refuses the key (401)") && reason.contains("[provider.anthropic]"), "{reason}");
    assert!(!reason.contains("sk-wrong"));
    assert_eq!(office.provider.refused(), 1, "it is not tried again and again");
}

#[test]
fn a_failing_key_program_is_quoted() {
    let key = r#"key_command = ["sh", "-c", "echo the vault is locked >&2; exit 3"]"#;
    let office = Office::with("ok", key, "");
    office.run("locked", &[]);
    let failed = office.house.wait_for("locked", "failed");
    let reason = failed["reason"].as_str().expect("a reason");
    assert!(reason.contains("the vault is locked") && reason.contains("exit status: 3"), "{reason}");
    assert_eq!(office.provider.asked(&office.path), 0);
}

#[test]
fn a_changed_key_is_fetched_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key");
    for key in [format!("key_file = {file:?}"), format!("key_command = [\"cat\", {file:?}]")] {
        std::fs::write(&file, format!("{KEY}\n")).expect("written");
        let office = Office::with("ok", &key, "");
        office.run("first", &[]);
        office.house.wait_for("first", "ready");
        office.provider.require("sk-another-one");
        std::fs::write(&file, "sk-another-one").expect("written");
        office.run("second", &[]);
        office.house.wait_for("second", "ready");
        assert_eq!(office.provider.refused(), 1, "asked once with the old one");
    }
}

#[test]
fn a_missing_key_is_told_before_asking() {
    let office = Office::with("ok", "key_file = \"/nowhere/key\"", "");
    office.run("none", &[]);
    let failed = office.house.wait_for("none", "failed");
    assert!(failed["reason"].as_str().is_some_and(|why| why.contains("/nowhere/key can't be read")), "{failed:#}");
    assert_eq!(office.provider.asked(&office.path), 0);
}

#[test]
fn only_personal_settings_direct_keys() {
    let office = Office::new("ok");
    office.house.repo.write("pilothouse.toml", "[provider.anthropic]\nupstream = \"https://elsewhere.example\"\n");
    office.house.repo.git(&["add", "--all"]);
    office.house.repo.git(&["commit", "--quiet", "-m", "where keys go"]);
    let refused = office.say(&["run", "ask", "--agent", "rehearsal:calls"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("says where your keys go"), "{refused:?}");
}

#[test]
fn an_agents_own_key_passes_untouched() {
    let own = format!("[agent.rehearsal.env]\nANTHROPIC_AUTH_TOKEN = {KEY:?}\n");
    let office = Office::with("ok", "key_file = \"/nowhere/key\"", &own);
    office.run("own", &[]);
    let ready = office.house.wait_for("own", "ready");
    assert_eq!(office.provider.refused(), 0);
    office.assert_billed(&ready);
}

// Agents don't.
#[test]
fn the_gateway_asks_through_the_proxy() {
    let office = Office::new("ok");
    let config = office.house.home().join("config.toml");
    let url = office.provider.url(&office.path);
    let proxy = url.split("/s/").next().expect("an address").to_owned();
    // Only a proxy knows this host; the provider takes any.
    let settings = std::fs::read_to_string(&config).expect("settings").replace(&proxy, "http://models.invalid");
    std::fs::write(&config, settings).expect("written");
    let words = ["run", "ask", "--agent", "rehearsal:calls", "--name", "far"];
    let command = office.house.command(&words).env("TEST_MODEL_KEY", KEY).env("HTTP_PROXY", &proxy).status();
    assert!(command.expect("it starts").success());
    let ready = office.house.wait_for("far", "ready");
    office.assert_billed(&ready);
}

#[test]
fn agents_get_no_keys_of_others() {
    let tells = |name: &str, more: &str| {
        format!("[agent.{name}]\ncommand = [\"sh\", \"-c\", \"env > env.txt\", \"sh\", \"{{prompt}}\"]\n{more}\n")
    };
    let more = [tells("mine", ""), tells("asks", "gateway = false")].concat();
    let office = Office::with("ok", "key_env = \"TEST_MODEL_KEY\"", &more);
    for (agent, gets) in [("mine", false), ("asks", true)] {
        office.ok(&["run", "tell", "--agent", agent, "--name", agent]);
        let row = office.house.wait_for(agent, "ready");
        let path = std::path::Path::new(row["worktree"].as_str().expect("a path")).join("env.txt");
        let text = std::fs::read_to_string(path).expect("its environment");
        assert_eq!(text.contains(KEY), gets, "{agent}: only where it says that it asks by itself");
    }
    office.ok(&["run", "work", "--agent", "rehearsal:slow", "--name", "plays"]);
    let row = office.house.wait_for("plays", "working");
    let found = supervisor::marked(&office.house.home(), row["id"].as_str().expect("an id"));
    assert!(!found.is_empty());
    for process in found {
        let environ = std::fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&environ).contains(KEY), "it plays a model and asks none");
    }
    office.house.ok(&["terminate", "plays", "--grace", "0s"]);
}

/// Asks for a run where the key has this value, or is not set.
fn run_with(office: &Office, name: &str, key: Option<&str>) {
    let mut command = office.house.command(&["run", "ask", "--agent", "rehearsal:calls", "--name", name]);
    let command = match key {
        Some(key) => command.env("TEST_MODEL_KEY", key),
        None => command.env_remove("TEST_MODEL_KEY"),
    };
    assert!(command.status().expect("it starts").success());
}

#[test]
fn keys_come_with_whoever_asks() {
    let office = Office::new("ok");
    // The daemon is started where no key is set.
    office.house.ok(&["ls"]);
    run_with(&office, "first", Some(KEY));
    office.house.wait_for("first", "ready");
    let asked = office.provider.asked(&office.path);
    assert!(asked > 0 && office.provider.refused() == 0);
    // Another one's key is theirs alone, also while the same gateway serves.
    run_with(&office, "wrong", Some("sk-of-somebody-else"));
    let failed = office.house.wait_for("wrong", "failed");
    assert!(failed["reason"].as_str().is_some_and(|why| why.contains("refuses the key (401)")), "{failed:#}");
    // Who mends it asks for another attempt with the right one.
    office.ok(&["retry", "wrong"]);
    office.house.wait_for("wrong", "ready");
    run_with(&office, "again", Some(KEY));
    office.house.wait_for("again", "ready");
    let mut folders = vec![office.house.home()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
            let text = std::fs::read(&path).unwrap_or_default();
            let has = |key: &str| text.windows(key.len()).any(|part| part == key.as_bytes());
            assert!(!has(KEY) && !has("sk-of-somebody-else"), "a key stands in {}", path.display());
            folders.extend(path.is_dir().then_some(path));
        }
    }
}

#[test]
fn a_daemons_key_reaches_no_keyless_caller() {
    let tells = "[agent.tells]\ncommand = [\"sh\", \"-c\", \"env > env.txt\"]\ngateway = false\n";
    let office = Office::with("ok", "", tells);
    // The daemon is started where the usual variable is set.
    let started = office.house.command(&["ls"]).env("ANTHROPIC_API_KEY", KEY).status();
    assert!(started.expect("it starts").success());
    for (name, key) in [("none", None), ("some", Some("sk-of-the-caller"))] {
        let mut command = office.house.command(&["run", "tell", "--agent", "tells", "--name", name]);
        command.envs(key.map(|key| ("ANTHROPIC_API_KEY", key)));
        assert!(command.status().expect("it starts").success());
        let row = office.house.wait_for(name, "ready");
        let path = std::path::Path::new(row["worktree"].as_str().expect("a path")).join("env.txt");
        let text = std::fs::read_to_string(path).expect("its environment");
        assert!(!text.contains(KEY), "{name}");
        assert_eq!(text.contains("ANTHROPIC_API_KEY=sk-of-the-caller"), key.is_some(), "{name}");
    }
}

#[test]
fn keys_of_callers_outlive_the_daemon() {
    let office = Office::new("slow");
    office.house.ok(&["ls"]);
    run_with(&office, "long", Some(KEY));
    office.until_asked(1);
    office.house.kill_daemon();
    office.house.ok(&["ls"]);
    office.until_asked(2);
    office.house.ok(&["terminate", "long", "--grace", "0s"]);
    assert_eq!(office.provider.refused(), 0);
    // What one person has in their environment counts for nobody else.
    run_with(&office, "other", None);
    let failed = office.house.wait_for("other", "failed");
    let reason = failed["reason"].as_str().expect("a reason");
    assert!(reason.contains("TEST_MODEL_KEY was not set where this run was asked for"), "{reason}");
}

#[test]
fn resume_brings_the_key_of_its_shell() {
    let office = Office::new("slow");
    office.house.ok(&["ls"]);
    run_with(&office, "goes-on", Some(KEY));
    office.until_asked(1);
    office.house.ok(&["pause", "goes-on"]);
    office.house.wait_for("goes-on", "paused");
    office.provider.require("sk-another-one");
    let mut command = office.house.command(&["resume", "goes-on"]);
    assert!(command.env("TEST_MODEL_KEY", "sk-another-one").status().expect("it starts").success());
    office.until_asked(2);
    assert_eq!(office.provider.refused(), 0, "the one before is asked with no more");
    // What goes on needs no key anew.
    office.house.ok(&["pause", "goes-on"]);
    office.house.wait_for("goes-on", "paused");
    office.house.command(&["resume", "goes-on"]).env_remove("TEST_MODEL_KEY").status().expect("it starts");
    office.until_asked(3);
    assert_eq!(office.provider.refused(), 0);
    office.house.ok(&["terminate", "goes-on", "--grace", "0s"]);
}

#[test]
fn retry_without_a_key_has_none() {
    let office = Office::new("ok");
    office.house.ok(&["ls"]);
    run_with(&office, "once", Some(KEY));
    office.house.wait_for("once", "ready");
    let asked = office.provider.asked(&office.path);
    let mut command = office.house.command(&["retry", "once"]);
    assert!(command.env_remove("TEST_MODEL_KEY").status().expect("it starts").success());
    let failed = office.house.wait_for("once", "failed");
    let reason = failed["reason"].as_str().expect("a reason");
    assert!(reason.contains("TEST_MODEL_KEY was not set where this run was asked for"), "{reason}");
    assert_eq!(office.provider.asked(&office.path), asked);
}
