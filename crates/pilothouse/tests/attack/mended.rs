//! What an agent leaves that keeps its work from being committed, mended by the command that the row names.

use std::process::Command;

use crate::stage::{Stage, tree};

/// The agent's work, then what keeps it from being committed; and words of the row's reason and of the command that mends it.
const LEFT: [(&str, &str, &str); 3] = [
    ("renamed", "git branch -m mine", "branch -m pilothouse/renamed"),
    (
        "merging",
        "git branch -f other main; git switch -q other; echo o > w; git add w; git commit -qm o; git switch -q -; \
         git merge -q other || true",
        "merge --abort",
    ),
    ("detached", "git checkout -q --detach", "switch pilothouse/detached"),
];

#[test]
fn mended_work_is_committed_not_redone() {
    let stage = Stage::new();
    for (name, leaves, mends) in LEFT {
        let row = stage.run(name, &format!("echo w > w; git add w; git commit -qm w; echo rest > rest; {leaves}"));
        assert_eq!(row["status"], "failed", "{name}: {row:#}");
        let reason = row["reason"].as_str().expect("a reason");
        assert!(reason.contains(mends), "{name}: {reason}");
        let command = reason.split('`').find(|text| text.ends_with(mends)).expect("a command");
        let done = Command::new("sh").arg("-c").arg(command).status().expect("a shell");
        assert!(done.success(), "{name}: {command}");
        stage.house.ok(&["retry", name]);
        stage.house.wait_for(name, "ready");
        let row = stage.house.proven(name);
        assert!(tree(&row).join("rest").exists(), "{name}");
        let events = stage.house.ok(&["timeline", name]);
        assert!(!events.contains("attempt 2") && events.contains("only the step that failed"), "{name}: {events}");
        stage.house.ok(&["gate", name]);
    }
}
