//! All worktrees of a repository, foreign ones too: they are shown and never changed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;

use crate::error::WorktreeError;
use crate::git::Git;
use crate::repository::Repository;

/// The lock reason of worktrees that pilothouse made begins with this; the run's id follows.
pub(crate) const LOCK_REASON: &str = "pilothouse run ";

/// One worktree as git knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worktree {
    pub path: PathBuf,
    /// The main worktree, which git made with the repository.
    pub main: bool,
    /// The branch's short name; `None` when detached.
    pub branch: Option<String>,
    /// Full commit id; `None` before the first commit, or when it can't be read.
    pub head: Option<String>,
    pub detached: bool,
    /// The reason it is locked for, which may be empty.
    pub locked: Option<String>,
    /// Its folder is gone.
    pub prunable: bool,
}

impl Worktree {
    /// The run this worktree was made for, by the lock that was put on it when it was made.
    pub fn run(&self) -> Option<&str> {
        self.locked.as_deref()?.strip_prefix(LOCK_REASON)
    }

    /// Whether someone other than pilothouse made it.
    pub fn is_foreign(&self) -> bool {
        self.run().is_none()
    }

    /// The tool that made it, where that can be told: by our lock, or by where such tools put theirs.
    pub fn owner(&self) -> Option<&'static str> {
        if !self.is_foreign() {
            return Some("pilothouse");
        }
        let path = self.path.to_string_lossy();
        let known = [
            ("/.claude/worktrees/", "claude"),
            ("/.cursor/worktrees/", "cursor"),
            ("/.claude-squad/worktrees/", "claude-squad"),
        ];
        known.iter().find(|(part, _)| path.contains(part)).map(|(_, owner)| *owner)
    }
}

impl Repository {
    /// All worktrees, the main one first.
    ///
    /// # Errors
    /// When the repository can't be read.
    pub fn worktrees(&self) -> Result<Vec<Worktree>, WorktreeError> {
        if self.only_git { self.list_by_git() } else { self.list_by_gix() }
    }

    fn list_by_gix(&self) -> Result<Vec<Worktree>, WorktreeError> {
        let fail = |e: &dyn std::fmt::Display| WorktreeError::read(self.main())(e.to_string());
        let repo = self.open()?;
        let mut all = vec![read(&repo, self.main().to_owned(), true)?];
        for proxy in repo.worktrees().map_err(|e| fail(&e))? {
            // A worktree whose gitdir file is being written just now is there at the next look.
            let Ok(path) = proxy.base() else { continue };
            let locked = proxy.lock_reason().map(|r| r.to_str_lossy().trim_end().to_owned());
            // git never prunes what is locked, so it does not call it prunable either.
            let prunable = locked.is_none() && proxy.is_prunable();
            let git_dir = proxy.git_dir().to_owned();
            let found = match proxy.into_repo_with_possibly_inaccessible_worktree() {
                Ok(linked) => read(&linked, path.clone(), false).ok(),
                Err(_) => None,
            };
            let found = found.unwrap_or_else(|| without_folder(&repo, &git_dir, path));
            all.push(Worktree { locked, prunable, ..found });
        }
        all[1..].sort_by(|a, b| a.path.cmp(&b.path));
        Ok(all)
    }

    pub(crate) fn list_by_git(&self) -> Result<Vec<Worktree>, WorktreeError> {
        let out = Git::at(self.main()).args(&["worktree", "list", "--porcelain", "-z"]).run()?;
        let mut all: Vec<Worktree> = parse_porcelain(&out);
        if let Some(first) = all.first_mut() {
            first.main = true;
        }
        if all.len() > 1 {
            all[1..].sort_by(|a, b| a.path.cmp(&b.path));
        }
        Ok(all)
    }
}

/// A worktree whose folder is gone, by the HEAD that git keeps of it.
fn without_folder(repo: &gix::Repository, git_dir: &Path, path: PathBuf) -> Worktree {
    let head = std::fs::read_to_string(git_dir.join("HEAD")).unwrap_or_default();
    let reference = head.trim().strip_prefix("ref: ");
    let tip = |name: &str| repo.find_reference(name).ok()?.peel_to_id().ok().map(|id| id.to_string());
    Worktree {
        path,
        main: false,
        branch: reference.map(|name| name.trim_start_matches("refs/heads/").to_owned()),
        head: reference.map_or_else(|| Some(head.trim().to_owned()).filter(|id| !id.is_empty()), tip),
        detached: reference.is_none(),
        locked: None,
        prunable: false,
    }
}

fn read(repo: &gix::Repository, path: PathBuf, main: bool) -> Result<Worktree, WorktreeError> {
    let head = repo.head().map_err(|e| WorktreeError::read(&path)(e.to_string()))?;
    Ok(Worktree {
        branch: head.referent_name().map(|name| name.shorten().to_str_lossy().into_owned()),
        head: head.id().map(|id| id.to_string()),
        detached: head.is_detached(),
        path,
        main,
        locked: None,
        prunable: false,
    })
}

/// Reads `git worktree list --porcelain -z` (git-worktree(1), "Porcelain format"): records end with an
/// empty entry, each entry with NUL, so that any byte may stand in a path.
fn parse_porcelain(out: &[u8]) -> Vec<Worktree> {
    let mut all = Vec::new();
    let mut open: Option<Worktree> = None;
    for entry in out.split(|b| *b == 0) {
        let (key, value) = entry.split_once_str(" ").unwrap_or((entry, b""));
        let text = || String::from_utf8_lossy(value).into_owned();
        match (key, &mut open) {
            (b"worktree", _) => {
                open = Some(Worktree {
                    path: PathBuf::from(OsStr::from_bytes(value)),
                    main: false,
                    branch: None,
                    head: None,
                    detached: false,
                    locked: None,
                    prunable: false,
                });
            }
            (b"", _) => all.extend(open.take()),
            (b"HEAD", Some(w)) => w.head = Some(text()).filter(|id| id.bytes().any(|b| b != b'0')),
            (b"branch", Some(w)) => w.branch = Some(text().trim_start_matches("refs/heads/").to_owned()),
            (b"detached", Some(w)) => w.detached = true,
            (b"locked", Some(w)) => w.locked = Some(text()),
            (b"prunable", Some(w)) => w.prunable = true,
            _ => {}
        }
    }
    all.extend(open);
    all
}
