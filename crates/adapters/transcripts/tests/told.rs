//! Session files and transcripts as agents write them, line by line.

use std::fs;
use std::io::Write;
use std::path::Path;

use domain::doing::Doing;
use transcripts::{Seen, Transcripts};

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

fn output(seen: &Seen) -> Option<u64> {
    seen.told.tokens().map(|tokens| tokens.output)
}

#[test]
fn a_growing_session_counts_its_subagents() {
    let config = tempfile::tempdir().expect("a folder");
    let config = config.path();
    let mut transcripts = Transcripts::default();
    assert!(transcripts.claude(config, &[(7, 70)]).told.silent, "nothing is known of it");

    says(config, 7, 70, "busy");
    let seen = transcripts.claude(config, &[(6, 60), (7, 70)]);
    assert_eq!((seen.told.doing.clone(), output(&seen)), (Some(Doing::Working), None), "{seen:?}");

    let path = config.join(format!("projects/-tmp-shop-feature/{SESSION}.jsonl"));
    add(&path, &format!("{}\n{}", answer("a", 5), &answer("b", 7)[..40]));
    assert_eq!(output(&transcripts.claude(config, &[(7, 70)])), Some(5), "half a line is none yet");
    add(&path, &format!("{}\n", &answer("b", 7)[40..]));
    add(&path, &format!("{}\n", answer("b", 7)));
    assert_eq!(output(&transcripts.claude(config, &[(7, 70)])), Some(12));
    add(&path.with_extension("").join("subagents/agent-x.jsonl"), &format!("{}\n", answer("c", 100)));
    let seen = transcripts.claude(config, &[(7, 70)]);
    assert_eq!((output(&seen), seen.transcripts.len()), (Some(112), 2), "{seen:?}");
    assert_eq!(seen.told.model.as_deref(), Some("opus"));

    // Written anew, as when a session is rewritten.
    fs::remove_file(&path).expect("removed");
    add(&path, &format!("{}\n", answer("d", 1)));
    assert_eq!(output(&transcripts.claude(config, &[(7, 70)])), Some(101));
}

#[test]
fn a_reused_pids_session_file_says_nothing() {
    let config = tempfile::tempdir().expect("a folder");
    says(config.path(), 7, 70, "waiting");
    let seen = Transcripts::default().claude(config.path(), &[(7, 71)]);
    assert_eq!((seen.told.silent, seen.told.session, seen.says), (true, None, None));
}

#[test]
fn a_rollout_tells_only_when_turns_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rollout-2026-11-21T21-29-03-t1.jsonl");
    let other = folder.path().join("history.jsonl");
    add(&other, "{\"type\":\"event_msg\",\"payload\":{\"type\":\"task_started\"}}\n");
    add(&path, "{\"type\":\"event_msg\",\"payload\":{\"type\":\"task_started\"}}\n");
    let mut transcripts = Transcripts::default();
    let seen = transcripts.codex(&[other.clone(), path.clone()]);
    assert_eq!((seen.told.in_turn, seen.told.doing.clone(), seen.transcripts.len()), (true, None, 1), "{seen:?}");
    add(&path, "{\"type\":\"event_msg\",\"payload\":{\"type\":\"task_complete\"}}\n");
    let seen = transcripts.codex(&[other, path]);
    assert_eq!((seen.told.in_turn, seen.told.doing), (false, Some(Doing::Idle)));
}

#[test]
fn odd_transcript_files_stop_and_fill_nothing() {
    let config = tempfile::tempdir().expect("a folder");
    let config = config.path();
    says(config, 7, 70, "busy");
    let path = config.join(format!("projects/-tmp-shop-feature/{SESSION}.jsonl"));
    add(&path, &format!("{}\n", answer("a", 5)));
    // A line without end, and something that nobody ever writes to.
    let below = path.with_extension("").join("subagents");
    add(&below.join("long.jsonl"), "");
    fs::File::options()
        .write(true)
        .open(below.join("long.jsonl"))
        .and_then(|file| file.set_len(70 << 20))
        .expect("room");
    let fifo = std::process::Command::new("mkfifo").arg(below.join("pipe.jsonl")).status().expect("mkfifo");
    assert!(fifo.success());
    let mut transcripts = Transcripts::default();
    let seen = transcripts.claude(config, &[(7, 70)]);
    assert_eq!((seen.told.behind, output(&seen)), (true, None), "a sum of what was read so far would be too small");
    for _ in 0..2 {
        transcripts.claude(config, &[(7, 70)]);
    }
    add(&below.join("long.jsonl"), &format!("\n{}\n", answer("b", 7)));
    let seen = transcripts.claude(config, &[(7, 70)]);
    assert_eq!((seen.told.behind, output(&seen)), (false, Some(12)), "the line after it is read");
}
