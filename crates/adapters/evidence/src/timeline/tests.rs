//! Timelines through every kind of interruption.

use std::fs;

use domain::event::Note;

use super::*;

fn note(text: &str) -> (Option<AttemptKey>, Body) {
    (None, Note { text: text.to_owned() }.into())
}

fn at() -> Timestamp {
    Timestamp::from_millis(1_795_189_978_668)
}

fn stdout(to: u64) -> Source {
    Source { file: "stdout".to_owned(), to: Some(to) }
}

#[test]
fn the_chain_is_what_sha256sum_gives() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut timeline = Timeline::open(temp.path()).expect("new").timeline;
    timeline.append(at(), vec![note("a"), note("b")], None).expect("room");
    let text = fs::read_to_string(temp.path().join("timeline.jsonl")).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        format!(
            r#"{{"v":1,"seq":1,"at":"2026-11-20T15:52:58.668Z","kind":"note","data":{{"text":"a"}},"prev":"{GENESIS}"}}"#
        )
    );
    assert!(lines[1].ends_with(&format!(r#""prev":"{}"}}"#, sha256_hex(lines[0].as_bytes()))));
    assert_eq!(timeline.head(), sha256_hex(lines[1].as_bytes()));
    assert_eq!(timeline.len(), text.len() as u64);
}

#[test]
fn every_prefix_opens_and_goes_on() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut timeline = Timeline::open(temp.path()).expect("new").timeline;
    timeline.append(at(), vec![note("first")], None).expect("room");
    timeline.append(at(), vec![note("x"), note("y"), note("z")], Some(&stdout(100))).expect("room");
    timeline.append(at(), vec![note("last")], None).expect("room");
    let bytes = fs::read(temp.path().join("timeline.jsonl")).expect("bytes");
    for cut in 0..=bytes.len() {
        let temp = tempfile::tempdir().expect("a folder");
        fs::write(temp.path().join("timeline.jsonl"), &bytes[..cut]).expect("writable");
        let mut opened = Timeline::open(temp.path()).unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
        // The batch of three is there whole or not at all.
        assert!(matches!(opened.events.len(), 0 | 1 | 4 | 5), "cut at {cut}: {} events", opened.events.len());
        let torn = fs::read(temp.path().join("timeline.torn")).unwrap_or_default();
        assert_eq!(opened.timeline.len() + torn.len() as u64, cut as u64, "cut at {cut}: bytes were lost");
        assert_eq!(torn.len() as u64, opened.torn);
        opened.timeline.append(at(), vec![note("after")], None).expect("room");
        let again = Timeline::open(temp.path()).unwrap_or_else(|e| panic!("cut at {cut}, gone on: {e}"));
        assert_eq!(again.events.len(), opened.events.len() + 1);
        assert_eq!(again.torn, 0);
    }
}

#[test]
fn a_changed_event_is_named_not_cut() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut timeline = Timeline::open(temp.path()).expect("new").timeline;
    timeline.append(at(), vec![note("one"), note("two"), note("three")], None).expect("room");
    let path = temp.path().join("timeline.jsonl");
    let text = fs::read_to_string(&path).expect("text").replace("one", "0ne");
    fs::write(&path, &text).expect("writable");
    let error = Timeline::open(temp.path()).expect_err("a broken chain");
    assert!(error.to_string().contains("line 2"), "{error}");
    assert_eq!(fs::read_to_string(&path).expect("text"), text);
    assert!(read(temp.path()).is_err());
}

#[test]
fn a_half_written_batch_stays_out() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut timeline = Timeline::open(temp.path()).expect("new").timeline;
    timeline.append(at(), vec![note("kept")], None).expect("room");
    // What a short write on a full disk leaves behind.
    timeline.file.write_all(b"{\"v\":1,\"se").expect("room");
    timeline.overhang = true;
    timeline.append(at(), vec![note("after space came back")], None).expect("room");
    let opened = Timeline::open(temp.path()).expect("whole");
    assert_eq!((opened.events.len(), opened.torn), (2, 0));
}

#[test]
fn pieces_give_what_the_whole_gives() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut timeline = Timeline::open(temp.path()).expect("new").timeline;
    for n in 0..20 {
        timeline.append(at(), vec![note(&format!("{n} {}", "x".repeat(200)))], None).expect("room");
    }
    let mut reader = TimelineReader::open(temp.path()).expect("a timeline");
    let mut lines = Vec::new();
    while let Some(piece) = reader.piece(3, 700).map(|piece| (!piece.is_empty()).then_some(piece)).expect("whole") {
        assert!((1..=3).contains(&piece.len()), "{}", piece.len());
        lines.extend(piece);
    }
    let whole = fs::read_to_string(temp.path().join("timeline.jsonl")).expect("text");
    assert_eq!(lines, whole.lines().skip(2).collect::<Vec<_>>());
    // What is being written is left for the next time, and what was added is found then.
    timeline.file.write_all(b"{\"v\":1,\"se").expect("room");
    assert!(reader.piece(1, 700).expect("readable").is_empty());
    timeline.overhang = true;
    timeline.append(at(), vec![note("added")], None).expect("room");
    assert!(reader.piece(1, 700).expect("readable")[0].contains("added"));
}

#[test]
fn pieces_name_a_changed_event() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut timeline = Timeline::open(temp.path()).expect("new").timeline;
    timeline.append(at(), vec![note("one"), note("two"), note("three")], None).expect("room");
    let path = temp.path().join("timeline.jsonl");
    fs::write(&path, fs::read_to_string(&path).expect("text").replace("one", "0ne")).expect("writable");
    let mut reader = TimelineReader::open(temp.path()).expect("a timeline");
    assert_eq!(reader.piece(1, 1).expect("the first is an event").len(), 1);
    let error = reader.piece(1, 1).expect_err("a broken chain");
    assert!(error.to_string().contains("line 2"), "{error}");
}
