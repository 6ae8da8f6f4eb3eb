//! Programs that a person's settings make agents of, and what settings may not say.

use std::fs;

use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A house whose settings have these agents.
fn house(settings: &str) -> House {
    let house = House::new(BINARY, Repo::with_files(5));
    fs::write(house.home().join("config.toml"), settings).expect("a settings file");
    house
}

fn script(house: &House, text: &str) -> String {
    let path = house.home().join("agent.sh");
    testkit::script(&path, text);
    path.to_string_lossy().into_owned()
}

#[test]
fn any_command_is_an_agent() {
    let house = house("");
    let path = script(&house, "echo \"asked to $1\"; test -t 0 || cat; echo x > made.txt; exit \"$2\"");
    let settings = format!("[agent.mine]\ncommand = [{path:?}, \"{{prompt}}\", \"{{model}}\"]\n");
    fs::write(house.home().join("config.toml"), settings).expect("a settings file");

    house.ok(&["run", "make -- {model} $(touch x)", "--agent", "mine:0", "--name", "good"]);
    let row = house.wait_for("good", "ready");
    assert_eq!((&row["agent"], &row["model"], &row["tokens"]), (&"mine".into(), &"0".into(), &serde_json::Value::Null));
    let said = house.ok(&["logs", "good"]);
    assert!(said.contains("asked to make -- {model} $(touch x)"), "the task goes through as it is: {said}");
    house.ok(&["run", "make", "--agent", "mine:3", "--name", "bad"]);
    let row = house.wait_for("bad", "failed");
    assert_eq!(row["reason"], "build: exit 3");
    assert!(row["paid_by"].is_null(), "nothing says who pays for it: {row:#}");
    house.assert_replayed("good");
    house.assert_replayed("bad");
    let said = house.say(&["run", "make", "--agent", "mine"]);
    assert_eq!((said.code, said.err.contains("--agent mine:MODEL")), (2, true), "{said:?}");
}

#[test]
fn logs_name_where_the_only_words_are() {
    let house = house("[agent.quiet]\ncommand = [\"sh\", \"-c\", \"echo trouble >&2\"]\n");
    house.ok(&["run", "anything", "--agent", "quiet", "--name", "quiet"]);
    house.wait_for("quiet", "ready");
    let said = house.say(&["logs", "quiet"]);
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{said:?}");
    assert!(said.err.contains("`pilothouse logs quiet --stderr`"), "{said:?}");
    assert_eq!(house.ok(&["logs", "quiet", "--stderr"]), "trouble\n");
    house.ok(&["run", "anything", "--agent", "quiet", "--interactive", "--name", "inside"]);
    house.wait_for("inside", "ready");
    let said = house.say(&["logs", "inside"]);
    assert!(said.code == 0 && said.err.contains("`pilothouse attach inside`"), "{said:?}");
}

#[test]
fn waiting_without_a_terminal_prints_json() {
    let house = house("");
    let words = ["run", "publish", "--agent", "rehearsal:asks", "--name", "asks", "--wait", "--json"];
    let said = house.say(&words);
    let row: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((said.code, &row["status"]), (6, &"waiting".into()), "{said:?}");
}

#[test]
fn a_program_in_known_dialect_is_answered() {
    let house = house("");
    let own = format!("[agent.mine]\ncommand = [{BINARY:?}, \"__rehearsal\", \"--model\", \"asks\"]\n");
    fs::write(house.home().join("config.toml"), own + "reads = \"claude-stream\"\n").expect("a settings file");
    house.ok(&["run", "publish", "--agent", "mine", "--name", "asks"]);
    house.wait_for("asks", "waiting");
    // What it reads stands in the timeline, so settings that change do no harm.
    fs::write(house.home().join("config.toml"), "").expect("a settings file");
    house.kill_daemon();
    house.ok(&["send", "asks", "--allow"]);
    house.wait_for("asks", "ready");
    let said = house.ok(&["logs", "asks"]);
    assert!(!said.contains("{\"type\""), "its output reads as a transcript: {said}");
    house.ok(&["retry", "asks", "--fresh"]);
    let failed = house.wait_for("asks", "failed");
    let reason = failed["reason"].as_str().expect("a reason");
    assert!(reason.contains("there is no agent called mine any more"), "{reason}");
}

#[test]
fn an_oversized_answer_is_refused() {
    let house = house("");
    let ask = r#"{"type":"control_request","request_id":"q1","request":{"subtype":"can_use_tool","tool_name":"Write","input":{"content":""#;
    let result = r#"{"type":"result","subtype":"success","is_error":false,"result":"done"}"#;
    // Allowing hands the whole input back.
    let text = [
        &format!("printf '%s' '{ask}'; head -c 18000000 /dev/zero | tr '\\0' y; echo '\"}}}}}}'"),
        "while read -r line; do case \"$line\" in *control_response*)",
        &format!("echo '{result}'; exit 0;; esac; done"),
    ];
    let text = text.join("\n");
    let path = script(&house, &text);
    let settings = format!("[agent.mine]\ncommand = [{path:?}]\nreads = \"claude-stream\"\n");
    fs::write(house.home().join("config.toml"), settings).expect("a settings file");
    house.ok(&["run", "write", "--agent", "mine", "--name", "large"]);
    house.wait_for("large", "waiting");
    house.refuses(&["send", "large", "--allow"], "more than can be given to an agent at once");
    assert_eq!(house.row("large").expect("a row")["status"], "waiting", "it waits for another answer");
    house.ok(&["send", "large", "--deny"]);
    house.wait_for("large", "ready");
    house.assert_over("large");
}

#[test]
fn a_forgotten_session_is_not_called_resumed() {
    let house = house("");
    let own = format!("[agent.mine]\ncommand = [{BINARY:?}, \"__rehearsal\", \"--model\", \"fails\"]\n");
    fs::write(house.home().join("config.toml"), own + "reads = \"claude-stream\"\n").expect("a settings file");
    house.ok(&["run", "do it", "--agent", "mine", "--name", "forgets"]);
    house.wait_for("forgets", "failed");
    let said = house.say(&["retry", "forgets", "--resume"]);
    assert!(said.code != 0 && said.err.contains("never named a session that could go on"), "{said:?}");
    house.ok(&["retry", "forgets"]);
    house.assert_replayed("forgets");
}

#[test]
fn the_reason_has_a_programs_last_words() {
    let house = house("");
    let path = script(&house, "echo 'Error: OAuth token has expired. Please run /login' >&2; exit 1");
    for (name, reads) in [("stream", "claude-stream"), ("words", "text")] {
        let own = format!("[agent.mine]\ncommand = [{path:?}]\nreads = {reads:?}\n");
        fs::write(house.home().join("config.toml"), own).expect("a settings file");
        house.ok(&["run", "do it", "--agent", "mine", "--name", name]);
        let failed = house.wait_for(name, "failed");
        let reason = failed["reason"].as_str().expect("a reason");
        assert!(reason.contains("exit 1") && reason.contains("OAuth token has expired"), "{name}: {reason}");
        house.assert_replayed(name);
    }
}

#[test]
fn agent_settings_are_checked_before_starting() {
    let cases = [
        ("[agent.mine]\npath = \"/bin/true\"", "[agent.mine] is not built in: expected command"),
        ("[agent.mine]\ncommand = []", "[agent.mine] command is empty"),
        ("[agent.mine]\ncommand = [\"x\"]\nreads = \"morse\"", "reads = \"morse\": expected one of claude-stream"),
        ("[agent.claude]\ncommand = [\"x\"]", "[agent.claude] is built in"),
    ];
    for (settings, expected) in cases {
        let house = house(settings);
        let said = house.say(&["run", "x", "--agent", "rehearsal:success"]);
        assert!(said.code == 2 && said.err.contains(expected), "{settings}: {said:?}");
    }
    let house = house("[agent.mine]\ncommand = [\"no-such-program\", \"{prompt}\"]");
    let said = house.say(&["run", "x", "--agent", "mine", "--name", "none"]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(
        said.err.contains("there is no program no-such-program in the PATH of whoever asked for the run"),
        "{said:?}"
    );
    assert!(house.row("none").is_none() && house.repo.git(&["branch", "--list", "pilothouse/*"]).is_empty());
}

#[test]
fn a_too_old_agent_is_not_started() {
    let house = house("");
    let path =
        script(&house, "[ \"$1\" = --version ] && echo '2.0.3 (Claude Code)' && exit; echo started >> started.txt");
    fs::write(house.home().join("config.toml"), format!("[agent.claude]\npath = {path:?}\n")).expect("a settings file");
    house.ok(&["run", "x", "--agent", "claude", "--name", "old"]);
    let failed = house.wait_for("old", "failed");
    let reason = failed["reason"].as_str().expect("a reason");
    for said in ["claude is 2.0.3, older than 2.1.0", "npm install -g @anthropic-ai/claude-code", "minimum = \"2.0.3\""]
    {
        assert!(reason.contains(said), "{reason}");
    }
    let tried = format!("[agent.claude]\npath = {path:?}\nminimum = \"2.0.3\"\n");
    fs::write(house.home().join("config.toml"), tried).expect("a settings file");
    house.ok(&["retry", "old"]);
    let started = std::path::PathBuf::from(failed["worktree"].as_str().expect("a path")).join("started.txt");
    wait_until("its start", || if started.exists() { Ok(()) } else { Err("not yet".to_owned()) });
}

#[test]
fn a_repository_grants_neither_programs_nor_policies() {
    for (settings, expected) in [
        ("[agent.mine]\ncommand = [\"x\"]", "counts in your own"),
        ("policy = \"all\"", "which only you can say"),
        ("policy = \"sandboxed\"", "which only you can say"),
    ] {
        let house = house("");
        fs::write(house.repo.path().join("pilothouse.toml"), settings).expect("writable");
        house.repo.git(&["add", "--all"]);
        house.repo.git(&["commit", "--quiet", "-m", "settings"]);
        let said = house.say(&["run", "x"]);
        assert!(said.code == 2 && said.err.contains(expected), "{settings}: {said:?}");
    }
}

#[test]
fn an_unrestricted_agents_questions_are_allowed() {
    let house = house("");
    house.ok(&["run", "publish", "--agent", "rehearsal:asks", "--name", "free", "--policy", "all"]);
    house.wait_for("free", "ready");
    let told = house.ok(&["timeline", "free"]);
    assert!(told.contains("asks") && told.contains("allowed by the policy"), "{told}");
}

#[test]
fn a_sandboxed_run_commits_but_stays_inside() {
    let house = house("");
    house.ok(&["run", "escape", "--agent", "rehearsal:escape", "--name", "inside", "--policy", "sandboxed"]);
    let row = house.wait_for("inside", "ready");
    assert!(!house.repo.path().join("ESCAPED.txt").exists(), "nothing is written outside");
    let told = house.ok(&["timeline", "inside"]);
    assert!(told.contains("held inside by landlock"), "{told}");
    let explained = house.ok(&["explain", "inside"]);
    assert!(explained.contains("sandboxed; its writes are held inside by landlock"), "{explained}");
    let tree = std::path::PathBuf::from(row["worktree"].as_str().expect("a path"));
    assert!(tree.join("inside.txt").exists(), "{row:#}");
    house.assert_replayed("inside");

    // What it starts is held inside too, its temporary folder is its own, and it commits by itself.
    let outside = house.home().join("outside.txt");
    let text = format!(
        "sh -c 'echo x > {0}' 2>/dev/null && echo OUT; echo x > \"$TMPDIR/t\" && echo TEMPORARY; \
         echo y > y.txt && git add y.txt && git commit -qm y && echo COMMITTED; cat {0} 2>/dev/null; true",
        outside.display()
    );
    let path = script(&house, &text);
    let settings = format!("policy = \"sandboxed\"\n[agent.mine]\ncommand = [{path:?}, \"{{prompt}}\"]\n");
    fs::write(house.home().join("config.toml"), settings).expect("a settings file");
    house.ok(&["run", "try", "--agent", "mine", "--name", "tries"]);
    house.wait_for("tries", "ready");
    let said = house.ok(&["logs", "tries"]);
    assert_eq!(said, "TEMPORARY\nCOMMITTED\n");
    assert!(!outside.exists());
}

#[test]
fn no_agent_inherits_the_daemons_git_variables() {
    let house = house("");
    let settings = "[agent.mine]\ncommand = [\"env\"]\nenv = { GIT_PREFIX = \"a-persons-own\" }\n";
    fs::write(house.home().join("config.toml"), settings).expect("a settings file");
    let mut status = house.command(&["status"]);
    let set = ["GIT_PREFIX", "GIT_IMPLICIT_WORK_TREE"];
    for name in set.into_iter().filter(|name| domain::git_variables::REPOSITORY_VARIABLES.contains(name)) {
        status.env(name, "1");
    }
    status.env("GIT_SSH_COMMAND", "ssh -v").env("GIT_AUTHOR_NAME", "Ann");
    let started = status.output().expect("it runs");
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    house.ok(&["run", "x", "--agent", "mine", "--name", "says"]);
    house.wait_for("says", "ready");
    let said = house.ok(&["logs", "says"]);
    let git: Vec<&str> = said.lines().filter(|line| line.starts_with("GIT_")).collect();
    for name in domain::git_variables::REPOSITORY_VARIABLES {
        let set = git.iter().find(|line| line.starts_with(&format!("{name}=")));
        assert_eq!(set.copied(), (name == "GIT_PREFIX").then_some("GIT_PREFIX=a-persons-own"), "{git:?}");
    }
    assert!(git.contains(&"GIT_SSH_COMMAND=ssh -v") && git.contains(&"GIT_AUTHOR_NAME=Ann"), "{git:?}");
}
