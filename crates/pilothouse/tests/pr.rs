//! A run's pull request on the forge that is built in, and what a reviewer says of single lines.

use std::path::Path;

use client::Places;
use domain::command::Command;
use domain::comment::{Comment, Side};
use protocol::{Reply, Request, Scope};
use serde_json::Value;
use testkit::{House, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn ready(settings: &str, name: &str) -> (House, Value) {
    testkit::ready_house(BINARY, settings, name)
}

/// The only record of the forge.
fn record(house: &House) -> Value {
    let folders = std::fs::read_dir(house.home().join("forge/local")).expect("a forge").flatten();
    let files: Vec<_> = folders.map(|folder| folder.path().join("1.json")).filter(|path| path.exists()).collect();
    serde_json::from_slice(&std::fs::read(&files[0]).expect("a file")).expect("a pull request")
}

#[test]
fn a_runs_pull_request_ends_merged() {
    let (house, row) = ready("", "greets");
    let pull = &row["pr"];
    assert_eq!((&pull["forge"], &pull["number"], &pull["state"]), (&"local".into(), &1.into(), &"open".into()));
    assert_eq!((&pull["checks"], &pull["mergeable"]), (&"pass".into(), &true.into()));
    assert_eq!(pull["head"], row["head"]);
    let page = pull["url"].as_str().and_then(|url| url.strip_prefix("file://")).expect("a page");
    assert!(std::fs::read_to_string(page).expect("the pack's page").contains("<html"));
    let said = house.ok(&["pr", "greets"]);
    for word in ["#1", "pilothouse/greets into main", "local #1 open, checks pass, merges", "nobody has approved it"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(record(&house)["body"].as_str().expect("a text").contains("greeting"), "the pack's summary");
    house.ok(&["pr", "greets", "--draft"]);
    house.refuses(&["gate", "greets"], "its pull request is a draft");
    house.ok(&["review", "greets", "--approve"]);
    house.refuses(&["merge", "greets"], "its pull request is a draft");
    house.ok(&["pr", "greets", "--close"]);
    house.refuses(&["merge", "greets"], "its pull request is closed");
    // Who loses the forge's file has it written again.
    let lost =
        std::fs::read_dir(house.home().join("forge/local")).expect("a forge").flatten().next().expect("a folder");
    std::fs::remove_file(lost.path().join("1.json")).expect("removed");
    house.ok(&["pr", "greets", "--open"]);
    let open = house.json(&["pr", "greets", "--json"]);
    assert_eq!((&open["state"], &open["review"]), (&"open".into(), &"approve".into()));
    house.ok(&["merge", "greets"]);
    let merged = house.json(&["pr", "greets", "--json"]);
    assert_eq!((&merged["number"], &merged["state"]), (&1.into(), &"merged".into()));
    let record = record(&house);
    assert_eq!(record["merged"].as_str(), Some(house.repo.git(&["rev-parse", "main"]).trim()));
    assert_eq!(record["reviews"][0]["given"]["verdict"], "approve");
    house.refuses(&["pr", "greets", "--close"], "merged already");
}

#[test]
fn delivery_follows_settings_and_work() {
    let (house, row) = ready("[deliver]\ndraft = true\n", "drafts");
    assert_eq!(row["pr"]["state"], "draft");
    house.ok(&["pr", "drafts", "--open"]);
    assert_eq!(house.json(&["pr", "drafts", "--json"])["state"], "open");
    house.ok(&["rm", "drafts", "--yes"]);
    let closed = wait_until("its pull request to be closed", || {
        let row = house.row("drafts").ok_or("no such run")?;
        if row["pr"]["state"] == "closed" { Ok(row) } else { Err(format!("{row:#}")) }
    });
    assert_eq!(closed["removed"], true);
    house.ok(&["restore", "drafts"]);
    wait_until("its pull request to be open again", || {
        let row = house.row("drafts").ok_or("no such run")?;
        if row["pr"]["state"] == "open" { Ok(()) } else { Err(format!("{row:#}")) }
    });

    let (house, row) = ready("[deliver]\nforge = \"none\"\n[gate]\napproval = \"none\"\n", "nowhere");
    assert!(row["pr"].is_null());
    assert_eq!(house.say(&["pr", "nowhere"]).code, 3);
    house.refuses(&["pr", "nowhere", "--open"], "nothing is delivered");
    house.ok(&["merge", "nowhere"]);
    assert!(!house.home().join("forge").exists());
}

#[test]
fn an_unchanged_run_has_no_pull_request() {
    let house = testkit::checked_house(BINARY, "");
    house.run("idle", "no-change");
    house.wait_for("idle", "ready");
    assert!(house.proven("idle")["pr"].is_null());
    let said = house.say(&["pr", "idle"]);
    assert!(said.code == 3 && said.err.contains("it has no pull request"), "{said:?}");
}

fn ask(house: &House, request: Request) -> Reply {
    let home = house.home();
    let places = Places { config: home.join("config.toml"), runtime: home.clone(), apart: true, home };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut connection = client::connect_running(&places).await.expect("a daemon");
        connection.ask(request).await.expect("a reply")
    })
}

fn say(house: &House, line: u64, on: &str, text: &str) {
    let (path, on, text) = ("greeting.txt".to_owned(), on.to_owned(), text.to_owned());
    let command = Command::Comment { comment: Comment { path, side: Side::New, line, on, text } };
    let request = Request::Act { runs: vec!["greets".to_owned()], scope: Scope::All, command, by_hand_too: false };
    let Reply::Acted(acted) = ask(house, request) else { panic!("another reply") };
    assert_eq!(acted[0].code, protocol::Code::Done, "{acted:?}");
}

fn comments(house: &House) -> Vec<protocol::CommentRow> {
    let request = Request::Diff { run: "greets".to_owned(), scope: Scope::All, since: None, patch: false };
    let Reply::Diff(diff) = ask(house, request) else { panic!("another reply") };
    diff.comments
}

// They reach the agent, and are stale when their line changes.
#[test]
fn comments_outlive_the_daemon() {
    let (house, row) = ready("", "greets");
    say(&house, 1, "hello world", "say it to the moon");
    house.kill_daemon();
    let said = house.ok(&["pr", "greets"]);
    assert!(said.contains("greeting.txt:1 say it to the moon  (waits for a verdict)"), "{said}");
    let tree = Path::new(row["worktree"].as_str().expect("a worktree"));
    std::fs::write(tree.join("greeting.txt"), "above\nhello world\n").expect("written");
    assert_eq!(comments(&house)[0].now, Some(2), "it goes with its line");
    std::fs::write(tree.join("greeting.txt"), "hello mars\n").expect("written");
    assert_eq!(comments(&house)[0].now, None, "and is stale when that is gone");
    let said = house.ok(&["pr", "greets"]);
    assert!(said.contains("its line was changed since"), "{said}");
    house.ok(&["review", "greets", "--changes", "as below"]);
    wait_until("the agent to have been told", || {
        let folder = house.folder(&row).join("attempts");
        let told = std::fs::read_dir(folder).expect("attempts").flatten();
        let told: Vec<String> =
            told.filter_map(|attempt| std::fs::read_to_string(attempt.path().join("stdin.jsonl")).ok()).collect();
        let wanted = "greeting.txt line 1 (it was changed since)";
        if told.iter().any(|text| text.contains(wanted) && text.contains("say it to the moon")) {
            Ok(())
        } else {
            Err(format!("{told:?}"))
        }
    });
    wait_until("it to be ready again", || {
        let row = house.row("greets").ok_or("no such run")?;
        if row["status"] == "ready" && row["proof"]["stale"] == false { Ok(()) } else { Err(format!("{row:#}")) }
    });
    house.proven("greets");
    let said = comments(&house);
    assert!(said.len() == 1 && said[0].sent, "{said:?}");
    let record = record(&house);
    let remark = &record["reviews"][0]["given"]["comments"][0];
    assert_eq!((&remark["stale"], &remark["comment"]["text"]), (&true.into(), &"say it to the moon".into()));
}
