//! The whole cockpit against a real daemon and real agents, screen by screen.

#[path = "screens/in_process.rs"]
mod in_process;

use in_process::{House, normalized};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

#[test]
fn a_whole_sitting_works_by_keys() {
    let house = House::new(BINARY, "");
    let cockpit = house.open(80, 24);
    cockpit.wait_until("an empty screen", |s| s.contains("Press n to start one"));
    for (task, model) in [("Publish the shop", "asks"), ("Fix the login", "success"), ("Tidy up", "slow")] {
        cockpit.press("n");
        cockpit.wait_until("the form with its choices", |s| {
            s.contains("new run in") && s.contains("up/down") || s.contains("Task")
        });
        cockpit.press(&format!("{task}⇥"));
        cockpit.wait_until("the agents there are", |s| s.contains("up/down: rehearsal"));
        // What was chosen last stands there already; it is written over.
        cockpit.press("⇥");
        cockpit.wait_until("the models there are", |s| s.contains("up/down: ") && s.contains(">Model"));
        clear(&cockpit);
        cockpit.press(model);
        cockpit.press("⏎");
        let name = task.to_lowercase().replace(' ', "-");
        cockpit.wait_until("the run", move |s| s.contains(&name[..7]) && !s.contains("new run in"));
    }
    cockpit.wait_until("that one asks", |s| s.contains("1 needs you"));
    cockpit.press("!");
    let asked = cockpit.wait_until("the question", |s| s.contains("1 needs you") && s.contains("y once"));
    assert!(asked.contains("asks: Bash: npm publish --dry-run"), "{asked}");
    cockpit.press("y");
    cockpit.wait_until("both ready", |s| s.contains("2 ready"));
    cockpit.wait_until("them below their heading", |s| s.contains("READY"));
    cockpit.press("Gd");
    let proven = |s: &str| s.contains("[Diff]") && s.contains("@@") && s.contains("A approve");
    let first = cockpit.wait_until("a diff of what is proven", proven);
    insta::assert_snapshot!("diff-80x24", normalized(&first));
    cockpit.press("K");
    cockpit.wait_until("another diff", move |s| *s != first && s.contains("[Diff]") && s.contains("@@"));
    cockpit.press("⎋g");
    cockpit.wait_until("the run at work", |s| s.lines().any(|line| line.starts_with('>') && line.contains("tidy-up")));
    cockpit.press("x");
    cockpit.wait_until("the question", |s| s.contains("Terminate tidy-up?") && s.contains("keeps"));
    cockpit.press("⏎");
    cockpit.wait_until("its end", |s| s.contains("1 finished"));
    cockpit.press("r");
    cockpit.wait_until("it at work again", |s| s.contains("1 working") && s.contains("0 finished"));
    for (columns, rows) in [(120, 40), (200, 50), (60, 15), (80, 24)] {
        cockpit.resize(columns, rows);
        cockpit.wait_until("the same at another size", |s| s.contains("NAME") && s.contains("tidy-up"));
    }
    cockpit.leave();
}

/// Takes away what stands in a field.
fn clear(cockpit: &in_process::Screen) {
    cockpit.key(crossterm::event::KeyCode::Char('a'), crossterm::event::KeyModifiers::CONTROL);
    cockpit.key(crossterm::event::KeyCode::Char('k'), crossterm::event::KeyModifiers::CONTROL);
}

#[test]
fn the_cursor_passes_a_hundred_runs() {
    let house = House::new(BINARY, "[limits]\nrunning = 4\nfree_space = \"1MB\"\n");
    house.run("many", "slow", 100);
    let cockpit = house.open(120, 40);
    let screen = cockpit.wait_until("all of them", |s| s.contains("100 working") && s.contains("waits for a"));
    assert!(screen.contains("many-1 ") && screen.contains("many-30"), "{screen}");
    for n in 0..99 {
        cockpit.press("j");
        let selected = |s: &str| s.lines().filter(|line| line.starts_with('>')).count();
        cockpit.wait_until(&format!("the cursor after {n}"), move |s| selected(s) == 1);
    }
    cockpit.press("/many-77⏎");
    let found = cockpit.wait_until("the one that is looked for", |s| s.contains("/many-77 1 of 100"));
    assert!(found.contains("many-77") && !found.contains("many-78"), "{found}");
    cockpit.press("⎋");
    cockpit.wait_until("all of them again", |s| s.matches(" many-").count() > 20);
    cockpit.press("g");
    cockpit.leave();
}

#[test]
fn marked_runs_pause_and_resume_together() {
    let house = House::new(BINARY, "");
    house.run("pair", "slow", 2);
    house.run("other", "asks", 1);
    let cockpit = house.open(80, 24);
    cockpit.wait_until("them at work", |s| s.contains("2 working") && s.contains("1 needs you"));
    cockpit.press("/pair⏎");
    cockpit.wait_until("only them", |s| s.contains("/pair 2 of 3"));
    cockpit.press(" ");
    cockpit.press(" ");
    cockpit.wait_until("two marks", |s| s.contains("2 marked"));
    cockpit.press("p");
    cockpit.wait_until("both frozen", |s| s.matches("└ paused by a person").count() == 2);
    // The marks stay until they are taken away.
    cockpit.press("p");
    cockpit.wait_until("both at work", |s| !s.contains("└ paused by a person"));
    cockpit.leave();
}
