//! How fast the cockpit is in a real terminal while a hundred agents talk, and how quiet while none does.

use std::path::Path;
use std::time::{Duration, Instant};

use color_eyre::eyre::{OptionExt, ensure};
use testkit::{House, Repo, TerminalSeat, wait_until};

use crate::feel::{KEYS, RUNS, events, keys, pause, spread, told};

pub(crate) fn run(binary: &Path) -> color_eyre::Result<Vec<String>> {
    let settings = "[limits]\nrunning = 100\nfree_space = \"1MB\"\n";
    let house = House::with_settings(&binary.to_string_lossy(), Repo::with_files(20), settings);
    house.ok(&["run", "talk", "--agent", "rehearsal:chatty", "--name", "talker", "--count", &RUNS.to_string()]);
    let at_work = |row: &serde_json::Value| row["status"] == "working" && row["last_event_at"].is_string();
    wait_until("all of them at work", || {
        let n = house.rows().iter().filter(|row| at_work(row)).count();
        if n == RUNS { Ok(()) } else { Err(format!("{n}")) }
    });
    let mut seat = TerminalSeat::take(&house, &[], 120, 40);
    seat.wait_until("the runs", |s| s.contains(&format!("{RUNS} working")));
    let keys = keys(&mut seat, ">")?;
    let plain = plain()?;
    seat.press("\r");
    seat.wait_until("the timeline", |s| s.contains("[Timeline]") && s.contains("written at "));
    let events = events(&mut seat);
    let busy = house.rows().iter().filter(|row| at_work(row)).count();
    let mut lines = told(&format!("key to finished frame, {RUNS} busy runs"), &keys).to_vec();
    lines.extend([
        format!("key to its echo by `cat` in the same minute: {}", spread(plain)),
        format!("event to cell, {RUNS} runs × 20 a second: {} ({busy} still at work afterwards)", spread(events)),
    ]);
    seat.press("q");
    seat.leave();
    house.ok(&["daemon", "stop"]);
    lines.push(idle(binary)?);
    Ok(lines)
}

/// Measures what the machine itself takes under the same load: a program that writes back what it reads, and nothing
/// else.
fn plain() -> color_eyre::Result<Vec<f64>> {
    let command = pty_process::blocking::Command::new("sh").args(["-c", "stty raw -echo; echo ready; exec cat"]);
    let mut seat = TerminalSeat::of(command, 80, 24);
    seat.wait_until("cat", |s| s.contains("ready"));
    let mut took = Vec::new();
    for n in 0..KEYS {
        let pressed = Instant::now();
        seat.press("j");
        let at = seat.next_bytes(Duration::from_secs(10)).ok_or_eyre("an echo")?;
        took.push(at.duration_since(pressed).as_secs_f64() * 1e3);
        seat.listen(pause(n));
    }
    drop(seat.cut().kill());
    Ok(took)
}

/// Bytes that a cockpit writes in ten seconds in which nothing changes.
fn idle(binary: &Path) -> color_eyre::Result<String> {
    let house = House::new(&binary.to_string_lossy(), Repo::with_files(20));
    for n in 0..20 {
        house.run(&format!("asks-{n}"), "asks");
    }
    for n in 0..16 {
        house.wait_for(&format!("asks-{n}"), "waiting");
    }
    let mut seat = TerminalSeat::take(&house, &[], 120, 40);
    seat.wait_until("the runs", |s| s.contains("16 need you"));
    // The processor's first rate comes after five seconds.
    seat.listen(Duration::from_secs(8));
    let bytes: Vec<usize> = (0..10).map(|_| seat.listen(Duration::from_secs(1))).collect();
    let quiet = bytes.iter().filter(|n| **n == 0).count();
    seat.press("q");
    ensure!(seat.leave().0 == 0, "the cockpit leaves");
    Ok(format!("idle, 20 runs: {} bytes in 10 s, {quiet} of 10 seconds without any", bytes.iter().sum::<usize>()))
}
