//! Finding the repository that a folder belongs to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::error::WorktreeError;
use crate::git::Git;

/// A repository with a main worktree, found from any folder of any of its worktrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    main: PathBuf,
    common: PathBuf,
    /// gix 0.90 opens reftable repositories but can't read their HEAD, so git reads those.
    pub(crate) only_git: bool,
}

impl Repository {
    /// Finds the repository that `folder` lies in.
    ///
    /// # Errors
    /// When there is none, it is bare, or it belongs to someone else and is not marked safe.
    pub fn find(folder: &Path) -> Result<Self, WorktreeError> {
        let folder = folder.canonicalize().map_err(WorktreeError::io("go into", folder))?;
        let trusted = gix::sec::trust::Mapping {
            full: gix::open::Options::default().bail_if_untrusted(true),
            reduced: gix::open::Options::default().bail_if_untrusted(true),
        };
        let found = match gix::ThreadSafeRepository::discover_opts(
            &folder,
            gix::discover::upwards::Options::default(),
            trusted,
        ) {
            Ok(found) => found.to_thread_local(),
            Err(error) => return Err(Self::why_not(&folder, &error)),
        };
        let common = absolute(found.common_dir())?;
        if found.config_snapshot().boolean("core.bare") == Some(true) {
            return Err(WorktreeError::Bare(common));
        }
        let only_git =
            found.config_snapshot().string("extensions.refStorage").is_some_and(|s| s.as_slice() == b"reftable");
        let main = found.main_repo().ok().and_then(|main| main.workdir().map(Path::to_owned));
        let main = match main {
            Some(main) => absolute(&main)?,
            None => common.parent().map(Path::to_owned).ok_or_else(|| WorktreeError::Bare(common.clone()))?,
        };
        Ok(Self { main, common, only_git })
    }

    /// gix's errors chain several causes; which of ours it is, git's own words tell best.
    fn why_not(folder: &Path, error: &dyn std::error::Error) -> WorktreeError {
        match Git::at(folder).args(&["rev-parse", "--git-dir"]).run() {
            Err(WorktreeError::Git { message, .. }) if message.contains("dubious ownership") => {
                WorktreeError::ForeignOwner { path: folder.to_owned() }
            }
            Err(WorktreeError::Git { message, .. }) if message.contains("not a git repository") => {
                WorktreeError::NotARepository(folder.to_owned())
            }
            Err(other) => other,
            Ok(_) => {
                let mut text = error.to_string();
                let mut cause = error.source();
                while let Some(inner) = cause {
                    text = format!("{text}: {inner}");
                    cause = inner.source();
                }
                if text.contains("trust") || text.contains("owner") {
                    return WorktreeError::ForeignOwner { path: folder.to_owned() };
                }
                WorktreeError::Read { path: folder.to_owned(), message: text }
            }
        }
    }

    /// Absolute path of the main worktree.
    pub fn main(&self) -> &Path {
        &self.main
    }

    /// Absolute path of the folder that all worktrees share (usually `.git`).
    pub fn common_dir(&self) -> &Path {
        &self.common
    }

    /// The name of the repository's folder.
    pub fn name(&self) -> String {
        self.main.file_name().map_or_else(|| "repository".to_owned(), |n| n.to_string_lossy().into_owned())
    }

    /// The branch of the worktree that `folder` lies in, or `HEAD` when it is on none.
    ///
    /// # Errors
    /// When the repository can't be read.
    pub fn current_branch(&self, folder: &Path) -> Result<String, WorktreeError> {
        let folder = absolute(folder)?;
        let around = self.worktrees()?.into_iter().filter(|w| w.main || folder.starts_with(&w.path));
        let here = around.max_by_key(|w| if folder.starts_with(&w.path) { w.path.as_os_str().len() } else { 0 });
        Ok(here.and_then(|w| w.branch).unwrap_or_else(|| "HEAD".to_owned()))
    }

    /// The full id of the commit that `name` stands for.
    ///
    /// # Errors
    /// When there is no such commit, or no commit at all.
    pub fn resolve(&self, name: &str) -> Result<String, WorktreeError> {
        let spec = format!("{name}^{{commit}}");
        let found = if self.only_git {
            let git = Git::at(&self.main).args(&["rev-parse", "--verify", "--quiet", "--end-of-options"]).arg(&spec);
            git.line().ok()
        } else {
            let repo = self.open()?;
            repo.rev_parse_single(spec.as_str()).ok().map(|id| id.to_string())
        };
        found.ok_or_else(|| match self.has_commits() {
            true => WorktreeError::MissingBase(name.to_owned()),
            false => WorktreeError::NoCommits(self.main.clone()),
        })
    }

    /// The text of a file in a commit (a full id); `None` when the commit has none of this path.
    ///
    /// # Errors
    /// When git can't be started.
    pub fn file_at(&self, commit: &str, path: &str) -> Result<Option<String>, WorktreeError> {
        let spec = format!("{commit}:{path}");
        match Git::at(&self.main).args(&["cat-file", "blob", &spec]).run() {
            Ok(text) => Ok(Some(String::from_utf8_lossy(&text).into_owned())),
            Err(WorktreeError::Git { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    fn has_commits(&self) -> bool {
        let all = Git::at(&self.main).args(&["rev-list", "--all", "--max-count=1"]).line();
        all.is_ok_and(|line| !line.is_empty())
    }

    /// The names of branches below `prefix` (like `pilothouse/`), without it.
    ///
    /// # Errors
    /// When the refs can't be read.
    pub fn branches_below(&self, prefix: &str) -> Result<BTreeSet<String>, WorktreeError> {
        let full = format!("refs/heads/{prefix}");
        if self.only_git {
            let out = Git::at(&self.main).args(&["for-each-ref", "--format=%(refname)", &full]).run()?;
            let text = String::from_utf8_lossy(&out).into_owned();
            return Ok(text.lines().filter_map(|line| line.strip_prefix(&full)).map(str::to_owned).collect());
        }
        let fail = |e: &dyn std::fmt::Display| WorktreeError::read(&self.main)(e.to_string());
        let repo = self.open()?;
        let platform = repo.references().map_err(|e| fail(&e))?;
        let found = platform.prefixed(full.as_str()).map_err(|e| fail(&e))?;
        let names = found.filter_map(Result::ok).map(|r| r.name().as_bstr().to_string());
        Ok(names.filter_map(|name| name.strip_prefix(&full).map(str::to_owned)).collect())
    }

    /// Whether git knows whose name to put on a commit here.
    ///
    /// # Errors
    /// `NoIdentity` when it does not.
    pub fn check_identity(&self) -> Result<(), WorktreeError> {
        let known = Git::at(&self.main).args(&["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"]).run();
        known.map(|_| ()).map_err(|e| match e {
            WorktreeError::Git { .. } => WorktreeError::NoIdentity,
            other => other,
        })
    }

    pub(crate) fn open(&self) -> Result<gix::Repository, WorktreeError> {
        open(&self.main)
    }
}

/// Opens the worktree at exactly `path`, refusing what belongs to others.
pub(crate) fn open(path: &Path) -> Result<gix::Repository, WorktreeError> {
    let options = gix::open::Options::default().bail_if_untrusted(true);
    gix::open_opts(path, options).map_err(|e| WorktreeError::read(path)(e.to_string()))
}

pub(crate) fn absolute(path: &Path) -> Result<PathBuf, WorktreeError> {
    path.canonicalize().map_err(WorktreeError::io("find", path))
}
