//! A program of a person's own in a terminal that pilothouse keeps: started, asked, left.

use testkit::{House, Repo, TerminalSeat};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A house whose agent `mine` is a shell script, which gets the task as its first argument.
fn house(script: &str) -> House {
    let settings = format!("[agent.mine]\ncommand = [\"sh\", \"-c\", {script:?}, \"sh\", \"{{prompt}}\"]\n");
    House::with_settings(BINARY, Repo::with_files(1), &settings)
}

fn start(house: &House) {
    house.ok(&["run", "look after the shop", "--name", "shop", "--interactive", "--agent", "mine"]);
}

#[test]
fn any_command_runs_in_its_own_terminal() {
    for (answer, status) in [("good", "ready"), ("bad", "failed")] {
        let house = house("echo \"task: $1\"; test -t 0; read line; echo \"heard $line\"; test \"$line\" = good");
        start(&house);
        let mut seat = TerminalSeat::take(&house, &["attach", "shop"], 80, 24);
        seat.wait_until("the task", |s| s.contains("task: look after the shop"));
        seat.press(&format!("{answer}\r"));
        seat.wait_until("what was typed, and the end", |s| s.contains("heard") && s.contains("the agent has ended"));
        seat.press("\u{1d}");
        assert_eq!(seat.leave().0, 0);
        house.wait_for("shop", status);
        assert_eq!(house.row("shop").expect("a row")["mode"], "interactive");
        house.assert_over("shop");
    }
}

#[test]
fn a_command_without_prompt_gets_no_task() {
    let settings = "[agent.mine]\ncommand = [\"sh\", \"-c\", \"read line; echo heard $line\"]\n";
    let house = House::with_settings(BINARY, Repo::with_files(1), settings);
    start(&house);
    let mut seat = TerminalSeat::take(&house, &["attach", "shop"], 80, 24);
    seat.wait_until("its screen", |s| s.contains("its own terminal"));
    seat.press("only this\r");
    seat.wait_until("what was typed", |s| s.contains("heard only this"));
    seat.press("\u{1d}");
    assert_eq!(seat.leave().0, 0);
    house.wait_for("shop", "ready");
}

#[test]
fn a_terminal_query_is_answered_once() {
    let answers = ["\u{1b}[?62;22c", "\u{1b}[2;1R", "\u{1b}]11;rgb:0000/0000/0000\u{7}"].concat();
    let script = format!(
        "stty raw -echo; printf '\\r\\nasked\\033[c\\r\\033[6n\\033]11;?\\007'; dd bs=1 count={} of=answers 2>/dev/null; \
         stty sane; read line; echo \"then $line\"; read line",
        answers.len()
    );
    let house = house(&script);
    start(&house);
    let mut seat = TerminalSeat::take(&house, &["attach", "shop"], 80, 24);
    seat.wait_until("the question", |s| s.contains("asked"));
    seat.press("typed\r");
    seat.wait_until("that nothing else came", |s| s.contains("then typed"));
    let row = house.row("shop").expect("a row");
    let file = std::path::Path::new(row["worktree"].as_str().expect("a path")).join("answers");
    assert_eq!(std::fs::read_to_string(file).expect("the answers"), answers);
    let drawn = String::from_utf8_lossy(&seat.raw).into_owned();
    for asked in ["\u{1b}[c", "\u{1b}[6n", "]11;?"] {
        assert!(!drawn.contains(asked), "{asked:?} reaches the person's terminal");
    }
    seat.press("\r");
    seat.wait_until("the end", |s| s.contains("the agent has ended"));
    seat.press("q");
    assert_eq!(seat.leave().0, 0);
    house.wait_for("shop", "ready");
}

#[test]
fn an_inner_terminal_keeps_the_persons_language() {
    let house = house("echo \"$TERM|$COLORTERM|$TERM_PROGRAM|$LC_ALL|$TMUX|$COLUMNS|\"; read line");
    let words = ["run", "look after the shop", "--name", "shop", "--interactive", "--agent", "mine"];
    let mut command = house.command(&words);
    for (name, value) in [
        ("TERM", "xterm-kitty"),
        ("COLORTERM", "truecolor"),
        ("TERM_PROGRAM", "ghostty"),
        ("LC_ALL", "C.UTF-8"),
        ("TMUX", "/tmp/none,1,0"),
        ("COLUMNS", "999"),
    ] {
        command.env(name, value);
    }
    assert!(command.output().expect("it starts").status.success());
    let mut seat = TerminalSeat::take(&house, &["attach", "shop"], 80, 24);
    seat.wait_until("its variables", |s| s.contains("xterm-256color|truecolor|pilothouse|C.UTF-8|||"));
    seat.press("\r");
    seat.wait_until("the end", |s| s.contains("the agent has ended"));
    seat.press("q");
    assert_eq!(seat.leave().0, 0);
    house.wait_for("shop", "ready");
}

/// A script that says this once a line was typed, and then waits for another.
fn says(said: &str) -> String {
    format!("echo at your service; read line; printf '{said}'; echo said; read line")
}

const TELLS: &str = "\\007\\033]0;reads a.rs\\007\\033]52;c;aGk=\\007\\033]52;c;?\\007\\033[>1u\\033[?1003;1006h\
                     \\033]8;;https://a.example\\007link\\033]8;;\\007\\033[9mold\\033[m";

#[test]
fn a_programs_messages_reach_the_person() {
    let house = house(&says(TELLS));
    start(&house);
    let mut seat = TerminalSeat::take(&house, &["attach", "shop"], 80, 24);
    seat.wait_until("that it is ready", |s| s.contains("at your service"));
    seat.press("\r");
    seat.wait_until("what it says", |s| s.contains("linkold") && s.contains("put 2 bytes on your clipboard"));
    let raw = String::from_utf8_lossy(&seat.raw).into_owned();
    for told in [
        "\u{7}",
        "\u{1b}[22;2t\u{1b}]2;shop: reads a.rs\u{7}",
        "\u{1b}]52;c;aGk=\u{7}",
        "\u{1b}[=1;1u",
        "\u{1b}[?1003h",
        "\u{1b}]8;id=pilothouse0;https://a.example\u{1b}\\l\u{1b}]8;;\u{1b}\\",
        "\u{1b}[9m",
    ] {
        assert!(raw.contains(told), "{told:?} is not in {raw:?}");
    }
    assert!(!raw.contains("52;c;?"), "what is on the clipboard is nobody's affair");
    seat.press("\u{1b}[93;5u");
    let (code, raw) = seat.leave();
    assert_eq!(code, 0);
    let raw = String::from_utf8_lossy(&raw).into_owned();
    assert!(raw.contains("\u{1b}[23;2t") && raw.contains("\u{1b}[=0;1u"), "given back");

    // Whoever looks later is told nothing twice.
    let mut again = TerminalSeat::take(&house, &["attach", "shop"], 80, 24);
    again.wait_until("what it said", |s| s.contains("linkold"));
    let raw = String::from_utf8_lossy(&again.raw).into_owned();
    assert!(!raw.contains("]52;") && raw.contains("shop: reads a.rs"), "{raw:?}");
    again.press("\r");
    again.wait_until("the end", |s| s.contains("the agent has ended"));
    again.press("q");
    assert_eq!(again.leave().0, 0);
    house.wait_for("shop", "ready");
}

#[test]
fn a_clipboard_that_is_kept_is_kept() {
    let house = house(&says(TELLS));
    let config = house.home().join("config.toml");
    let settings = std::fs::read_to_string(&config).expect("settings") + "[cockpit]\nclipboard = false\n";
    std::fs::write(&config, settings).expect("writable");
    start(&house);
    let mut seat = TerminalSeat::take(&house, &["attach", "shop"], 80, 24);
    seat.wait_until("that it is ready", |s| s.contains("at your service"));
    seat.press("\r");
    seat.wait_until("that it may not", |s| s.contains("linkold") && s.contains("may not copy"));
    assert!(!String::from_utf8_lossy(&seat.raw).contains("]52;"));
    seat.press("\u{1d}");
    assert_eq!(seat.leave().0, 0);
    house.ok(&["terminate", "shop", "--grace", "0s"]);
}
