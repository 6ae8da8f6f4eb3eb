//! What every agent must do where the gateway stands between, and the stories of others that are told again there.

use std::path::Path;

use serde_json::Value;
use testkit::wait_until;

use crate::office::{KEY, Office, Who};

/// Where the gateway is killed while an answer comes, the agent asks again, or fails and can go on.
pub(crate) fn goes_on_when_the_gateway_is_killed(agent: &'static str) {
    let office = Office::new(Who { agent, metered: true }, "hangonce");
    let row = office.run_with("cut", &["--policy", "all"]);
    office.until_asked();
    wait_until("the call to be written down", || {
        let calls = std::fs::read_to_string(office.house.folder(&row).join("calls.jsonl")).unwrap_or_default();
        // Anthropic tells what was read at the beginning, others tell at the end only.
        let told = if agent.starts_with("claude") { "known" } else { "began" };
        if calls.contains(told) { Ok(()) } else { Err(calls) }
    });
    office.house.kill_gateway();
    let over = over(&office, "cut");
    if over["status"] == "failed" {
        office.house.ok(&["retry", "cut"]);
        office.house.wait_for("cut", "ready");
    }
    office.assert_metered("cut");
    let row = office.house.row("cut").expect("a row");
    assert!(row["calls_cut"].as_u64() >= Some(1), "{row:#}");
    assert_eq!(office.house.processes(&row), 0);
}

fn over(office: &Office, name: &str) -> Value {
    wait_until("its end", || match office.house.row(name) {
        Some(row) if row["status"] == "ready" || row["status"] == "failed" => Ok(row),
        row => Err(format!("{row:?}")),
    })
}

/// The agent makes no request after the one that reaches its budget, and goes on in the same session when a person
/// raises that. Meanwhile nothing of it has the key.
pub(crate) fn stops_at_its_budget(agent: &'static str) {
    let office = Office::new(Who { agent, metered: true }, "ok");
    office.run_with("saves", &["--policy", "all", "--tokens", "20k"]);
    let paused = office.house.wait_for("saves", "paused");
    let asked = office.provider.asked(&office.path);
    let before: u64 = office.provider.billed(&office.path).iter().rev().skip(1).map(|b| b.tokens.total()).sum();
    assert!(before < 20_000, "only the request that reached it was made: {:#?}", office.provider.billed(&office.path));
    for process in supervisor::marked(&office.house.home(), paused["id"].as_str().expect("an id")) {
        for file in ["environ", "cmdline"] {
            let text = std::fs::read(format!("/proc/{}/{file}", process.pid)).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&text).contains(KEY), "{file} of {}", process.pid);
        }
    }
    let found = files_with_the_key(&office.house.home());
    assert_eq!(found, [office.house.home().join("key-of-a-person")], "the person's own file alone");
    office.house.ok(&["resume", "saves", "--tokens", "900k"]);
    let over = over(&office, "saves");
    assert_eq!(over["status"], "ready", "{over:#}");
    assert!(office.provider.asked(&office.path) > asked);
    office.assert_metered("saves");
    assert_eq!(office.house.processes(&over), 0);
}

/// Without a key that the provider takes, and without a provider, it fails with words that say where to look; nothing is
/// counted then.
pub(crate) fn fails_without_a_key_or_a_provider(agent: &'static str) {
    let who = Who { agent, metered: true };
    let wrong = Office::new(who, "ok");
    wrong.provider.require("sk-another");
    wrong.run("wrong");
    fails_with(&wrong, "wrong", "refuses the key");
    for (name, from, to, word) in [
        (
            "locked",
            "key_file = ",
            "key_command = [\"sh\", \"-c\", \"echo the vault is locked >&2; exit 3\"] #",
            "the vault is locked",
        ),
        ("gone", "upstream = \"http://127.0.0.1:", "upstream = \"http://127.0.0.1:9/", "can't be reached"),
    ] {
        let office = Office::new(who, "ok");
        let config = office.house.home().join("config.toml");
        let settings = std::fs::read_to_string(&config).expect("settings").replace(from, to);
        std::fs::write(&config, settings).expect("written");
        office.run(name);
        if name == "gone" && agent == "opencode" {
            // It tries again for minutes.
            let told = || Some(office.house.ok(&["show", name, "--calls"])).filter(|calls| calls.contains(word));
            wait_until("a call that reached nobody", || told().ok_or_else(|| "none yet".to_owned()));
            office.house.ok(&["terminate", name, "--grace", "1s"]);
            assert!(office.house.wait_for(name, "terminated")["tokens"].is_null());
        } else {
            fails_with(&office, name, word);
        }
        assert_eq!(office.provider.asked(&office.path), 0);
    }
}

/// Fails unless the run failed and its calls say this word: some agents have words of their own for what they hear, and
/// the gateway's own stand in the calls in any case.
fn fails_with(office: &Office, name: &str, word: &str) {
    let failed = office.house.wait_for(name, "failed");
    assert!(failed["tokens"].is_null() && failed["cost_usd"].is_null(), "{failed:#}");
    let calls = office.house.ok(&["show", name, "--calls"]);
    assert!(calls.contains(word), "{word}: {calls}");
}

/// An agent in a terminal of its own asks through the gateway too, without a question about a key that it does not
/// know.
pub(crate) fn is_counted_in_a_terminal(agent: &'static str) {
    let office = Office::new(Who { agent, metered: true }, "ok");
    office.introduce();
    let row = office.run_with("seen", &["--interactive", "--policy", "all"]);
    wait_until("its work", || {
        let row = office.house.row("seen").expect("a row");
        let made = row["worktree"].as_str().is_some_and(|worktree| Path::new(worktree).join("hello.txt").exists());
        let asked = office.provider.billed(&office.path).len();
        if made && asked >= 3 { Ok(()) } else { Err(format!("{row:#}\n{}", office.house.say(&["logs", "seen"]).out)) }
    });
    office.assert_metered("seen");
    office.house.ok(&["terminate", "seen", "--grace", "2s"]);
    office.assert_metered("seen");
    assert_eq!(office.house.processes(&row), 0);
}

fn files_with_the_key(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            found.extend(files_with_the_key(&entry.path()));
        } else if kind.is_file() {
            let text = std::fs::read(entry.path()).unwrap_or_default();
            found.extend(text.windows(KEY.len()).any(|part| part == KEY.as_bytes()).then(|| entry.path()));
        }
    }
    found
}

/// The same stories where the gateway stands between: whatever happens, its count is what was billed.
macro_rules! meters {
    ($agent:literal, killed_in: $killed:literal $(,)?) => {
        use $crate::metered::stories as metered;
        use $crate::office::Who;
        use $crate::stories::{self, Counts};

        const WHO: Who = Who { agent: $agent, metered: true };

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn metered_asks_and_waits_out_limits() {
            stories::writes_and_commits(WHO, Counts::Exactly);
            stories::asks_and_hears_the_answer(WHO, "touch asked.txt");
            stories::goes_on_after(WHO, "429once", None);
            stories::goes_on_after(WHO, "cutonce", None);
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn metered_fails_with_the_providers_words() {
            stories::fails_with_its_own_words(WHO, "400", "scripted failure");
            stories::fails_with_its_own_words(WHO, "401", "refuses the key");
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn metered_ends_pauses_and_survives_kills() {
            stories::nothing_is_left_when_terminated(WHO, "hang");
            stories::nothing_is_left_when_terminated(WHO, "long");
            stories::stands_still_while_paused(WHO, Counts::Exactly);
            stories::goes_on_in_its_session_when_killed(WHO, $killed);
            stories::goes_on_while_the_daemon_is_killed(WHO, Counts::Exactly);
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn metered_fails_without_key_or_provider() {
            metered::fails_without_a_key_or_a_provider($agent);
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn metered_works_held_inside_and_under_ask() {
            stories::is_held_inside(WHO);
            stories::asks_before_it_edits(WHO);
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn metered_survives_a_killed_gateway() {
            metered::goes_on_when_the_gateway_is_killed($agent);
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn metered_stops_at_its_budget() {
            metered::stops_at_its_budget($agent);
        }
    };
}

pub(crate) use meters;
