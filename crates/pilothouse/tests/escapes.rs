//! What a run does to files that are not its own: proven by who has them open, else told of without a culprit.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

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

/// An agent that has a file of its own, two of the main checkout and one of a sibling open for writing.
const WRITER: &str = r#"[agent.writer]
command = ["sh", "-c", "exec 3>>log 4>>\"$REPO_ROOT/notes.txt\" 5>>\"$REPO_ROOT/target/out\" 6>>../sibling/log; sleep 600"]
"#;

// Files that git ignores there do not.
#[test]
fn an_open_foreign_file_proves_an_escape() {
    let house = testkit::watched_house(BINARY, "");
    let config = house.home().join("config.toml");
    let settings = fs::read_to_string(&config).expect("settings");
    fs::write(&config, format!("{settings}{WRITER}")).expect("written");
    let (_, sibling) = working(&house, "sibling");
    let main = house.repo.path();
    fs::create_dir_all(main.join("target")).expect("made");
    let (theirs, other) = (main.join("notes.txt"), sibling.join("log"));
    house.json(&["run", "write everywhere", "--name", "writes", "--agent", "writer", "--json"]);
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
    house.ok(&["terminate", "writes", "--grace", "0s"]);
    let row = house.proven("writes");
    let parts = row["proof"]["parts"].as_array().expect("parts");
    let outside = parts.iter().find(|part| part["name"] == "outside").expect("a part");
    assert_eq!(outside["value"], 0, "{outside}");
    assert!(outside["reason"].as_str().is_some_and(|why| why.contains("notes.txt")), "{outside}");
}

#[test]
fn a_changed_main_checkout_has_no_culprit() {
    let house = testkit::watched_house(BINARY, "");
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

#[test]
fn writes_into_the_main_checkout_are_told() {
    let house = House::new(BINARY, Repo::with_files(3));
    house.ok(&["run", "write elsewhere", "--agent", "rehearsal:escape", "--name", "strays"]);
    let row = house.proven("strays");
    let wrote = row["reason"].as_str().is_some_and(|why| why.contains("wrote into your main checkout: ESCAPED.txt"));
    assert!(wrote, "{row:#}");
    assert!(row["escapes"][0].as_str().is_some_and(|path| path.ends_with("/ESCAPED.txt")), "{row:#}");
    assert!(house.ok(&["ls"]).contains("wrote into your main"));
    assert!(house.ok(&["show", "strays"]).contains("note        wrote outside of its worktree: /"));
    let gate = house.say(&["gate", "strays"]);
    assert!(gate.out.contains("note: strays: wrote outside of its worktree: /"), "{} {}", gate.out, gate.err);
    house.ok(&["review", "strays", "--approve"]);
    let says = "approved, and the gate is open; wrote into your main checkout: ESCAPED.txt";
    let told = |row: &Value| row["reason"].as_str().is_some_and(|why| why.starts_with(says));
    let row = seen(&house, "strays", "the approval", told);
    assert_eq!(row["proof"]["work"]["commits"], 1, "{row:#}");
}
