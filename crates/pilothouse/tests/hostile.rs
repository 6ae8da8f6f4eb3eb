//! An agent that sends everything which could steer a terminal: none of it arrives at one.

use testkit::{House, Repo, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_pilothouse");

/// Characters that steer a terminal or reorder text; line ends are ours.
fn steering(text: &str) -> Vec<char> {
    let hidden = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(hidden).collect()
}

#[test]
fn no_verb_prints_what_steers_a_terminal() {
    let house = House::new(BINARY, Repo::with_files(5));
    house.run("hostile", "hostile");
    let row = house.wait_for("hostile", "waiting");
    let raw = std::fs::read(house.folder(&row).join("attempts/build.1/stdout")).expect("output");
    assert!(raw.contains(&0x1b), "the agent was not hostile at all");
    for words in
        [&["ls"][..], &["show", "hostile"], &["timeline", "hostile"], &["logs", "hostile"], &["worktrees"], &["status"]]
    {
        let said = house.say(words);
        assert_eq!(said.code, 0, "{words:?}: {}", said.err);
        assert_eq!(steering(&said.out), Vec::<char>::new(), "{words:?}: {:?}", said.out);
        assert!(said.out.contains("hostile") || words[0] == "status" || words[0] == "logs", "{words:?}: {}", said.out);
    }
    house.ok(&["send", "hostile", "--deny"]);
    let row = house.wait_for("hostile", "ready");
    let files = house.repo.git(&["-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", "pilothouse/hostile"]);
    assert!(files.contains("-rf"), "{files}");
    assert!(
        !house.repo.beside("pwned").exists()
            && !std::path::Path::new(row["worktree"].as_str().expect("kept")).join("pwned").exists()
    );
    let kinds = house.ok(&["timeline", "hostile", "--json"]);
    assert!(kinds.contains("\"kind\":\"unread\""), "what can't be read is kept as unread");
}

#[test]
fn long_lines_and_floods_are_kept_whole() {
    let house = House::new(BINARY, Repo::with_files(5));
    house.run("big", "big-output");
    let row = house.wait_for("big", "ready");
    let timeline = house.ok(&["timeline", "big"]);
    assert!(timeline.contains("Part 1999"), "the last part is there");
    let size = std::fs::metadata(house.folder(&row).join("attempts/build.1/stdout")).expect("output").len();
    assert!(size > 30 << 20, "{size}");
    let errors = std::fs::metadata(house.folder(&row).join("attempts/build.1/stderr")).expect("errors").len();
    assert_eq!(errors, 1024 * 1000);
    wait_until("the logs to end as the agent did", || {
        let logs = house.ok(&["logs", "big"]);
        if logs.trim_end().ends_with("✓ Done: 32 MB said.") {
            Ok(())
        } else {
            Err(logs.chars().rev().take(200).collect())
        }
    });
}
