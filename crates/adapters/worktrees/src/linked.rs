//! A linked worktree of a repository, checked to be that: its files and the repository's name each other, and nothing
//! between them leads elsewhere. An agent may write all of its worktree and of the worktree's own git folder, so what they
//! say is believed only where the repository agrees.

use std::fs;
use std::path::{Path, PathBuf};

use crate::admin_file::{path_in, read_small};
use crate::error::WorktreeError;
use crate::git::{Git, Site};
use crate::own_store::OwnStore;
use crate::repository::Repository;

/// A linked worktree that was checked to be the repository's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Linked {
    pub(crate) path: PathBuf,
    /// The worktree's own folder in the repository's `worktrees`.
    pub(crate) git_dir: PathBuf,
    /// The store of its own that the worktree was given, for an agent in a sandbox.
    pub(crate) store: Option<OwnStore>,
}

/// Settings that a worktree may have for itself: they say which files it has and in whose name it commits. Everything else
/// could name a program.
const OWN_SETTINGS: &[&str] = &[
    "core.sparsecheckout",
    "core.sparsecheckoutcone",
    "index.sparse",
    "core.autocrlf",
    "core.eol",
    "core.filemode",
    "core.ignorecase",
    "core.symlinks",
    "user.name",
    "user.email",
];

impl Repository {
    /// Returns the own git folder of a worktree that is a linked one of this very repository.
    ///
    /// # Errors
    /// When it is the main checkout, another repository's, or no worktree at all.
    pub fn check_linked(&self, worktree: &Path) -> Result<PathBuf, WorktreeError> {
        self.linked(worktree).map(|linked| linked.git_dir)
    }

    pub(crate) fn linked(&self, worktree: &Path) -> Result<Linked, WorktreeError> {
        let other = |why: &str| WorktreeError::NotLinked { path: worktree.to_owned(), why: why.to_owned() };
        let pointer = worktree.join(".git");
        let text = match read_small(&pointer) {
            Ok(Some(text)) => text,
            Ok(None) => return Err(other("it has no .git file")),
            Err(error) => return Err(other(&format!("its .git: {error}"))),
        };
        let target = text.strip_prefix(b"gitdir: ").ok_or_else(|| other("its .git file names no git folder"))?;
        let target = path_in(target, worktree);
        let all = self.common_dir().join("worktrees");
        let beside = target.parent().and_then(|parent| parent.canonicalize().ok());
        let name = target.file_name().filter(|_| beside.as_ref() == Some(&all));
        let git_dir =
            name.map(|name| all.join(name)).ok_or_else(|| other("its .git file leads to another repository"))?;
        if !fs::symlink_metadata(&git_dir).is_ok_and(|meta| meta.is_dir()) {
            return Err(other("the repository has no such worktree any more"));
        }
        let mut linked = Linked { path: worktree.to_owned(), git_dir, store: None };
        linked.store = linked.check(self)?;
        Ok(linked)
    }

    /// A call of git in the main checkout, or in the repository's folder where it has none.
    pub(crate) fn git(&self) -> Git {
        Git::within(&self.site())
    }

    /// A call of git that changes a worktree. Nothing of the run may live then, so that what was checked holds.
    pub(crate) fn git_in(&self, linked: &Linked) -> Result<Git, WorktreeError> {
        if linked.check(self)?.is_some() {
            let why = "its agent's own store of objects was not taken over".to_owned();
            return Err(WorktreeError::Tampered { path: linked.git_dir.join("commondir"), why });
        }
        let (git_dir, work_tree) = (linked.git_dir.clone(), Some(linked.path.clone()));
        Ok(Git::within(&Site { git_dir, common: self.common_dir().to_owned(), work_tree, beside: Vec::new() }))
    }
}

impl Linked {
    /// Looks at every file of the worktree's git folder that could lead git elsewhere or have it start a program.
    /// Returns the store that the worktree was given and uses.
    fn check(&self, repo: &Repository) -> Result<Option<OwnStore>, WorktreeError> {
        let odd = |name: &str, why: String| WorktreeError::Tampered { path: self.git_dir.join(name), why };
        let read = |name: &str| read_small(&self.git_dir.join(name)).map_err(|error| odd(name, error.to_string()));
        let back = read("gitdir")?.map(|text| path_in(&text, &self.git_dir));
        let back = back.as_ref().and_then(|back| back.parent()?.canonicalize().ok());
        if back.is_none() || back != self.path.canonicalize().ok() {
            let why = "the repository has this worktree elsewhere".to_owned();
            return Err(WorktreeError::NotLinked { path: self.path.clone(), why });
        }
        let common = read("commondir")?.map(|text| path_in(&text, &self.git_dir));
        let common = common.and_then(|common| common.canonicalize().ok());
        let store = match &common {
            Some(other) if other != repo.common_dir() => repo.store_of(&self.git_dir, other),
            Some(_) | None => None,
        };
        if store.is_none() && common.as_deref() != Some(repo.common_dir()) {
            return Err(odd("commondir", "it leads git to another repository".to_owned()));
        }
        if read("HEAD")?.is_none() {
            return Err(odd("HEAD", "it is gone".to_owned()));
        }
        let index = self.git_dir.join("index");
        match fs::symlink_metadata(&index) {
            Ok(meta) if !meta.is_file() => return Err(odd("index", "it is no regular file".to_owned())),
            _ => {}
        }
        match self.own_settings(repo)? {
            (_, refused) if refused.is_empty() => Ok(store),
            (_, refused) => Err(odd("config.worktree", format!("it sets {}", refused.join(", ")))),
        }
    }

    /// The worktree's own settings that count, as a file of them, and the names of those that do not.
    pub(crate) fn own_settings(&self, repo: &Repository) -> Result<(String, Vec<String>), WorktreeError> {
        if !repo.has_own_settings {
            return Ok((String::new(), Vec::new()));
        }
        own_settings_of(&self.git_dir.join("config.worktree"))
    }
}

/// Of a file of a worktree's own settings those that count, as a file of them, and the names of those that do not.
pub(crate) fn own_settings_of(path: &Path) -> Result<(String, Vec<String>), WorktreeError> {
    let (mut kept, mut refused) = (String::new(), Vec::new());
    let odd = |why: String| WorktreeError::Tampered { path: path.to_owned(), why };
    let Some(text) = read_small(path).map_err(|error| odd(error.to_string()))? else { return Ok((kept, refused)) };
    let file = gix::config::File::from_bytes_no_includes(
        &text,
        gix::config::file::Metadata::api(),
        gix::config::file::init::Options::default(),
    );
    let file = file.map_err(|error| odd(error.to_string()))?;
    for section in file.sections() {
        let header = section.header();
        for key in section.value_names() {
            let below = header.subsection_name().map_or_else(String::new, |name| format!(".{name}"));
            let name = format!("{}{below}.{key}", header.name()).to_lowercase();
            let plain = OWN_SETTINGS.contains(&name.as_str());
            let value = section.value(&*key).map(|value| value.to_string()).unwrap_or_default();
            if !plain || value.contains(['\n', '"', '\\']) {
                refused.push(name);
                continue;
            }
            let line = format!("[{}]\n\t{key} = \"{value}\"\n", header.name());
            kept.push_str(&line);
        }
    }
    Ok((kept, refused))
}
