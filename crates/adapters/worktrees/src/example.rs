//! A small repository to try things on.

use std::fs;
use std::path::Path;

use crate::error::WorktreeError;
use crate::git::Git;

/// Makes a repository at `path` with these files in one commit, by an identity of its own.
///
/// # Errors
/// When the files can't be written or git can't be run.
pub fn example(path: &Path, files: &[(String, String)]) -> Result<(), WorktreeError> {
    fs::create_dir_all(path).map_err(WorktreeError::io("make the folder", path))?;
    Git::at(path).args(&["init", "--quiet", "--initial-branch=main"]).run()?;
    for (key, value) in [("user.name", "Pilothouse Demo"), ("user.email", "demo@localhost"), ("gc.auto", "0")] {
        Git::at(path).args(&["config", key, value]).run()?;
    }
    for (name, text) in files {
        let file = path.join(name);
        let folder = file.parent().unwrap_or(path);
        fs::create_dir_all(folder).map_err(WorktreeError::io("make the folder", folder))?;
        fs::write(&file, text).map_err(WorktreeError::io("write", &file))?;
    }
    Git::at(path).args(&["add", "--all"]).run()?;
    Git::at(path).args(&["commit", "--quiet", "--no-gpg-sign", "-m", "first commit"]).run()?;
    Ok(())
}
