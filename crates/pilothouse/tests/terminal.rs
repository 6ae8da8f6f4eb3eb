//! The cockpit's manners: what it needs of a terminal, how it leaves one, and what it does not do to it.

use std::time::Duration;

use testkit::{House, Repo, TerminalSeat, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

fn house(scenarios: &[(&str, &str)]) -> House {
    let house = House::new(BINARY, Repo::with_files(3));
    for (name, scenario) in scenarios {
        house.run(name, scenario);
    }
    house
}

fn has(raw: &[u8], text: &str) -> bool {
    raw.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The terminal is as it was: the other screen, the mouse and pastes are off, the cursor is shown.
fn assert_given_back(raw: &[u8], how: &str) {
    let begun = raw.windows(8).rposition(|w| w == b"\x1b[?1049h").expect("the other screen was used");
    for sequence in ["\u{1b}[?1049l", "\u{1b}[?1000l", "\u{1b}[?1006l", "\u{1b}[?2004l", "\u{1b}[?25h"] {
        assert!(has(&raw[begun..], sequence), "{how}: {sequence:?} is missing");
    }
}

fn signal(pid: u32, signal: &str) {
    let sent = std::process::Command::new("kill").args([signal, &pid.to_string()]).status().expect("kill");
    assert!(sent.success());
}

#[test]
fn an_undrawable_terminal_is_refused_with_advice() {
    let house = house(&[]);
    let seat = TerminalSeat::with(&house, &[], 80, 24, &[("TERM", "dumb")]);
    let (code, raw) = seat.leave();
    assert_eq!(code, 6);
    assert!(has(&raw, "pilothouse triage") && !has(&raw, "\u{1b}["), "{}", String::from_utf8_lossy(&raw));
    let piped = house.say(&[]);
    assert_eq!(piped.code, 6);
    assert!(piped.err.contains("pilothouse triage"), "{}", piped.err);
}

#[test]
fn the_cockpit_always_returns_the_terminal() {
    let house = house(&[("one", "slow")]);
    for how in ["-TERM", "-HUP", "crash"] {
        let mut seat = TerminalSeat::with(&house, &[], 80, 24, &[("PILOTHOUSE_TEST_CRASH", "1")]);
        seat.wait_until("the run", |s| s.contains("1 working"));
        match how {
            "crash" => seat.press("\u{1b}[24~"),
            how => signal(seat.pid(), how),
        }
        let (code, raw) = seat.leave();
        assert_given_back(&raw, how);
        assert_eq!(code, if how == "crash" { 101 } else { 0 }, "{how}");
    }
    assert_eq!(house.row("one").expect("a row")["status"], "working");
}

#[test]
fn a_shell_borrows_the_terminal() {
    let house = house(&[("one", "slow")]);
    let command = pty_process::blocking::Command::new("sh")
        .args(["-i"])
        .current_dir(house.repo.path())
        .env("PILOTHOUSE_HOME", house.home())
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "xterm-256color")
        .env("PS1", "READY-> ")
        .env("ENV", "");
    let mut seat = TerminalSeat::of(command, 80, 24);
    seat.wait_until("the shell", |s| s.contains("READY->"));
    seat.press(&format!("{BINARY}\r"));
    seat.wait_until("the cockpit", |s| s.contains("1 working"));
    seat.press("\u{1a}");
    seat.wait_until("the shell again", |s| s.contains("Stopped") && s.trim_end().ends_with("READY->"));
    seat.press("echo $((6*7))\r");
    seat.wait_until("that the shell works", |s| s.contains("42"));
    seat.press("fg\r");
    seat.wait_until("the cockpit again", |s| s.contains("1 working") && !s.contains("READY"));
    // Stopped from outside it had no time to give the terminal back; it comes back all the same.
    seat.press("?");
    seat.wait_until("that it hears keys", |s| s.contains("In the table of runs") || s.contains("go to the next run"));
    seat.press("\u{1b}");
    seat.wait_until("the runs", |s| s.contains("WORKING"));
    seat.press("q");
    seat.wait_until("the shell at last", |s| s.trim_end().ends_with("READY->"));
    seat.press("exit\r");
    assert_eq!(seat.leave().0, 0);
}

#[test]
fn nothing_is_written_while_nothing_changes() {
    let house = house(&[("asks", "asks")]);
    house.wait_for("asks", "waiting");
    let mut seat = TerminalSeat::take(&house, &[], 120, 40);
    seat.wait_until("the question and its measured disk", |s| s.contains("asks: Bash") && s.contains("disk"));
    seat.settle();
    // A minute's tick may fall into one look; never into most of them.
    let quiet = (0..5).filter(|_| seat.listen(Duration::from_secs(1)) == 0).count();
    assert!(quiet >= 3, "only {quiet} of 5 seconds were quiet");
    seat.press("q");
    assert_eq!(seat.leave().0, 0);
}

#[test]
fn colours_signs_and_mouse_follow_the_person() {
    let house = house(&[("one", "asks"), ("two", "slow")]);
    house.wait_for("one", "waiting");
    let mut seat = TerminalSeat::with(&house, &[], 80, 24, &[("NO_COLOR", "1"), ("LC_ALL", "C"), ("LANG", "C")]);
    let screen = seat.wait_until("the runs", |s| s.contains("asks: Bash") && s.contains("two"));
    assert!(screen.is_ascii(), "{screen}");
    for row in 0..24 {
        for column in 0..80 {
            let cell = seat.emulator().cell(row, column).expect("a cell");
            assert_eq!(cell.fgcolor(), vt100::Color::Default, "row {row}, column {column}");
        }
    }
    assert!(has(&seat.raw, "\u{1b}[?1000h") && !has(&seat.raw, "\u{1b}[?1003h"), "presses, but no mere motion");
    let second = screen.lines().position(|line| line.contains("two")).expect("its row");
    seat.press(&format!("\u{1b}[<0;10;{}M", second + 1));
    seat.wait_until("the run that was clicked", |s| {
        s.lines().any(|line| line.starts_with('>') && line.contains("two"))
    });
    seat.raw.clear();
    seat.press("M");
    seat.wait_until("that the mouse is the terminal's", |s| s.contains("the mouse selects text"));
    assert!(has(&seat.raw, "\u{1b}[?1000l"));
    seat.press("q");
    assert_eq!(seat.leave().0, 0);
}

// And a copy goes to the person's own clipboard.
#[test]
fn a_need_is_told_once() {
    let settings = "[cockpit]\nnotify = [\"bell\", \"osc9\"]\n";
    let house = House::with_settings(BINARY, Repo::with_files(3), settings);
    house.run("early", "asks");
    house.wait_for("early", "waiting");
    let mut seat = TerminalSeat::with(&house, &[], 80, 24, &[("TMUX", "/tmp/none,1,0")]);
    seat.wait_until("the first question", |s| s.contains("1 needs you"));
    seat.settle();
    assert!(!has(&seat.raw, "\u{7}"), "what one comes to see is no news");
    house.run("late", "asks");
    seat.wait_until("the second question", |s| s.contains("2 need you"));
    seat.settle();
    let told = String::from_utf8_lossy(&seat.raw).into_owned();
    let passed = "\u{1b}Ptmux;\u{1b}\u{1b}]9;late: asks: Bash: npm publish --dry-run\u{7}\u{1b}\\";
    assert_eq!(told.matches(passed).count(), 1, "{told:?}");
    assert_eq!(told.matches('\u{7}').count(), 2, "the bell, and the end of the sequence");
    seat.raw.clear();
    seat.press("\u{f}");
    seat.wait_until("that it was copied", |s| s.contains("copied "));
    assert!(has(&seat.raw, "\u{1b}]52;c;"), "{:?}", String::from_utf8_lossy(&seat.raw));
    seat.press("q");
    assert_eq!(seat.leave().0, 0);
}

#[test]
fn wild_resizing_ends_in_whole_screen() {
    let house = house(&[("one", "slow")]);
    let mut seat = TerminalSeat::take(&house, &[], 80, 24);
    seat.wait_until("the run", |s| s.contains("1 working"));
    for n in 0..200u16 {
        seat.resize(20 + n * 7 % 200, 3 + n * 3 % 60);
    }
    seat.resize(120, 40);
    let screen = seat.wait_until("the whole screen", |s| s.contains("NOW / WHY") && s.contains("q leave"));
    assert!(screen.lines().count() == 40, "{screen}");
    seat.press("q");
    assert_eq!(seat.leave().0, 0);
}

#[test]
fn a_pasted_megabyte_reaches_the_run() {
    let house = house(&[]);
    let mut seat = TerminalSeat::take(&house, &[], 80, 24);
    seat.wait_until("the cockpit", |s| s.contains("Press n to start one"));
    seat.press("n");
    seat.wait_until("the form", |s| s.contains("new run in"));
    // Many lines, and their ends as terminals send them.
    let line = "a line of a task that is far too long for anyone to read\r";
    let text = line.repeat((1 << 20) / line.len());
    seat.press(&format!("\u{1b}[200~first words\r{text}\u{1b}[31mlast words\u{1b}[201~"));
    seat.wait_until("its end", |s| s.contains("last words"));
    seat.press("\t\t\tpasted\r");
    seat.wait_until("the run", |s| s.contains("pasted") && s.contains("working") && !s.contains("new run in"));
    let row = wait_until("the row", || house.row("pasted").ok_or("none".to_owned()));
    let spec = std::fs::read_to_string(house.folder(&row).join("spec.json")).expect("what was asked");
    let spec: serde_json::Value = serde_json::from_str(&spec).expect("JSON");
    let task = spec["task"].as_str().expect("a task");
    assert!(task.starts_with("first words\n") && task.ends_with("last words") && !task.contains('\u{1b}'));
    assert!(task.len() > 1_000_000, "{}", task.len());
    seat.press("q");
    assert_eq!(seat.leave().0, 0);
}

#[test]
fn own_keys_and_themes_are_read() {
    let house = house(&[]);
    let write = |name: &str, text: &str| std::fs::write(house.home().join(name), text).expect("writable");
    std::fs::create_dir_all(house.home().join("themes")).expect("a folder");
    write("config.toml", "[cockpit]\ntheme = \"mine\"\n");
    write("themes/mine.toml", "base = \"light\"\nkey = \"light-red\"\n");
    write("keymap.toml", "[everywhere]\n\"q\" = \"none\"\n\"ctrl-q\" = \"leave\"\n");
    let mut seat = TerminalSeat::take(&house, &[], 80, 24);
    seat.wait_until("the person's own key", |s| s.contains("ctrl-q leave"));
    let hint = seat.emulator().cell(23, 1).expect("a cell").fgcolor();
    assert_eq!(hint, vt100::Color::Idx(9), "in the person's own colour");
    seat.press("q");
    seat.press("\u{11}");
    assert_eq!(seat.leave().0, 0);
    for (name, text, line) in [
        ("keymap.toml", "[runs]\n\"j\" = \"fly\"\n", "keymap.toml: line 2"),
        ("themes/mine.toml", "\nkey = \"rouge\"\n", "mine.toml: line 2"),
        ("config.toml", "[cockpit]\nmouse = 3\n", "config.toml: line 2"),
    ] {
        write(name, text);
        let (code, raw) = TerminalSeat::take(&house, &[], 80, 24).leave();
        assert_eq!(code, 2);
        assert!(has(&raw, line), "{}", String::from_utf8_lossy(&raw));
        std::fs::remove_file(house.home().join(name)).expect("removable");
        if name == "themes/mine.toml" {
            write("config.toml", "");
        }
    }
}

#[test]
fn what_a_terminal_answers_is_no_key() {
    let house = house(&[("one", "slow")]);
    let mut seat = TerminalSeat::take(&house, &[], 80, 24);
    seat.wait_until("the run", |s| s.contains("1 working"));
    for answer in
        ["\u{1b}]11;rgb:3030/3434/4646\u{7}", "\u{1b}P>|tmux 3.3a\u{1b}\\", "\u{1b}[?2026;2$y", "\u{1b}[?997;1n"]
    {
        seat.press(answer);
        let (begin, end) = answer.split_at(4);
        seat.press(begin);
        seat.press(end);
        seat.press("?");
        seat.wait_until("the help", |s| s.contains("In the table of runs") || s.contains("go to the next run"));
        seat.press("?");
        seat.wait_until("the runs", |s| s.contains("WORKING") && !s.contains("Terminate"));
    }
    seat.press("q");
    assert_eq!(seat.leave().0, 0);
    house.wait_for("one", "working");
}

#[test]
fn an_editors_keys_never_reach_the_cockpit() {
    let house = house(&[("one", "slow")]);
    house.wait_for("one", "working");
    let (opened, ends) = (house.home().join("opened"), house.home().join("ends"));
    let script = house.home().join("editor");
    let wait = format!("touch {}; until [ -e {} ]; do sleep 0.02; done", opened.display(), ends.display());
    std::fs::write(&script, wait).expect("writable");
    let editor = format!("sh {}", script.display());
    let mut seat = TerminalSeat::with(&house, &[], 80, 24, &[("VISUAL", &editor)]);
    seat.wait_until("the run", |s| s.contains("1 working"));
    seat.press("e");
    seat.wait_until("the editor's own screen", |s| !s.contains("WORKING"));
    wait_until("the editor", || if opened.exists() { Ok(()) } else { Err("not yet".to_owned()) });
    // The end of an answer to the editor's question, and keys that were meant for it.
    seat.press("30/3434/4646\u{7}x:p");
    std::fs::write(&ends, "").expect("writable");
    seat.wait_until("the cockpit", |s| s.contains("WORKING"));
    seat.press("?");
    seat.wait_until("the help alone", |s| s.contains("go to the next run") && !s.contains("Terminate"));
    seat.press("?");
    seat.wait_until("the runs", |s| s.contains("1 working"));
    seat.press("q");
    assert_eq!(seat.leave().0, 0);
}
