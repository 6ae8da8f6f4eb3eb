//! What an agent asks a person: read whole, answered question by question, and never by a policy.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A house with an agent that reads its task, says these lines and writes down every answer, a line each; `ANSWER` waits
/// for one.
fn house(reads: &str, lines: &[Value]) -> House {
    let house = House::new(BINARY, Repo::with_files(5));
    let said: Vec<String> = lines
        .iter()
        .map(|line| match line.as_str() {
            Some("ANSWER") => "read -r line; printf '%s\\n' \"$line\" >> answers.jsonl".to_owned(),
            Some("GO") => "while ! test -e go; do sleep 0.05; done".to_owned(),
            _ => format!("cat <<'LINE'\n{line}\nLINE"),
        })
        .collect();
    let program = house.home().join("agent.sh");
    testkit::script(&program, &format!("{}\ncat >/dev/null\nexit 0\n", said.join("\n")));
    let config = format!("[agent.mine]\ncommand = [{program:?}]\nreads = {reads:?}\n");
    fs::write(house.home().join("config.toml"), config).expect("a settings file");
    house
}

fn claude(lines: Vec<Value>) -> House {
    let init = json!({"type": "system", "subtype": "init", "session_id": "s1", "model": "m"});
    let done = json!({"type": "result", "subtype": "success", "is_error": false, "result": "done", "session_id": "s1"});
    let all: Vec<Value> = [json!("ANSWER"), init].into_iter().chain(lines).chain([done]).collect();
    house("claude-stream", &all)
}

/// Reads what the agent heard, after its task.
fn heard(row: &Value) -> Vec<Value> {
    let path: PathBuf = Path::new(row["worktree"].as_str().expect("a path")).join("answers.jsonl");
    let text = fs::read_to_string(path).expect("answers");
    text.lines().skip(1).map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn asks(id: &str, tool: &str, input: &Value) -> Value {
    json!({"type": "control_request", "request_id": id,
        "request": {"subtype": "can_use_tool", "tool_name": tool, "input": input}})
}

#[test]
fn only_a_person_answers_a_question() {
    let questions = json!({"questions": [
        {"question": "Which library?", "header": "Library", "options": [{"label": "serde", "description": "usual"}, {"label": "mini"}]},
        {"question": "It's which $(touch x)?", "header": "How", "multiSelect": true, "options": [{"label": "std"}, {"label": "derive"}]},
    ]});
    let house = claude(vec![asks("q-1", "AskUserQuestion", &questions), json!("ANSWER")]);
    house.ok(&["run", "do it", "--agent", "mine", "--name", "asks", "--policy", "all"]);
    let row = house.wait_for("asks", "waiting");
    let id = row["id"].as_str().expect("an id");
    let said = house.ok(&["triage"]);
    for part in [
        "| 1. Library: Which library?",
        "|    1 serde — usual",
        "|    2 derive",
        &format!("pilothouse send {id} --question q-1 ANSWER ANSWER"),
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(house.ok(&["show", "asks"]).contains("--question q-1 ANSWER ANSWER"));
    for wrong in [&["--allow"][..], &["--allow-run"], &["serde"], &["9", "std"]] {
        let said = house.say(&[&["send", "asks"], wrong].concat());
        assert!(said.code == 4 && said.err.contains("1 serde, 2 mini"), "{wrong:?}: {said:?}");
    }
    house.ok(&["send", "asks", "--question", "q-1", "2", "std, derive"]);
    let row = house.wait_for("asks", "ready");
    let answers = heard(&row)[0]["response"]["response"]["updatedInput"]["answers"].clone();
    assert_eq!(answers, json!({"Which library?": "mini", "It's which $(touch x)?": "std, derive"}));
    house.assert_replayed("asks");
}

#[test]
fn leave_reaches_only_its_own_question() {
    let first = asks("q-1", "Bash", &json!({"command": "ls"}));
    let second = asks("q-2", "Bash", &json!({"command": "rm -rf /important"}));
    let gone = json!({"type": "control_cancel_request", "request_id": "q-1"});
    let house = claude(vec![first, json!("GO"), second, gone, json!("ANSWER")]);
    house.ok(&["run", "do it", "--agent", "mine", "--name", "two", "--policy", "ask"]);
    let row = house.wait_for("two", "waiting");
    let said = house.ok(&["triage"]);
    let step = said.lines().find(|line| line.ends_with("--allow")).expect("what to type");
    let words: Vec<&str> = step.split_whitespace().skip(1).collect();
    fs::write(Path::new(row["worktree"].as_str().expect("a path")).join("go"), "").expect("written");
    wait_until("the second question", || {
        let row = house.row("two").expect("a row");
        if row["question"]["id"] == "q-2" { Ok(()) } else { Err(format!("{row:#}")) }
    });
    let said = house.say(&words);
    assert!(said.code == 4 && said.err.contains("it asks something else by now"), "{said:?}");
    house.ok(&["send", "two", "--question", "q-2", "--deny"]);
    let row = house.wait_for("two", "ready");
    assert_eq!(heard(&row)[0]["response"]["response"]["behavior"], "deny");
}

// And unknown requests are refused.
#[test]
fn a_form_asks_its_person() {
    let schema = json!({"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]});
    let unknown = json!({"type": "control_request", "request_id": "u", "request": {"subtype": "of_tomorrow"}});
    let form = json!({"type": "control_request", "request_id": "f", "request": {"subtype": "elicitation",
        "mcp_server_name": "bank", "message": "Transfer 500 EUR to Bob?", "requested_schema": schema}});
    let house = claude(vec![unknown, json!("ANSWER"), form, json!("ANSWER")]);
    house.ok(&["run", "do it", "--agent", "mine", "--name", "form", "--policy", "all"]);
    let row = house.wait_for("form", "waiting");
    assert!(row["reason"].as_str().is_some_and(|reason| reason.contains("Transfer 500 EUR to Bob?")), "{row:#}");
    assert!(house.ok(&["timeline", "form"]).contains("of_tomorrow"));
    house.ok(&["send", "form", "sure=yes"]);
    let row = house.wait_for("form", "ready");
    let heard = heard(&row);
    assert_eq!((&heard[0]["response"]["subtype"], &heard[0]["response"]["request_id"]), (&json!("error"), &json!("u")));
    assert_eq!(heard[1]["response"]["response"], json!({"action": "accept", "content": {"sure": true}}));
}

// Which has no place for them in an answer.
#[test]
fn words_reach_an_acp_agent() {
    let options = json!([{"optionId": "y", "kind": "allow_once"}, {"optionId": "n", "kind": "reject_once"}]);
    let call = json!({"toolCallId": "c", "kind": "execute", "rawInput": {"command": "node x"}});
    let lines = [
        json!("ANSWER"),
        json!({"id": 1, "result": {}}),
        json!("ANSWER"),
        json!({"id": 2, "result": {"sessionId": "s"}}),
        json!("ANSWER"),
        json!({"id": 9, "method": "session/request_permission", "params": {"toolCall": call, "options": options}}),
        json!("ANSWER"),
        json!({"id": 3, "result": {"stopReason": "end_turn"}}),
        json!("ANSWER"),
        json!({"id": 100, "result": {"stopReason": "end_turn"}}),
    ];
    let house = house("acp-without-tokens", &lines);
    house.ok(&["run", "do it", "--agent", "mine", "--name", "words", "--policy", "ask"]);
    house.wait_for("words", "waiting");
    house.ok(&["send", "words", "use python instead"]);
    let row = house.wait_for("words", "ready");
    let heard = heard(&row);
    assert_eq!(heard[2]["result"]["outcome"]["optionId"], "n", "{heard:#?}");
    assert_eq!(heard[3]["params"]["prompt"][0]["text"], "use python instead");
    house.assert_replayed("words");
}
