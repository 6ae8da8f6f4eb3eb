//! Ignored files that a worktree needs, such as `.env`.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::error::EnvironmentError;
use crate::{clone, place};

/// The ignored files that were copied into a worktree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopiedFiles {
    /// Paths inside the worktree.
    pub names: Vec<String>,
    pub bytes: u64,
}

/// Copies those of `ignored` (paths below `main`, folders as a whole) that match the patterns, in the syntax of a
/// .gitignore. Files that are there already stay as they are, so a second call after an interruption goes on.
///
/// # Errors
/// When a pattern is none, or something can't be read or written.
pub fn copy(
    main: &Path,
    worktree: &Path,
    ignored: &[PathBuf],
    patterns: &[String],
) -> Result<CopiedFiles, EnvironmentError> {
    let named = matcher(patterns)?;
    let mut copied = CopiedFiles::default();
    for path in ignored.iter().filter(|path| place::stays_below(path)) {
        let from = main.join(path);
        let is_folder = from.is_dir() && !from.is_symlink();
        if !named.matched(path, is_folder).is_ignore() {
            continue;
        }
        if is_folder {
            let whole = clone(main, worktree, path)?;
            copied.bytes += whole.bytes;
            copied.names.extend(whole.names);
            continue;
        }
        place::folders_above(worktree, path)?;
        if let Some(bytes) = place::file(&from, &worktree.join(path))? {
            copied.bytes += bytes;
            copied.names.push(path.to_string_lossy().into_owned());
        }
    }
    Ok(copied)
}

fn matcher(patterns: &[String]) -> Result<Gitignore, EnvironmentError> {
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        let wrong = |e: ignore::Error| EnvironmentError::Pattern { pattern: pattern.clone(), why: e.to_string() };
        builder.add_line(None, pattern).map_err(wrong)?;
    }
    builder.build().map_err(|e| EnvironmentError::Pattern { pattern: patterns.join(" "), why: e.to_string() })
}
