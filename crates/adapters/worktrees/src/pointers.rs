//! Commits that only a worktree's own git folder points to: a rebase under way, an autostash, a merge.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::error::WorktreeError;
use crate::repository::Repository;

/// Files with ids in them (gitrepository-layout(5), git-rebase(1)); all lines count.
const POINTERS: &[&str] = &[
    "ORIG_HEAD",
    "MERGE_HEAD",
    "MERGE_AUTOSTASH",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "REBASE_HEAD",
    "rebase-merge/autostash",
    "rebase-merge/orig-head",
    "rebase-merge/onto",
    "rebase-merge/stopped-sha",
    "rebase-apply/autostash",
    "rebase-apply/orig-head",
    "rebase-apply/onto",
];

/// Files of every operation that a worktree can be in the middle of; a checkpoint does not hold them.
const UNDER_WAY: &[&str] = &[
    "MERGE_HEAD",
    "MERGE_MSG",
    "MERGE_MODE",
    "MERGE_AUTOSTASH",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "REBASE_HEAD",
    "AUTO_MERGE",
    "SQUASH_MSG",
    "BISECT_LOG",
    "BISECT_START",
    "BISECT_TERMS",
    "BISECT_NAMES",
    "BISECT_EXPECTED_REV",
    "BISECT_ANCESTORS_OK",
    "rebase-merge",
    "rebase-apply",
    "sequencer",
];

impl Repository {
    /// The commits that these ids name, each once and in this order; what is no commit here is left out.
    pub(crate) fn commits_of(&self, ids: impl Iterator<Item = String>) -> Result<Vec<String>, WorktreeError> {
        let mut seen = BTreeSet::new();
        let is_id = |id: &String| id.len() >= 40 && id.bytes().all(|b| b.is_ascii_hexdigit());
        let asked: String = ids.filter(is_id).filter(|id| seen.insert(id.clone())).map(|id| id + "\n").collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let git = self.git().args(&["cat-file", "--batch-check=%(objectname) %(objecttype)"]);
        let known = String::from_utf8_lossy(&git.input(asked.as_bytes())?).into_owned();
        Ok(known.lines().filter_map(|line| line.strip_suffix(" commit")).map(str::to_owned).collect())
    }
}

impl Repository {
    /// Makes a commit that no ref knows yet, and returns its full id.
    pub(crate) fn commit_tree(&self, tree: &str, parents: &[String], subject: &str) -> Result<String, WorktreeError> {
        let parents = parents.iter().flat_map(|parent| ["-p", parent.as_str()]);
        let words: Vec<&str> = ["commit-tree", "--no-gpg-sign"].into_iter().chain(parents).collect();
        self.git().args(&words).args(&["-m", subject, tree]).line()
    }
}

/// Every id in the files that point somewhere, and in the worktree's own refs.
pub(crate) fn pointed_to(git_dir: &Path) -> Vec<String> {
    let mut files: Vec<_> = POINTERS.iter().map(|name| git_dir.join(name)).collect();
    let mut open = vec![git_dir.join("refs")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                _ => files.push(entry.path()),
            }
        }
    }
    let texts = files.iter().filter_map(|file| fs::read(file).ok());
    texts
        .flat_map(|text| {
            let text = String::from_utf8_lossy(&text).into_owned();
            text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// Ends whatever the worktree is in the middle of; its commits were kept before.
pub(crate) fn end_what_is_under_way(git_dir: &Path) {
    for name in UNDER_WAY {
        let path = git_dir.join(name);
        let _not_there = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    }
}
