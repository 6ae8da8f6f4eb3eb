//! A house whose agent runs whatever script it is given.

use std::path::PathBuf;

use serde_json::Value;
use testkit::{House, Repo};

use super::BINARY;

/// An agent that is bash, and a gate that asks for nothing but what git says.
pub(crate) struct Stage {
    pub(crate) house: House,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with_settings("")
    }

    pub(crate) fn with_settings(more: &str) -> Self {
        let repo = Repo::empty();
        repo.write("src/a", "a\n");
        repo.write("src/b", "b\n");
        repo.write("pilothouse.toml", "[gate]\napproval = \"none\"\nmin_score = 0.0\n");
        repo.git(&["add", "--all"]);
        repo.git(&["commit", "--quiet", "-m", "first"]);
        let settings = format!("{more}\n[agent.sh]\ncommand = [\"bash\", \"-c\", \"{{prompt}}\"]\n");
        Self { house: House::with_settings(BINARY, repo, &settings) }
    }

    /// Runs the script to its end, and returns the row.
    pub(crate) fn run(&self, name: &str, script: &str) -> Value {
        self.run_with(name, script, &[])
    }

    pub(crate) fn run_with(&self, name: &str, script: &str, more: &[&str]) -> Value {
        let words = [&["run", script, "--agent", "sh", "--name", name, "--wait"], more].concat();
        let said = self.house.say(&words);
        let row = self.house.row(name).unwrap_or_else(|| panic!("{said:?}"));
        // Its proof is written and its worktree let go, where that is to be.
        match row["status"].as_str() {
            Some("ready") => self.house.proven(name),
            _ => row,
        }
    }

    /// As [`run`](Self::run), held inside by landlock.
    pub(crate) fn run_inside(&self, name: &str, script: &str) -> Value {
        self.run_with(name, script, &["--policy", "sandboxed"])
    }

    /// A path outside of everything that an agent may write to.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.house.repo.beside(name)
    }

    pub(crate) fn git(&self, words: &[&str]) -> String {
        self.house.repo.git(words)
    }

    /// Everything that the commands say of a run which look at its worktree; none may hang, and none may fail but by a refusal.
    pub(crate) fn look_at(&self, name: &str) {
        for verb in [
            &["diff", name][..],
            &["explain", name],
            &["worktrees"],
            &["gc", "--dry-run"],
            &["gate", name],
            &["proof", name],
        ] {
            let said = self.house.say(verb);
            assert!(said.code != 101 && said.code >= 0, "{verb:?}: {said:?}");
        }
    }
}

pub(crate) fn tree(row: &Value) -> PathBuf {
    PathBuf::from(row["worktree"].as_str().expect("a worktree"))
}

/// Whether this kernel can hold an agent inside; without it these cases can't be made.
pub(crate) fn holds_inside() -> bool {
    supervisor::sandbox_works().is_ok()
}

pub(crate) const WORK: &str = "echo w > w; git add w; git commit -qm w";
