//! An agent that asks with its last words: they are seen, its worktree stays, and an answer goes on in its session.

use std::fs;
use std::path::Path;

use serde_json::Value;
use testkit::{House, Repo};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A house whose agent asks the first time, and does as it is told the next time.
fn house() -> House {
    let house = House::new(BINARY, Repo::with_files(5));
    let heard = house.home().join("heard.jsonl");
    let script = format!(
        r#"test "$1" = --version && echo '2.1.197 (Claude Code)' && exit
read -r task
printf '%s\n' "$task" >> {heard:?}
printf '%s\n' '{{"type":"system","subtype":"init","session_id":"s1","model":"m"}}'
if test "$(wc -l < {heard:?})" = 1; then
printf '%s\n' '{{"type":"assistant","message":{{"id":"m1","content":[{{"type":"text","text":"I looked at it.\n\nShall I proceed?"}}]}}}}'
else
echo x > made.txt
printf '%s\n' '{{"type":"assistant","message":{{"id":"m2","content":[{{"type":"text","text":"Done."}}]}}}}'
fi
printf '%s\n' '{{"type":"result","subtype":"success","is_error":false,"result":"","session_id":"s1"}}'
cat >/dev/null
exit 0
"#
    );
    let program = house.home().join("agent.sh");
    testkit::script(&program, &script);
    let config = format!("[agent.claude]\npath = {program:?}\ngateway = false\n");
    fs::write(house.home().join("config.toml"), config).expect("a settings file");
    house
}

fn heard(house: &House) -> Vec<Value> {
    let text = fs::read_to_string(house.home().join("heard.jsonl")).expect("what it heard");
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["message"]["content"][0].clone())
        .collect()
}

// In the same session.
#[test]
fn asking_last_words_are_answered() {
    let house = house();
    house.ok(&["run", "do it", "--agent", "claude", "--name", "asks"]);
    let row = house.wait_for("asks", "ready");
    assert_eq!((&row["needs_you"], &row["removed"]), (&true.into(), &false.into()), "{row:#}");
    assert!(row["reason"].as_str().is_some_and(|reason| reason.contains("it asks: Shall I proceed?")), "{row:#}");
    let said = house.ok(&["triage"]);
    assert!(said.contains(&format!("send {} TEXT", row["id"].as_str().expect("an id"))), "{said}");
    assert!(house.ok(&["show", "asks"]).contains("Shall I proceed?"));
    house.ok(&["send", "asks", "yes, do"]);
    let row = house.wait_for("asks", "ready");
    assert_eq!(heard(&house)[1]["text"], "yes, do", "nothing else is said to it");
    assert!(Path::new(row["worktree"].as_str().expect("a path")).join("made.txt").exists());
    assert_eq!(row["needs_you"], false, "{row:#}");
    let said = house.say(&["send", "asks", "more"]);
    assert!(said.code == 4 && said.err.contains("--changes"), "{said:?}");
    house.assert_replayed("asks");
}

#[test]
fn an_answer_brings_back_what_was_removed() {
    let house = house();
    house.ok(&["run", "do it", "--agent", "claude", "--name", "gone"]);
    house.wait_for("gone", "ready");
    house.ok(&["rm", "gone", "--yes"]);
    house.ok(&["send", "gone", "yes"]);
    let row = house.wait_for("gone", "ready");
    assert!(Path::new(row["worktree"].as_str().expect("a path")).join("made.txt").exists(), "{row:#}");
    assert_eq!(heard(&house)[1]["text"], "yes");
    house.assert_replayed("gone");
}
