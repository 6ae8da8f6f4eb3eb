//! What every agent must do, whichever it is: each story is a run from its start to its end.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::wait_until;

use crate::office::{Office, Who, tokens};

/// Whether the agent's own count of tokens is held against the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    /// Bucket by bucket.
    Exactly,
    /// The agent reports no tokens, and none are shown.
    Never,
}

pub(crate) fn counted(office: &Office, row: &Value, counts: Counts) {
    match counts {
        Counts::Exactly => assert_eq!(tokens(row), office.billed()),
        Counts::Never => assert!(row["tokens"].is_null(), "{row:#}"),
    }
}

/// `PILOTHOUSE_PAUSE_SECONDS`, or a few.
fn pause_lasts() -> Duration {
    let asked = std::env::var("PILOTHOUSE_PAUSE_SECONDS").ok().and_then(|n| n.parse().ok());
    Duration::from_secs(asked.unwrap_or(3))
}

fn allow_until_over(office: &Office, name: &str) -> Value {
    wait_until("its end", || {
        let row = office.house.row(name).expect("a row");
        match row["status"].as_str().expect("a word") {
            "waiting" => {
                // Another question may have taken its place, which the next look answers.
                let _asked = office.house.say(&["send", name, "--allow"]);
                Err(row.to_string())
            }
            "ready" | "failed" | "lost" => Ok(row),
            _ => Err(row.to_string()),
        }
    })
}

pub(crate) fn writes_and_commits(who: impl Into<Who>, counts: Counts) {
    let who = who.into();
    let office = Office::new(who, "commit");
    let row = office.run("commits");
    let done = allow_until_over(&office, "commits");
    assert_eq!(done["status"], "ready", "{done:#}");
    assert_eq!(office.file(&done, "hello.txt").as_deref(), Some("Hello from a scripted model.\n"));
    let log = testkit::git_at(Path::new(done["worktree"].as_str().expect("a path")), &["log", "-1", "--format=%s"]);
    assert_eq!(log.trim(), "add hello.txt");
    counted(&office, &done, counts);
    assert_eq!(office.house.processes(&row), 0);
    office.assert_metered("commits");
    office.house.assert_replayed("commits");
}

/// A check finds what the model got wrong, the agent is told in its session and mends it; then it is proven and merged.
pub(crate) fn mends_what_a_check_found(who: impl Into<Who>, counts: Counts) {
    let office = Office::new(who, "mends");
    let check =
        "[check.hello]\nrun = \"grep -qx 'Hello from a scripted model.' hello.txt || { cat hello.txt; exit 1; }\"\n";
    office.house.repo.write("pilothouse.toml", &format!("{check}[gate]\napproval = \"none\"\n"));
    office.house.repo.git(&["add", "--all"]);
    office.house.repo.git(&["commit", "--quiet", "-m", "checks"]);
    office.house.ok(&["trust", "--yes"]);
    let row = office.run_with("mends", &["--policy", "all"]);
    office.house.wait_for("mends", "ready");
    let done = office.house.proven("mends");
    let check = &done["checks"][0];
    assert_eq!((check["verdict"].as_str(), check["n"].as_u64()), (Some("pass"), Some(2)), "{done:#}");
    assert_eq!(done["phase"]["attempt"], 2, "one repair: {done:#}");
    counted(&office, &done, counts);
    let pack = office.house.folder(&done).join("proof/1");
    office.house.ok(&["proof", "verify", pack.to_str().expect("a path")]);
    office.house.ok(&["merge", "mends"]);
    assert_eq!(office.house.repo.git(&["show", "main:hello.txt"]), "Hello from a scripted model.\n");
    assert_eq!(office.house.processes(&row), 0);
}

pub(crate) fn asks_and_hears_the_answer(who: impl Into<Who>, word: &str) {
    let who = who.into();
    for (answer, there) in [("--allow", true), ("--deny", false)] {
        let office = Office::new(who, "ask");
        let row = office.run("asks");
        let waits = office.house.wait_for("asks", "waiting");
        let reason = waits["reason"].as_str().expect("a reason");
        assert!(reason.contains(word), "{reason}");
        assert_eq!(waits["needs_you"], true);
        assert!(office.file(&waits, "asked.txt").is_none(), "it does not go on without an answer");
        office.house.ok(&["send", "asks", answer]);
        let done = office.house.wait_for("asks", "ready");
        assert_eq!(office.file(&done, "asked.txt").is_some(), there, "{answer}");
        office.assert_metered("asks");
        assert_eq!(office.house.processes(&row), 0);
    }
}

pub(crate) fn goes_on_after(who: impl Into<Who>, scenario: &str, said: Option<&str>) {
    let who = who.into();
    let office = Office::new(who, scenario);
    let row = office.run("again");
    let done = allow_until_over(&office, "again");
    assert_eq!(done["status"], "ready", "{done:#}");
    assert!(office.file(&done, "hello.txt").is_some());
    let told = office.house.ok(&["timeline", "again"]);
    assert!(said.is_none_or(|said| told.contains(said)), "{told}");
    office.assert_metered("again");
    assert_eq!(office.house.processes(&row), 0);
}

pub(crate) fn fails_with_its_own_words(who: impl Into<Who>, scenario: &str, word: &str) {
    let who = who.into();
    let office = Office::new(who, scenario);
    let row = office.run("fails");
    let failed = office.house.wait_for("fails", "failed");
    let reason = failed["reason"].as_str().expect("a reason");
    assert!(reason.contains(word), "{scenario}: {reason}");
    office.assert_metered("fails");
    assert_eq!(office.house.processes(&row), 0);
}

/// `scenario` has it wait for the model (`hang`) or for a command (`long`).
pub(crate) fn nothing_is_left_when_terminated(who: impl Into<Who>, scenario: &str) {
    let who = who.into();
    let office = Office::new(who, scenario);
    let row = office.run("ends");
    office.until_asked();
    if scenario == "long" {
        until_a_command_runs(&office, &row);
    }
    office.house.ok(&["terminate", "ends", "--grace", "1s"]);
    office.house.wait_for("ends", "terminated");
    assert_eq!(office.house.processes(&row), 0);
    office.assert_metered("ends");
}

fn until_a_command_runs(office: &Office, row: &Value) {
    let id = row["id"].as_str().expect("an id");
    wait_until("the command", || {
        if office.house.row("ends").is_some_and(|row| row["status"] == "waiting") {
            office.house.ok(&["send", "ends", "--allow"]);
        }
        let sleeps = |identity: &supervisor::Identity| {
            let line = std::fs::read(format!("/proc/{}/cmdline", identity.pid)).unwrap_or_default();
            line.starts_with(b"sleep\x00120")
        };
        match supervisor::marked(&office.house.home(), id).iter().any(sleeps) {
            true => Ok(()),
            false => Err(format!("{:?}", office.house.row("ends"))),
        }
    });
}

pub(crate) fn stands_still_while_paused(who: impl Into<Who>, counts: Counts) {
    let who = who.into();
    let office = Office::new(who, "slow");
    let row = office.run("rests");
    office.until_asked();
    office.house.ok(&["pause", "rests"]);
    let paused = office.house.wait_for("rests", "paused");
    assert_eq!(paused["frozen"]["n"], paused["frozen"]["of"], "{paused:#}");
    let before = office.provider.billed(&office.path).len();
    let begun = Instant::now();
    for part in 1..=4 {
        wait_until("the pause to last", || match begun.elapsed() {
            long if long >= pause_lasts() * part / 4 => Ok(()),
            short => Err(format!("{short:?}")),
        });
    }
    assert_eq!(office.provider.billed(&office.path).len(), before, "nothing is asked of the model meanwhile");
    office.house.ok(&["resume", "rests"]);
    let done = office.house.wait_for("rests", "ready");
    counted(&office, &done, counts);
    office.assert_metered("rests");
    assert_eq!(office.house.processes(&row), 0);
}

/// Killed where it asks for something in `scenario`.
pub(crate) fn goes_on_in_its_session_when_killed(who: impl Into<Who>, scenario: &str) -> (Office, Value) {
    let who = who.into();
    let office = Office::new(who, scenario);
    let row = office.run("again");
    let waits = office.house.wait_for("again", "waiting");
    let pid = u32::try_from(waits["pid"].as_u64().expect("a pid")).expect("a pid");
    assert!(supervisor::Identity::of(pid).expect("it lives").kill());
    wait_until("its end to be told", || match office.house.row("again") {
        Some(row) if row["status"] == "failed" || row["status"] == "lost" => Ok(row),
        row => Err(format!("{row:?}")),
    });
    assert_eq!(office.house.processes(&row), 0, "what it left behind was ended too");
    office.house.ok(&["retry", "again", "--resume"]);
    // One agent's sessions must rest before another process may go on in them.
    let asked = Instant::now();
    wait_until("its session to have rested for long", || match office.house.row("again") {
        Some(row) if row["status"] == "preparing" && asked.elapsed() < Duration::from_secs(40) => Err(row.to_string()),
        _ => Ok(()),
    });
    // The model has its earlier answer before it, so the same conversation says that it is done.
    let done = allow_until_over(&office, "again");
    assert_eq!(done["status"], "ready", "{done:#}");
    let said = office.house.ok(&["timeline", "again"]);
    // Date, time and kind come first; an agent's own words may say anything behind them.
    let named = said.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().take(4).collect();
        words.iter().take(3).position(|word| *word == "session").and_then(|at| words.get(at + 1).copied())
    });
    let named: Vec<_> = named.collect();
    assert!(named.len() == 2 && named[0] == named[1], "two attempts, one conversation: {named:?}\n{said}");
    assert_eq!(office.house.processes(&row), 0);
    office.assert_metered("again");
    (office, done)
}

pub(crate) fn goes_on_while_the_daemon_is_killed(who: impl Into<Who>, counts: Counts) {
    let who = who.into();
    let office = Office::new(who, "slow");
    let row = office.run("slow");
    office.until_asked();
    office.house.kill_daemon();
    let done = office.house.wait_for("slow", "ready");
    counted(&office, &done, counts);
    let told = office.house.ok(&["timeline", "slow"]);
    assert_eq!(told.matches("There is nothing to do but to say this.").count(), 2, "said once, and in the end: {told}");
    assert_eq!(office.house.processes(&row), 0);
}

/// Under `sandboxed` it is asked nothing, commits, and writes nothing beside its worktree.
pub(crate) fn is_held_inside(who: impl Into<Who>) {
    let who = who.into();
    for scenario in ["commit", "outside"] {
        let office = Office::new(who, scenario);
        let row = office.run_with("inside", &["--policy", "sandboxed"]);
        let done = office.house.wait_for("inside", "ready");
        let tree = Path::new(done["worktree"].as_str().expect("a path"));
        match scenario {
            "commit" => assert_eq!(testkit::git_at(tree, &["log", "-1", "--format=%s"]).trim(), "add hello.txt"),
            _ => assert!(!tree.join("../outside.txt").exists(), "{} wrote outside", who.agent),
        }
        assert_eq!(office.house.processes(&row), 0);
    }
}

/// Under `ask` it changes no file before a person has allowed it.
pub(crate) fn asks_before_it_edits(who: impl Into<Who>) {
    let who = who.into();
    let office = Office::new(who, "ok");
    let row = office.run_with("careful", &["--policy", "ask"]);
    let waits = office.house.wait_for("careful", "waiting");
    assert!(office.file(&waits, "hello.txt").is_none(), "{waits:#}");
    let done = allow_until_over(&office, "careful");
    assert_eq!(done["status"], "ready", "{done:#}");
    assert!(office.file(&done, "hello.txt").is_some(), "{done:#}");
    assert_eq!(office.house.processes(&row), 0);
}

/// The stories of an agent that asks, streams and has sessions, as tests of its module: what its count is worth, what its
/// timeline says of a limit and of a cut stream, how it fails, where it is killed, and what its count is worth then.
macro_rules! plays {
    (
        $agent:literal, counts: $counts:ident, limited: $limited:expr, cut: $cut:expr,
        fails: [$(($scenario:literal, $word:literal)),* $(,)?], killed_in: $killed:literal, counts_when_killed: $then:expr,
    ) => {
        use $crate::stories::{self, Counts};

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn writes_a_file_and_reports_its_bill() {
            stories::writes_and_commits($agent, Counts::$counts);
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn asks_and_goes_on_with_the_answer() {
            stories::asks_and_hears_the_answer($agent, "touch asked.txt");
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn waits_out_limits_and_cut_streams() {
            stories::goes_on_after($agent, "429once", $limited);
            stories::goes_on_after($agent, "cutonce", $cut);
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn fails_in_own_words_without_an_answer() {
            for (scenario, word) in [$(($scenario, $word)),*] {
                stories::fails_with_its_own_words($agent, scenario, word);
            }
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn nothing_of_a_terminated_agent_is_left() {
            stories::nothing_is_left_when_terminated($agent, "hang");
            stories::nothing_is_left_when_terminated($agent, "long");
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn stands_still_while_it_is_paused() {
            stories::stands_still_while_paused($agent, Counts::$counts);
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn goes_on_with_its_conversation_when_killed() {
            let (office, done) = stories::goes_on_in_its_session_when_killed($agent, $killed);
            let then: Option<Counts> = $then;
            if let Some(counts) = then {
                // Also what was billed for the answer whose count the killed one never told.
                stories::counted(&office, &done, counts);
            }
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn goes_on_while_the_daemon_is_killed() {
            stories::goes_on_while_the_daemon_is_killed($agent, Counts::$counts);
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn is_held_inside_and_works_there() {
            stories::is_held_inside($agent);
        }

        #[test]
        #[ignore = "needs the CLIs of `just agents-install`"]
        fn edits_nothing_before_it_is_allowed() {
            stories::asks_before_it_edits($agent);
        }
    };
}
pub(crate) use plays;
