//! What a run does to files that are not its own: proven by who has them open, else told of without a culprit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use testkit::{House, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// A house whose worktrees are looked at every second.
fn house(settings: &str) -> House {
    let house = testkit::checked_house(BINARY, settings);
    fs::write(house.home().join("config.toml"), "[limits]\nlook_every = \"1s\"\n").expect("written");
    house.ok(&["daemon", "stop"]);
    house
}

/// A process of this run, by its marker, that keeps these files open for writing.
struct Writer(Child);

impl Writer {
    fn start(house: &House, row: &Value, files: &[&Path]) -> Self {
        let opens: Vec<String> = (3..).zip(files).map(|(n, _)| format!("exec {n}>>\"${}\"", n - 2)).collect();
        let script = format!("{}; echo ready; exec sleep 600", opens.join("; "));
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg("sh").args(files);
        command.env("PILOTHOUSE_RUN", row["id"].as_str().expect("an id")).env("PILOTHOUSE_HOME", house.home());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a shell");
        let mut said = [0; 5];
        std::io::Read::read_exact(child.stdout.as_mut().expect("a pipe"), &mut said).expect("it is ready");
        Self(child)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn working(house: &House, name: &str) -> (Value, PathBuf) {
    house.run(name, "slow");
    let row = house.wait_for(name, "working");
    let tree = PathBuf::from(row["worktree"].as_str().expect("a worktree"));
    (row, tree)
}

fn seen(house: &House, name: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    wait_until(what, || {
        let row = house.row(name).ok_or("no such run")?;
        if is(&row) { Ok(row) } else { Err(format!("{row:#}")) }
    })
}

#[test]
fn who_has_a_file_of_another_checkout_open_is_proven_and_scored_and_what_git_ignores_there_is_not() {
    let house = house("");
    let (_, sibling) = working(&house, "sibling");
    let (row, tree) = working(&house, "writes");
    let main = house.repo.path();
    fs::create_dir_all(main.join("target")).expect("made");
    let (own, theirs, ignored, other) =
        (tree.join("log"), main.join("notes.txt"), main.join("target/out"), sibling.join("log"));
    let _writer = Writer::start(&house, &row, &[&own, &theirs, &ignored, &other]);
    let told = wait_until("both to be told of", || {
        let told = house.ok(&["timeline", "writes"]);
        let count = told.lines().filter(|line| line.contains("escape")).count();
        if count >= 2 { Ok(told) } else { Err(told) }
    });
    let escapes: Vec<&str> = told.lines().filter(|line| line.contains("escape")).collect();
    assert_eq!(escapes.len(), 2, "{escapes:#?}");
    for path in [&theirs, &other] {
        assert!(escapes.iter().any(|line| line.contains(&format!("writes {}", path.display()))), "{escapes:#?}");
    }
    assert!(!house.ok(&["timeline", "sibling"]).contains("escape"), "the sibling did nothing");
    drop(_writer);
    house.ok(&["terminate", "writes", "--grace", "0s"]);
    let row = house.proven("writes");
    let parts = row["proof"]["parts"].as_array().expect("parts");
    let outside = parts.iter().find(|part| part["name"] == "outside").expect("a part");
    assert_eq!(outside["value"], 0, "{outside}");
    assert!(outside["reason"].as_str().is_some_and(|why| why.contains("notes.txt")), "{outside}");
}

#[test]
fn a_main_checkout_that_somebody_changed_is_told_of_without_a_culprit() {
    let house = house("");
    let (row, tree) = working(&house, "works");
    assert!(row["in_main"].is_null());
    // A first look says what was there before.
    seen(&house, "works", "a first look", |row| row["conflicts_at"].is_string());
    fs::write(house.repo.path().join("test.sh"), "exit 0\n").expect("written");
    fs::write(tree.join("own"), "mine\n").expect("written");
    let row = seen(&house, "works", "it to be told of", |row| row["in_main"].is_object());
    assert_eq!(row["in_main"]["paths"], serde_json::json!(["test.sh"]));
    assert_eq!(row["needs_you"], false, "a person may work there");
    let said = house.ok(&["show", "works"]);
    assert!(said.contains("main checkout changed, writer unknown: test.sh"), "{said}");
    house.ok(&["terminate", "works", "--grace", "0s"]);
    let row = house.proven("works");
    let parts = row["proof"]["parts"].as_array().expect("parts");
    let outside = parts.iter().find(|part| part["name"] == "outside").expect("a part");
    assert_eq!(outside["value"], 100, "nobody is scored for it: {outside}");
}
