//! git merge-tree(1): the tree of two commits together, and the paths in which they do not fit.

use crate::error::WorktreeError;
use crate::git::{Git, complaint};

/// The result of merging two commits.
#[derive(Debug)]
pub(crate) struct Together {
    /// Full id of the merged tree; with conflicts in it where there are any.
    pub(crate) tree: String,
    /// Paths with conflicts, none where both fit; names that are no UTF-8 with U+FFFD.
    pub(crate) conflicts: Vec<String>,
}

/// The name of a conflict for which git names no path, such as a folder whose files were moved to two others.
const NO_PATH: &str = "(folders that were moved)";

/// Merges `theirs` into `ours` by `git`, which writes where it was told to; `base` is what both began at, where that is not to
/// be found out.
///
/// # Errors
/// When one of them is no commit here.
pub(crate) fn merge_tree(git: Git, base: Option<&str>, ours: &str, theirs: &str) -> Result<Together, WorktreeError> {
    let base = base.map(|base| format!("--merge-base={base}"));
    let git = git.args(&["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"]);
    let git = base.iter().fold(git, |git, base| git.arg(base));
    let output = git.args(&[ours, theirs]).output()?;
    // git exits with 1 for a conflict, and also where it can't merge at all; then it gives no tree.
    let gave_a_tree = output.stdout.iter().take_while(|b| b.is_ascii_hexdigit()).count() >= 40;
    if !matches!(output.status.code(), Some(0 | 1)) || !gave_a_tree {
        return Err(WorktreeError::Git { command: "merge-tree".to_owned(), message: complaint(&output) });
    }
    let mut said = output.stdout.split(|b| *b == 0).filter(|part| !part.is_empty());
    let mut part = || said.next().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let tree = part().unwrap_or_default();
    // Where one has a file and the other a folder, git puts the side's name behind the file's.
    let sides = [format!("~{ours}"), format!("~{theirs}")];
    let plain = |name: String| {
        let side = sides.iter().find(|side| name.ends_with(side.as_str()));
        side.map_or_else(|| name.clone(), |side| name[..name.len() - side.len()].to_owned())
    };
    let mut conflicts: Vec<String> = std::iter::from_fn(part).map(plain).collect();
    // Not the list but the exit code says whether they fit (git-merge-tree(1)).
    match output.status.code() {
        Some(0) => conflicts.clear(),
        _ if conflicts.is_empty() => conflicts.push(NO_PATH.to_owned()),
        _ => {}
    }
    Ok(Together { tree, conflicts })
}
