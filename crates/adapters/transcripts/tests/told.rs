//! Session files and transcripts as agents write them, line by line.

use std::fs;
use std::io::Write;
use std::path::Path;

use agents::observed::Doing;
use transcripts::{Told, Transcripts};

const SESSION: &str = "8a0fed58-edaf-449c-8960-2fdf90a59818";

fn says(config: &Path, pid: u32, start: u64, status: &str) {
    let text = format!(
        r#"{{"pid":{pid},"sessionId":"{SESSION}","cwd":"/tmp/shop.feature","procStart":"{start}","status":"{status}",
        "statusUpdatedAt":1795296507346}}"#
    );
    fs::create_dir_all(config.join("sessions")).expect("a folder");
    fs::write(config.join(format!("sessions/{pid}.json")), text).expect("written");
}

fn answer(id: &str, output: u64) -> String {
    format!(
        r#"{{"type":"assistant","timestamp":"2026-11-21T21:28:46.802Z","message":{{"id":"{id}","model":"opus",
"usage":{{"input_tokens":1,"output_tokens":{output}}}}}}}"#
    )
    .replace('\n', "")
}

fn add(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path).expect("a file");
    file.write_all(text.as_bytes()).expect("written");
}

fn output(told: &Told) -> Option<u64> {
    told.tokens.map(|tokens| tokens.output)
}

#[test]
fn a_session_is_followed_as_it_grows_with_its_subagents() {
    let config = tempfile::tempdir().expect("a folder");
    let config = config.path();
    let mut transcripts = Transcripts::default();
    assert_eq!(transcripts.claude(config, &[(7, 70)]), Told::default(), "nothing is known of it");

    says(config, 7, 70, "busy");
    let told = transcripts.claude(config, &[(6, 60), (7, 70)]);
    assert_eq!((told.doing.clone(), output(&told)), (Some(Doing::Working), None), "{told:?}");

    let path = config.join(format!("projects/-tmp-shop-feature/{SESSION}.jsonl"));
    add(&path, &format!("{}\n{}", answer("a", 5), &answer("b", 7)[..40]));
    assert_eq!(output(&transcripts.claude(config, &[(7, 70)])), Some(5), "half a line is none yet");
    add(&path, &format!("{}\n", &answer("b", 7)[40..]));
    add(&path, &format!("{}\n", answer("b", 7)));
    assert_eq!(output(&transcripts.claude(config, &[(7, 70)])), Some(12));
    add(&path.with_extension("").join("subagents/agent-x.jsonl"), &format!("{}\n", answer("c", 100)));
    let told = transcripts.claude(config, &[(7, 70)]);
    assert_eq!((output(&told), told.transcripts.len()), (Some(112), 2), "{told:?}");
    assert_eq!(told.model.as_deref(), Some("opus"));

    // Written anew, as when a session is rewritten.
    fs::remove_file(&path).expect("removed");
    add(&path, &format!("{}\n", answer("d", 1)));
    assert_eq!(output(&transcripts.claude(config, &[(7, 70)])), Some(101));
}

#[test]
fn the_file_of_another_process_with_the_same_number_says_nothing() {
    let config = tempfile::tempdir().expect("a folder");
    says(config.path(), 7, 70, "waiting");
    assert_eq!(Transcripts::default().claude(config.path(), &[(7, 71)]), Told::default());
}

#[test]
fn a_rollout_tells_when_a_turn_is_over_and_not_what_is_done_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rollout-2026-11-21T21-29-03-t1.jsonl");
    let other = folder.path().join("history.jsonl");
    add(&other, "{\"type\":\"event_msg\",\"payload\":{\"type\":\"task_started\"}}\n");
    add(&path, "{\"type\":\"event_msg\",\"payload\":{\"type\":\"task_started\"}}\n");
    let mut transcripts = Transcripts::default();
    let told = transcripts.codex(&[other.clone(), path.clone()]);
    assert_eq!((told.in_turn, told.doing.clone(), told.transcripts.len()), (true, None, 1), "{told:?}");
    add(&path, "{\"type\":\"event_msg\",\"payload\":{\"type\":\"task_complete\"}}\n");
    let told = transcripts.codex(&[other, path]);
    assert_eq!((told.in_turn, told.doing), (false, Some(Doing::Idle)));
}
