//! Programs that ask much of their terminal, in one that pilothouse keeps. They are not needed to build or to test anything
//! else, so `.ci/run` has them installed and runs these.

use testkit::{House, Repo, TerminalSeat};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A run of this command, and a seat at its terminal.
fn seat(command: &[&str]) -> (House, TerminalSeat) {
    let words: Vec<_> = command.iter().map(|word| format!("{word:?}")).collect();
    let settings = format!("[agent.mine]\ncommand = [{}]\n", words.join(", "));
    let house = House::with_settings(BINARY, Repo::with_files(1), &settings);
    house.ok(&["run", "look after the shop", "--name", "shop", "--interactive", "--agent", "mine"]);
    let seat = TerminalSeat::take(&house, &["attach", "shop"], 80, 24);
    (house, seat)
}

/// The first line of a screen.
fn first(screen: &str) -> &str {
    screen.lines().next().unwrap_or_default().trim_end()
}

/// Leaves a terminal that is over, whose program ended well.
fn end(house: &House, mut seat: TerminalSeat) {
    let screen = seat.wait_until("the end", |s| s.contains("the agent has ended"));
    // What was answered is nothing that the program shows as typed.
    assert!(!screen.contains("62;22c") && !screen.contains("rgb:"), "{screen}");
    seat.press("q");
    assert_eq!(seat.leave().0, 0);
    house.wait_for("shop", "ready");
}

#[test]
#[ignore = "needs vim"]
fn vim_draws_and_hears_modified_keys() {
    let (house, mut seat) = seat(&["vim", "-u", "DEFAULTS", "-i", "NONE", "-n", "note.txt"]);
    seat.wait_until("its screen", |s| s.lines().filter(|line| line.starts_with('~')).count() > 10);
    seat.press("ione two");
    seat.wait_until("what was typed", |s| s.contains("one two"));
    seat.press("\u{1b}[1;5DX");
    seat.wait_until("the word before", |s| s.contains("one Xtwo"));
    seat.press("\u{1b}");
    seat.settle();
    seat.press(":echo &term &background &termguicolors\r");
    seat.wait_until("its settings", |s| s.contains("xterm-256color dark"));
    seat.press(":wq\r");
    let row = house.row("shop").expect("a row");
    let file = std::path::Path::new(row["worktree"].as_str().expect("a path")).join("note.txt");
    seat.wait_until("the end", |s| s.contains("the agent has ended"));
    assert_eq!(std::fs::read_to_string(file).expect("the file"), "one Xtwo\n");
    end(&house, seat);
}

#[test]
#[ignore = "needs neovim"]
fn neovim_gets_answers_and_distinct_keys() {
    let (house, mut seat) = seat(&["nvim", "-u", "NONE", "-i", "NONE", "-n", "note.txt"]);
    seat.wait_until("its screen", |s| s.lines().filter(|line| line.starts_with('~')).count() > 10);
    seat.press("ione two\u{1b}[1;5DX");
    seat.wait_until("the word before", |s| s.contains("one Xtwo"));
    seat.press("\u{1b}");
    seat.settle();
    seat.press(":wq\r");
    end(&house, seat);
}

#[test]
#[ignore = "needs less"]
fn less_scrolls_and_is_left() {
    let (house, mut seat) = seat(&["sh", "-c", "seq 1 500 | less"]);
    seat.wait_until("its first page", |s| first(s) == "1");
    seat.press("\u{1b}[6~");
    seat.wait_until("the next", |s| first(s) == "23");
    seat.press("G");
    seat.wait_until("the last", |s| s.contains("500") && s.contains("(END)"));
    seat.press("q");
    end(&house, seat);
}

#[test]
#[ignore = "needs bash"]
fn bash_hears_alt_and_control() {
    let (house, mut seat) = seat(&["bash", "--norc", "--noprofile", "-i"]);
    seat.wait_until("its prompt", |s| s.contains("bash-"));
    seat.press("echo two three\u{1b}b\u{1b}bone-\r");
    seat.wait_until("words in order", |s| s.contains("\none-two three"));
    seat.press("sleep 100\r");
    seat.settle();
    seat.press("\u{3}");
    seat.press("echo $((6*7))\r");
    seat.wait_until("that it was interrupted", |s| s.contains("\n42"));
    seat.press("exit 0\r");
    end(&house, seat);
}

#[test]
#[ignore = "needs fish"]
fn fish_starts_without_a_complaint() {
    let (house, mut seat) = seat(&["fish", "--no-config"]);
    seat.wait_until("its prompt", |s| s.contains("shop)"));
    seat.press("echo (math 6 x 7)\r");
    let screen = seat.wait_until("that it works", |s| s.contains("\n42"));
    assert!(!screen.to_lowercase().contains("warning"), "{screen}");
    seat.press("exit\r");
    end(&house, seat);
}

#[test]
#[ignore = "needs dialog"]
fn boxes_are_boxes() {
    let (house, mut seat) = seat(&["dialog", "--yesno", "Go on?", "7", "30"]);
    seat.wait_until("its box", |s| s.contains("Go on?") && s.contains("┌") && s.contains("┘") && !s.contains("qqq"));
    seat.press("\u{1b}OM");
    end(&house, seat);
}

#[test]
#[ignore = "needs tmux"]
fn tmux_runs_inside() {
    let server = format!("pilothouse-{}", std::process::id());
    let (house, mut seat) = seat(&["tmux", "-L", &server, "-f", "/dev/null", "new-session", "sh"]);
    seat.wait_until("its status line", |s| s.contains("[0] 0:sh"));
    seat.press("echo $((6*7))\r");
    seat.wait_until("that its shell works", |s| s.contains("\n42"));
    seat.press("exit\r");
    end(&house, seat);
}
