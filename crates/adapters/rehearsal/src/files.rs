//! Edits of real files.

use std::fs;
use std::io;

use serde_json::json;

use crate::stage::AgentStage;

/// A file that no other run writes, so that rehearsals don't get into each other's way: it has the run's name.
pub(crate) fn own(stem: &str, end: &str) -> String {
    let branch = std::env::var("BRANCH").unwrap_or_default();
    match branch.rsplit('/').next().filter(|name| !name.is_empty()) {
        Some(name) => format!("{stem}-{name}.{end}"),
        None => format!("{stem}.{end}"),
    }
}

impl AgentStage {
    /// Writes a file of the worktree, as a tool call.
    pub(crate) fn writes(&mut self, name: &str, text: &str) -> io::Result<()> {
        let path = self.worktree.join(name);
        let id = self.calls("Write", json!({"file_path": path.display().to_string()}))?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        match fs::write(&path, text) {
            Ok(()) => self.returned(&id, &format!("wrote {} bytes", text.len()), false),
            Err(error) => self.returned(&id, &error.to_string(), true),
        }
    }

    /// Adds a line to a file that may be there already.
    pub(crate) fn appends(&mut self, name: &str, line: &str) -> io::Result<()> {
        let old = fs::read_to_string(self.worktree.join(name)).unwrap_or_default();
        self.writes(name, &format!("{old}{line}\n"))
    }
}
