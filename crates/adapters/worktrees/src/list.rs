//! All worktrees of a repository, foreign ones too: they are shown and never changed.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use gix::bstr::ByteSlice;

use crate::admin_file::{path_in, read_small};
use crate::claim::Claims;
use crate::error::WorktreeError;
use crate::repository::Repository;

/// The lock reason of worktrees that pilothouse made begins with this; the run's id follows.
pub(crate) const LOCK_REASON: &str = "pilothouse run ";

/// A worktree as git knows it.
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
    /// The reason for which the worktree is locked, which may be empty.
    pub locked: Option<String>,
    /// The worktree's folder is gone.
    pub prunable: bool,
    /// The repository's folder for the worktree.
    pub(crate) git_dir: PathBuf,
    run: Option<String>,
}

impl Worktree {
    /// The run this worktree was made for, by what was kept of it when it was made.
    pub fn run(&self) -> Option<&str> {
        self.run.as_deref()
    }

    /// Whether someone other than pilothouse made the worktree.
    pub fn is_foreign(&self) -> bool {
        self.run().is_none()
    }

    /// Returns the tool that made the worktree, where that can be told: by our lock, or by where such tools put theirs.
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
    /// All worktrees, the main one first; a bare repository has none.
    ///
    /// # Errors
    /// When the repository can't be read.
    pub fn worktrees(&self) -> Result<Vec<Worktree>, WorktreeError> {
        let mut all = Vec::new();
        let by_git = if self.only_git { self.list_by_git()? } else { Vec::new() };
        let repo = self.open()?;
        if self.has_checkout {
            all.push(match by_git.iter().find(|tree| tree.main) {
                Some(main) => main.clone(),
                None => self.main_worktree(&repo)?,
            });
        }
        let claims = self.claims();
        let folder = self.common_dir().join("worktrees");
        let mut linked: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
        linked.sort();
        let mut linked: Vec<_> = linked.iter().filter_map(|git_dir| linked_one(&repo, &claims, git_dir)).collect();
        for tree in &mut linked {
            if let Some(known) = by_git.iter().find(|known| known.path == tree.path) {
                let Worktree { branch, head, detached, .. } = known.clone();
                (tree.branch, tree.head, tree.detached) = (branch, head, detached);
            }
        }
        linked.sort_by(|a, b| a.path.cmp(&b.path));
        all.extend(linked);
        Ok(all)
    }

    fn main_worktree(&self, repo: &gix::Repository) -> Result<Worktree, WorktreeError> {
        let path = self.main().to_owned();
        let head = repo.head().map_err(|e| WorktreeError::read(&path)(e.to_string()))?;
        Ok(Worktree {
            branch: head.referent_name().map(|name| name.shorten().to_str_lossy().into_owned()),
            head: head.id().map(|id| id.to_string()),
            detached: head.is_detached(),
            git_dir: self.common_dir().to_owned(),
            path,
            main: true,
            locked: None,
            prunable: false,
            run: None,
        })
    }

    fn list_by_git(&self) -> Result<Vec<Worktree>, WorktreeError> {
        let out = self.git().args(&["worktree", "list", "--porcelain", "-z"]).run()?;
        let mut all: Vec<Worktree> = parse_porcelain(&out);
        if let Some(first) = all.first_mut() {
            first.main = true;
        }
        Ok(all)
    }
}

/// A linked worktree by the files that git keeps of it; `None` for one whose files are being written just now.
fn linked_one(repo: &gix::Repository, claims: &Claims, git_dir: &Path) -> Option<Worktree> {
    let back = path_in(&read_small(&git_dir.join("gitdir")).ok()??, git_dir);
    let path = back.parent()?;
    // Relative ones (git-worktree(1), `worktree.useRelativePaths`) are told as git tells them.
    let path = if path.components().any(|part| part == Component::ParentDir) { path.canonicalize().ok() } else { None }
        .unwrap_or_else(|| path.to_owned());
    let locked = match read_small(&git_dir.join("locked")) {
        Ok(None) => None,
        Ok(Some(reason)) => Some(reason.to_str_lossy().trim_end().to_owned()),
        Err(_) => Some(String::new()),
    };
    let head = read_small(&git_dir.join("HEAD")).ok().flatten().unwrap_or_default();
    let head = head.to_str_lossy().trim_end().to_owned();
    let reference = head.strip_prefix("ref:").map(str::trim_start);
    let tip = |name: &str| repo.find_reference(name).ok()?.peel_to_id().ok().map(|id| id.to_string());
    let is_id = |id: &String| id.len() >= 40 && id.bytes().all(|b| b.is_ascii_hexdigit());
    Some(Worktree {
        main: false,
        branch: reference.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name).to_owned()),
        head: reference.map_or_else(|| Some(head.clone()).filter(is_id), tip),
        detached: reference.is_none(),
        // git never prunes what is locked, so it does not call it prunable either.
        prunable: locked.is_none() && fs::symlink_metadata(&back).is_err(),
        run: claims.run_of(git_dir, locked.as_deref()),
        git_dir: git_dir.to_owned(),
        locked,
        path,
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
                    git_dir: PathBuf::new(),
                    run: None,
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
