//! Writes of an agent that are proven to lie outside of its worktree, by its own account of its tools or by its open files.

use serde::{Deserialize, Serialize};

/// A file outside of the worktree that a run's agent wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escape {
    /// As the agent named it, or as the system does.
    pub path: String,
    /// The event that said so.
    pub seq: u64,
}

impl Escape {
    /// The absolute path without `.` and `..`; a relative one counts from the worktree.
    pub fn plain_path(&self, worktree: &str) -> String {
        plain(&self.path, worktree)
    }
}

/// Tools of the agents known here that write the file they name.
const WRITES: [&str; 8] = ["Write", "Edit", "MultiEdit", "NotebookEdit", "write_file", "replace", "edit", "write"];

/// Whether a call of this tool writes the file that it is about.
pub(crate) fn writes(tool: &str) -> bool {
    WRITES.contains(&tool)
}

/// Whether a path lies outside of both the worktree, from which relative ones count, and the run's own folders for what is
/// passing.
pub(crate) fn is_outside(path: &str, worktree: &str, run: &str) -> bool {
    let plain = plain(path, worktree);
    let within = |folder: &str| plain == folder || plain.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    // The folders of its own for what is passing; everything else below the run's folder is evidence.
    let own = ["tmp", "cache"].iter().any(|name| plain.contains(&format!("/runs/{run}/{name}/")));
    !within(&normal(worktree)) && !own
}

fn plain(path: &str, worktree: &str) -> String {
    if path.starts_with('/') { normal(path) } else { normal(&format!("{worktree}/{path}")) }
}

/// The path without `.` and `..`; links are not looked at, since nothing is read here.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_elsewhere_is_outside() {
        let outside = |path| is_outside(path, "/w/shop.worktrees/a", "abc123");
        assert!(!outside("/w/shop.worktrees/a/src/main.rs"));
        assert!(!outside("/w/shop.worktrees/b/../a/x"));
        assert!(
            !outside("src/main.rs") && outside("../../shop/src/main.rs"),
            "relative to where the agent was started"
        );
        assert!(outside("/state/runs/abc123/calls.jsonl"), "its own evidence");
        assert!(!outside("/state/runs/abc123/tmp/x"));
        assert!(outside("/w/shop.worktrees/a/../../shop/src/main.rs"));
        assert!(outside("/w/shop.worktrees/ab/x"));
        assert!(outside("/etc/passwd"));
    }
}
