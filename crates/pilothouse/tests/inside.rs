//! A program of a person's own in a terminal that pilothouse keeps: started, asked, left.

use testkit::{House, Repo, Seat};

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
fn any_command_runs_in_a_terminal_of_its_own() {
    for (answer, status) in [("good", "ready"), ("bad", "failed")] {
        let house = house("echo \"task: $1\"; test -t 0; read line; echo \"heard $line\"; test \"$line\" = good");
        start(&house);
        let mut seat = Seat::take(&house, &["attach", "shop"], 80, 24);
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
fn nothing_is_typed_at_a_command_without_the_task() {
    let settings = "[agent.mine]\ncommand = [\"sh\", \"-c\", \"read line; echo heard $line\"]\n";
    let house = House::with_settings(BINARY, Repo::with_files(1), settings);
    start(&house);
    let mut seat = Seat::take(&house, &["attach", "shop"], 80, 24);
    seat.wait_until("its screen", |s| s.contains("its own terminal"));
    seat.press("only this\r");
    seat.wait_until("what was typed", |s| s.contains("heard only this"));
    seat.press("\u{1d}");
    assert_eq!(seat.leave().0, 0);
    house.wait_for("shop", "ready");
}
