//! An agent with a screen of its own: shown, typed to, resized, taken over, left, and shown again.

use std::time::Duration;

use testkit::{House, Repo, TerminalSeat, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");
const DETACH: &str = "\u{1d}";

fn started() -> House {
    let house = House::new(BINARY, Repo::with_files(3));
    house.ok(&["run", "look after the shop", "--name", "shop", "--interactive"]);
    house
}

#[test]
fn an_attached_terminal_comes_back_unchanged() {
    let house = started();
    let mut seat = TerminalSeat::take(&house, &["attach", "shop"], 80, 24);
    seat.wait_until("the agent's screen, a line smaller", |s| {
        s.contains("rehearsal 80x23") && s.contains("look after the shop") && s.contains("ctrl-5 goes back")
    });
    assert_eq!(seat.emulator().cell(0, 0).expect("a cell").fgcolor(), vt100::Color::Idx(6), "with its own colours");
    seat.press("open at nine\r");
    seat.wait_until("the agent's answer", |s| s.contains("you said: open at nine"));
    seat.resize(100, 30);
    seat.wait_until("the agent's screen, larger", |s| s.contains("rehearsal 100x29"));
    seat.press(DETACH);
    let (code, raw) = seat.leave();
    assert_eq!(code, 0);
    assert!(raw.ends_with(b"\x1b[?25h") || String::from_utf8_lossy(&raw).contains("\u{1b}[?1049l"), "given back");
    assert_eq!(house.row("shop").expect("a row")["status"], "working", "the run goes on");
    assert_eq!(house.row("shop").expect("a row")["mode"], "interactive");

    house.kill_daemon();
    let mut again = TerminalSeat::take(&house, &["attach", "shop"], 80, 24);
    again.wait_until("the same screen, replayed", |s| {
        s.contains("you said: open at nine") && s.contains("rehearsal 80x23")
    });
    again.press("done\r");
    again.wait_until("the end", |s| s.contains("the agent has ended"));
    again.press(DETACH);
    assert_eq!(again.leave().0, 0);
    let row = house.wait_for("shop", "ready");
    let typed = std::fs::read_to_string(house.folder(&row).join("attempts/build.1/stdin.jsonl")).expect("a log");
    assert!(!typed.contains("nine"), "what a person types is nowhere kept");
    house.assert_over("shop");
}

// And keys typed meanwhile are never a verb.
#[test]
fn an_attached_terminal_outlives_the_daemon() {
    let house = started();
    for words in [vec!["attach", "shop"], vec![]] {
        let mut seat = TerminalSeat::take(&house, &words, 80, 24);
        if words.is_empty() {
            seat.wait_until("the runs", |s| s.contains("shop"));
            seat.press("a");
        }
        seat.wait_until("the agent's screen", |s| s.contains("look after the shop") && s.contains("ctrl-]"));
        let killed = house.daemon_pid();
        house.kill_daemon();
        // Terminate and yes, if these were keys of the cockpit.
        seat.press("xy");
        wait_until("another daemon", || match house.daemon_pid() {
            pid if pid.is_some() && pid != killed => Ok(()),
            pid => Err(format!("{pid:?}")),
        });
        // A word that the cockpit does not say itself.
        wait_until("the terminal to hear again", || {
            seat.press("knock");
            seat.listen(Duration::from_millis(100));
            if seat.screen().contains("knock") { Ok(()) } else { Err(seat.screen()) }
        });
        seat.press("\rstill here\r");
        seat.wait_until("the agent's answer", |s| s.contains("still here") && s.contains("look after the shop"));
        seat.press(DETACH);
        if words.is_empty() {
            seat.wait_until("the runs again", |s| s.contains("1 working"));
            seat.press("q");
        }
        assert_eq!(seat.leave().0, 0);
        assert_eq!(house.row("shop").expect("a row")["status"], "working");
    }
    assert!(!house.ok(&["timeline", "shop"]).contains("terminate"));
    house.ok(&["terminate", "shop", "--grace", "0s"]);
    house.assert_over("shop");
}

// And the first face is told.
#[test]
fn a_second_attach_takes_the_terminal() {
    let house = started();
    let mut first = TerminalSeat::take(&house, &["attach", "shop"], 80, 24);
    first.wait_until("the agent's screen", |s| s.contains("rehearsal 80x23"));
    let mut second = TerminalSeat::take(&house, &["attach", "shop"], 60, 20);
    second.wait_until("the agent's screen at its size", |s| s.contains("rehearsal 60x19"));
    first.wait_until("that it was taken over", |s| s.contains("another cockpit has taken it over"));
    first.press("lost words");
    first.press(DETACH);
    assert_eq!(first.leave().0, 0);
    second.press("mine\r");
    let screen = second.wait_until("what the second said", |s| s.contains("you said: mine"));
    assert!(!screen.contains("lost words"), "{screen}");
    second.press("fail\r");
    second.wait_until("the end", |s| s.contains("the agent has ended"));
    let row = house.wait_for("shop", "failed");
    assert!(row["reason"].as_str().expect("a reason").contains("exit 1"), "{row:#}");
}

#[test]
fn the_cockpit_attaches_over_its_whole_screen() {
    let house = started();
    let mut seat = TerminalSeat::take(&house, &[], 80, 24);
    seat.wait_until("the run at work", |s| s.contains("shop") && s.contains("1 working"));
    wait_until("the agent", || {
        house.row("shop").filter(|row| !row["pid"].is_null()).map(|_| ()).ok_or("none".to_owned())
    });
    seat.press("a");
    seat.wait_until("its screen", |s| s.contains("rehearsal 80x23"));
    // Keys that mean something in the cockpit are the agent's here.
    seat.press("xq?\r");
    seat.wait_until("that the agent has them", |s| s.contains("you said: xq?"));
    seat.press(DETACH);
    seat.wait_until("the runs", |s| s.contains("WORKING") && s.contains("1 working"));
    seat.press("q");
    assert_eq!(seat.leave().0, 0);
}

#[test]
fn a_screenless_agent_shows_its_output() {
    let house = House::new(BINARY, Repo::with_files(3));
    house.run("plain", "asks");
    house.wait_for("plain", "waiting");
    let mut seat = TerminalSeat::take(&house, &["attach", "plain"], 80, 24);
    seat.wait_until("its output", |s| s.contains("[Output]") && s.contains("I want to publish"));
    seat.press("q");
    assert_eq!(seat.leave().0, 0);
}
