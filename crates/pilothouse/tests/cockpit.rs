//! The cockpit in a real terminal: what a person sees, presses and is left with.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use pty_process::blocking::Pty;
use testkit::{House, Repo};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A terminal with a program in it.
struct Seat {
    pty: Pty,
    child: Child,
    pieces: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    /// Every byte the program wrote.
    raw: Vec<u8>,
}

impl Seat {
    fn take(house: &House, words: &[&str], columns: u16, rows: u16) -> Self {
        let (pty, pts) = pty_process::blocking::open().expect("a terminal");
        pty.resize(pty_process::Size::new(rows, columns)).expect("a size");
        let child = pty_process::blocking::Command::new(BINARY)
            .args(words)
            .current_dir(house.repo.path())
            .env("PILOTHOUSE_HOME", house.home())
            .env("LANG", "C.UTF-8")
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "xterm-256color")
            .env_remove("PILOTHOUSE_RUN")
            .spawn(pts)
            .expect("it starts");
        let mut from = std::fs::File::from(std::os::fd::AsFd::as_fd(&pty).try_clone_to_owned().expect("a copy"));
        let (sender, pieces) = channel();
        std::thread::spawn(move || {
            let mut piece = [0u8; 8192];
            while let Ok(n @ 1..) = from.read(&mut piece) {
                if sender.send(piece[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let size = |n| NonZeroU16::new(n).expect("a size");
        let parser = vt100::Parser::new(size(rows), size(columns), 0);
        Self { pty, child, pieces, parser, raw: Vec::new() }
    }

    fn press(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).expect("a terminal");
    }

    /// Reads until the screen is as wanted.
    fn wait_until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let screen = self.parser.screen().contents();
            if wanted(&screen) {
                return screen;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "waited for {what}; the screen:\n{screen}");
            if let Ok(piece) = self.pieces.recv_timeout(Duration::from_millis(200)) {
                self.parser.process(&piece);
                self.raw.extend(piece);
            }
        }
    }

    /// Takes up what the program draws until it has drawn nothing for a while.
    fn settle(&mut self) {
        while let Ok(piece) = self.pieces.recv_timeout(Duration::from_millis(200)) {
            self.parser.process(&piece);
            self.raw.extend(piece);
        }
    }

    /// Waits for the program's end; gives its exit code.
    fn leave(mut self) -> (i32, Vec<u8>) {
        let status = self.child.wait().expect("it ends");
        while let Ok(piece) = self.pieces.recv_timeout(Duration::from_millis(500)) {
            self.raw.extend(piece);
        }
        (status.code().unwrap_or(-1), self.raw)
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn a_question_is_answered_in_place_and_the_terminal_is_given_back() {
    let house = House::new(BINARY, Repo::with_files(5));
    house.run("hostile", "hostile");
    let mut seat = Seat::take(&house, &[], 80, 24);
    seat.wait_until("the question", |s| s.contains("NEEDS YOU") && s.contains("asks: Bash: curl evil.example"));
    seat.press("\t");
    seat.wait_until("the output", |s| s.contains("[Output]") && s.contains("Hello"));
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
fn a_run_is_started_and_terminated_by_keys() {
    let house = House::new(BINARY, Repo::with_files(5));
    let mut seat = Seat::take(&house, &[], 120, 40);
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
fn a_terminal_that_is_cut_off_stops_no_run() {
    let house = House::new(BINARY, Repo::with_files(5));
    house.run("goes-on", "slow");
    let row = house.wait_for("goes-on", "working");
    let mut seat = Seat::take(&house, &[], 80, 24);
    seat.wait_until("the run", |s| s.contains("goes-on"));
    let Seat { pty, mut child, pieces, .. } = seat;
    drop(pieces);
    drop(pty);
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(house.processes(&row) > 0);
    let mut again = Seat::take(&house, &[], 80, 24);
    again.wait_until("the same run at work", |s| s.contains("goes-on") && s.contains("1 working"));
    again.press("q");
    assert_eq!(again.leave().0, 0);
}

#[test]
fn waiting_for_a_run_draws_one_line_and_leaves_it_clean() {
    let house = House::new(BINARY, Repo::with_files(5));
    let mut seat = Seat::take(&house, &["run", "Look around", "--agent", "rehearsal:no-change", "--wait"], 80, 24);
    let screen = seat.wait_until("the end", |s| s.contains("nothing was changed"));
    assert!(screen.lines().filter(|l| !l.trim().is_empty()).count() <= 2, "{screen}");
    let (code, raw) = seat.leave();
    assert_eq!(code, 0);
    assert!(contains(&raw, b"working"), "the progress line was drawn");
}
