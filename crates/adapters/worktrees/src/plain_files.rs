//! Whether the files that gix reads of a git folder are files: it opens them in this process and would wait for ever for
//! whoever writes to a pipe.

use std::fs;
use std::path::Path;

use crate::admin_file::{path_in, read_small};
use crate::error::WorktreeError;

/// The files that gix opens when it looks for a repository or opens one.
const OPENED: &[&str] = &[
    "HEAD",
    "config",
    "config.worktree",
    "packed-refs",
    "commondir",
    "gitdir",
    "shallow",
    "index",
    "info/attributes",
    "info/exclude",
    "info/grafts",
    "info/sparse-checkout",
    "objects/info/alternates",
];

/// Checks the git folder that a search from `folder` upwards ends in.
///
/// # Errors
/// Names the first thing that is no file.
pub(crate) fn check_upwards(folder: &Path) -> Result<(), WorktreeError> {
    for above in folder.ancestors() {
        let pointer = above.join(".git");
        if is_folder(&pointer) {
            return check(&pointer);
        }
        if fs::symlink_metadata(&pointer).is_ok() {
            check_file(&pointer)?;
            let text = read_small(&pointer).ok().flatten().unwrap_or_default();
            let Some(path) = text.strip_prefix(b"gitdir:") else { return Ok(()) };
            return check(&path_in(path.trim_ascii(), above));
        }
        if fs::symlink_metadata(above.join("HEAD")).is_ok() && is_folder(&above.join("objects")) {
            return check(above);
        }
    }
    Ok(())
}

/// Checks a git folder, and the one that it shares with other worktrees.
///
/// # Errors
/// Names the first thing that is no file.
pub(crate) fn check(git_dir: &Path) -> Result<(), WorktreeError> {
    check_one(git_dir)?;
    match read_small(&git_dir.join("commondir")) {
        // One that leads nowhere is told of by whoever follows it.
        Ok(Some(text)) => path_in(&text, git_dir).canonicalize().map_or(Ok(()), |common| check_one(&common)),
        _ => Ok(()),
    }
}

fn check_one(git_dir: &Path) -> Result<(), WorktreeError> {
    OPENED.iter().try_for_each(|name| check_file(&git_dir.join(name)))
}

/// A link is as good as what it leads to: people have their repositories' files elsewhere too.
fn check_file(path: &Path) -> Result<(), WorktreeError> {
    match fs::metadata(path) {
        Ok(meta) if !meta.is_file() => {
            let why = "it is no file, and whoever reads it would wait for ever; take it away".to_owned();
            Err(WorktreeError::Tampered { path: path.to_owned(), why })
        }
        _ => Ok(()),
    }
}

fn is_folder(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_dir())
}
