//! The demo as README's first command runs it.

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::TerminalSeat;

/// Nothing is below the folder, and no process of a demo that was there lives.
fn assert_gone(temp: &Path) {
    let left: Vec<_> = fs::read_dir(temp).expect("readable").map(|e| e.expect("an entry").path()).collect();
    assert!(left.is_empty(), "{left:?}");
    let home = format!("PILOTHOUSE_HOME={}", temp.display());
    let processes = fs::read_dir("/proc").expect("readable").filter_map(|e| {
        let environment = fs::read(e.ok()?.path().join("environ")).ok()?;
        String::from_utf8_lossy(&environment).contains(&home).then_some(())
    });
    assert_eq!(processes.count(), 0, "a process of the demo lives on");
}

/// The demo in a terminal, with its cockpit.
fn watched(temp: &Path, columns: u16, rows: u16) -> TerminalSeat {
    let mut command = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_pilothouse")).arg("demo");
    for name in ["TMPDIR", "HOME"] {
        command = command.env(name, temp);
    }
    for name in ["PILOTHOUSE_HOME", "XDG_STATE_HOME", "NO_COLOR", "TMUX"] {
        command = command.env_remove(name);
    }
    command = command.env("LANG", "C.UTF-8").env("LC_ALL", "C.UTF-8").env("TERM", "xterm-256color");
    TerminalSeat::of(command, columns, rows)
}

#[test]
fn the_headless_demo_leaves_nothing() {
    let temp = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_pilothouse"))
        .args(["demo", "--headless"])
        .env("TMPDIR", temp.path())
        .env("HOME", temp.path())
        .env_remove("PILOTHOUSE_HOME")
        .env_remove("XDG_STATE_HOME")
        .output()
        .expect("it starts");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    for told in ["ready", "failed", "terminated", "lost", "3/3", " $", "local#1", "conflicts with"] {
        assert!(said.contains(told), "{told} is not in:\n{said}");
    }
    assert_eq!(said.lines().count(), 12, "a line per run under a heading: {said}");
    assert_gone(temp.path());
}

// And all of the demo goes with q.
#[test]
fn the_demo_fills_every_column() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut seat = watched(temp.path(), 160, 50);
    // A run's line, with the one below it that says why.
    let row = |screen: &str, name: &str| {
        // Its name stands behind its sign; a line that says why may name others.
        let at = screen.lines().position(|line| line.split_whitespace().nth(1) == Some(name));
        at.map_or(String::new(), |at| screen.lines().skip(at).take(2).collect())
    };
    let shown: [(&str, &[&str]); 7] = [
        ("fix-login", &["asks: Bash: npm publish", "/5"]),
        ("upgrade-deps", &["limited until"]),
        ("port-tests", &["I know no other way"]),
        // Whatever else was started since is named, where something was.
        ("import-data", &["its keeper"]),
        ("cart-totals", &["$", "local#", " 0.", "to review"]),
        ("cart-currency", &["conflicts with cart-totals in src/cart.js"]),
        ("rename-user", &["2/3 build", "%"]),
    ];
    for (name, words) in shown {
        seat.wait_until(&format!("{name} with {words:?}"), |screen| {
            words.iter().all(|word| row(screen, name).contains(word))
        });
    }
    // Its check found something, and it mended that.
    seat.wait_until("the proven work of add-search", |screen| row(screen, "add-search").contains("0."));
    let screen = seat.wait_until("what all of it costs", |screen| screen.contains("today $"));
    assert!(!row(&screen, "cart-totals").contains('~'), "the gateway's own figures: {screen}");
    seat.press("q");
    let (code, _) = seat.leave();
    assert_eq!(code, 0);
    assert_gone(temp.path());
}

#[test]
fn a_cut_demo_leaves_nothing() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut seat = watched(temp.path(), 80, 24);
    seat.wait_until("its runs", |screen| screen.contains("fix-login"));
    let mut child = seat.cut();
    child.wait().expect("it ends");
    let left: Vec<_> = fs::read_dir(temp.path()).expect("readable").map(|e| e.expect("an entry").path()).collect();
    assert!(left.is_empty(), "{left:?}");
}
