//! The demo as README's first command runs it, without a cockpit.

use std::fs;
use std::process::Command;

#[test]
fn the_headless_demo_ends_well_and_leaves_nothing() {
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
    for status in ["ready", "failed", "terminated", "lost"] {
        assert!(said.contains(status), "{said}");
    }
    assert_eq!(said.lines().count(), 10, "a line per run under a heading: {said}");
    let left: Vec<_> = fs::read_dir(temp.path()).expect("readable").map(|e| e.expect("an entry").path()).collect();
    assert!(left.is_empty(), "{left:?}");
    let demo = temp.path().to_string_lossy().into_owned();
    let processes = fs::read_dir("/proc").expect("readable").filter_map(|e| {
        let environment = fs::read(e.ok()?.path().join("environ")).ok()?;
        String::from_utf8_lossy(&environment).contains(&format!("PILOTHOUSE_HOME={demo}")).then_some(())
    });
    assert_eq!(processes.count(), 0, "a process of the demo lives on");
}

#[test]
fn a_demo_whose_terminal_is_cut_off_leaves_nothing_either() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut command = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_pilothouse")).arg("demo");
    for name in ["TMPDIR", "HOME"] {
        command = command.env(name, temp.path());
    }
    command = command.env_remove("PILOTHOUSE_HOME").env_remove("XDG_STATE_HOME").env("TERM", "xterm-256color");
    let mut seat = testkit::Seat::of(command, 80, 24);
    seat.wait_until("its runs", |screen| screen.contains("fix-login"));
    let mut child = seat.cut();
    child.wait().expect("it ends");
    let left: Vec<_> = fs::read_dir(temp.path()).expect("readable").map(|e| e.expect("an entry").path()).collect();
    assert!(left.is_empty(), "{left:?}");
}
