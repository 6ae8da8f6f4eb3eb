//! Daemon and gateway killed at any moment: each call counts once, and no stream is cut that need not be.

use std::collections::BTreeSet;

use domain::Body;
use serde_json::Value;
use testkit::wait_until;

use crate::office::Office;

/// The ids of the calls in a run's timeline, each of which may stand there once.
fn calls(office: &Office, row: &Value) -> usize {
    let events = evidence::read(&office.house.folder(row)).expect("a timeline");
    let ids: Vec<String> = events
        .into_iter()
        .filter_map(|e| if let Body::ModelCalled(call) = e.body { Some(call.id) } else { None })
        .collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "each once: {ids:?}");
    ids.len()
}

#[test]
fn killed_daemons_miss_and_repeat_no_call() {
    let office = Office::new("ok");
    let row = office.run("goes-on", &[]);
    for asked in [2, 5, 9] {
        office.until_asked(asked);
        office.house.kill_daemon();
        // The next command starts another one.
        let _status = office.say(&["status"]);
    }
    let ready = office.house.wait_for("goes-on", "ready");
    assert_eq!(calls(&office, &row), 12);
    office.assert_billed(&ready);
    office.house.assert_over("goes-on");
}

// The cut call is counted as far as it is known.
#[test]
fn a_gateway_killed_midstream_is_replaced() {
    let office = Office::new("hangonce");
    let row = office.run("cut", &[]);
    let file = office.house.folder(&row).join("calls.jsonl");
    wait_until("the bill of the first call", || {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if text.contains("known") { Ok(()) } else { Err(text) }
    });
    let port = gateway::serving(&office.house.home()).expect("readable").expect("it serves").port;
    office.house.kill_gateway();
    let ready = office.house.wait_for("cut", "ready");
    assert_eq!(gateway::serving(&office.house.home()).expect("readable").expect("it serves").port, port);
    assert_eq!((calls(&office, &row), ready["calls_cut"].as_u64()), (13, Some(1)), "{ready:#}");
    office.assert_billed(&ready);
    let shown = office.house.ok(&["show", "cut", "--calls"]);
    assert!(shown.contains("the gateway was killed"), "{shown}");
    office.house.assert_over("cut");
}

#[test]
fn both_killed_at_once_come_back() {
    let office = Office::new("ok");
    let row = office.run("both", &[]);
    office.until_asked(3);
    office.house.kill_daemon();
    office.house.kill_gateway();
    // A person's next command brings both back, with the key.
    let _status = office.say(&["status"]);
    let ready = office.house.wait_for("both", "ready");
    assert!(calls(&office, &row) >= 12);
    // Unless one was cut in the middle, whose bill nobody may have told.
    if ready["calls_cut"] == 0 {
        office.assert_billed(&ready);
    }
    office.house.assert_over("both");
}

#[test]
fn a_paused_agents_answer_is_read_whole() {
    let office = Office::new("slow");
    office.run("rests", &[]);
    office.until_asked(1);
    office.house.ok(&["pause", "rests"]);
    office.house.wait_for("rests", "paused");
    // The provider is done with it, though nobody reads.
    wait_until("the whole answer to be billed", || match office.provider.billed(&office.path)[0].tokens.output {
        158 => Ok(()),
        other => Err(other.to_string()),
    });
    assert_eq!(office.provider.asked(&office.path), 1);
    office.house.ok(&["resume", "rests"]);
    office.until_asked(2);
    let calls = office.house.json(&["show", "rests", "--calls", "--json"]);
    assert_eq!((&calls[0]["end"], &calls[0]["status"]), (&"whole".into(), &200.into()), "{calls:#}");
    office.house.ok(&["terminate", "rests", "--grace", "0s"]);
}

#[test]
fn the_next_daemon_counts_late_calls() {
    let office = Office::new("slow");
    let row = office.run("late", &[]);
    office.until_asked(1);
    let file = office.house.folder(&row).join("calls.jsonl");
    wait_until("the bill of the call", || {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if text.contains("known") { Ok(()) } else { Err(text) }
    });
    // Whoever is to write down how the call ended is gone before the run is.
    office.house.kill_gateway();
    office.house.ok(&["terminate", "late", "--grace", "0s"]);
    office.house.kill_daemon();
    let row = wait_until("the call to be told", || {
        let row = office.house.row("late").expect("a row");
        if row["calls"].as_u64() == Some(1) { Ok(row) } else { Err(row.to_string()) }
    });
    assert_eq!((row["status"].as_str(), row["calls_cut"].as_u64()), (Some("terminated"), Some(1)), "{row:#}");
    office.assert_billed(&row);
}
