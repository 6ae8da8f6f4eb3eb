//! Finding the repository that a folder belongs to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::admin_file::{path_in, read_small};
use crate::error::WorktreeError;
use crate::git::{Git, Site};
use crate::own_store::store_lies_at;
use crate::plain_files;

/// A repository, found from any folder of any of its worktrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    main: PathBuf,
    common: PathBuf,
    /// `main` is a checkout. A bare repository has linked worktrees alone.
    pub(crate) has_checkout: bool,
    /// gix 0.90 opens reftable repositories but can't read their HEAD, so git reads those.
    pub(crate) only_git: bool,
    /// Worktrees may have settings of their own (`extensions.worktreeConfig`).
    pub(crate) has_own_settings: bool,
    bare_by_mistake: bool,
}

/// The folders of a repository, as far as paths and pointers tell.
struct Folders {
    common: PathBuf,
    /// The checkout that the search ended in, where it is no linked one.
    checkout: Option<PathBuf>,
    linked: bool,
}

impl Repository {
    /// Finds the repository that `folder` lies in.
    ///
    /// # Errors
    /// When there is none, it is bare and has no worktree, or it belongs to someone else and is not marked safe.
    pub fn find(folder: &Path) -> Result<Self, WorktreeError> {
        let folder = folder.canonicalize().map_err(WorktreeError::io("go into", folder))?;
        let Folders { common, checkout, linked } = folders(&folder)?;
        let config = open_trusted(&common)?;
        let config = config.config_snapshot();
        let set = |name: &str| config.string(name).map(|value| value.to_string());
        let only_git = set("extensions.refStorage").as_deref() == Some("reftable");
        let is_bare = config.boolean("core.bare") == Some(true);
        let elsewhere = set("core.worktree").and_then(|path| common.join(path).canonicalize().ok());
        let parent = common.parent().map(Path::to_owned).unwrap_or_default();
        let usual = common.file_name().is_some_and(|name| name == ".git");
        // What git made as a checkout's folder and is called bare by now still has the checkout's index.
        let bare_by_mistake = is_bare && usual && common.join("index").exists();
        let main = match (elsewhere, checkout, is_bare && !bare_by_mistake) {
            (_, _, true) => None,
            (Some(path), _, _) => Some(path),
            (None, Some(path), _) => Some(path),
            (None, None, _) => Some(parent.clone()),
        };
        if main.is_none() && !linked && !has_entries(&common.join("worktrees")) {
            return Err(WorktreeError::Bare(common));
        }
        let has_checkout = main.is_some();
        // Of a bare repository in a folder that leads to it, the folder is what people know.
        let main = main.unwrap_or_else(|| match folders(&parent) {
            Ok(found) if found.common == common => parent,
            _ => common.clone(),
        });
        let has_own_settings = config.boolean("extensions.worktreeConfig") == Some(true);
        Ok(Self { main, has_checkout, only_git, has_own_settings, bare_by_mistake, common })
    }

    /// The file whose `core.bare` makes git take this checkout for none, where it does.
    ///
    /// # Errors
    /// `BareByMistake` where it is so.
    pub fn check_not_bare(&self) -> Result<(), WorktreeError> {
        match self.bare_by_mistake {
            true => Err(WorktreeError::BareByMistake { config: self.common.join("config") }),
            false => Ok(()),
        }
    }

    /// The folders that git works in for what belongs to no linked worktree.
    pub(crate) fn site(&self) -> Site {
        let work_tree = self.has_checkout.then(|| self.main.clone());
        Site { git_dir: self.common.clone(), common: self.common.clone(), work_tree, beside: Vec::new() }
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
        // A tag of a branch's name would win by git's own rule; what people name here are branches.
        let is_id = name.len() >= 40 && name.bytes().all(|b| b.is_ascii_hexdigit());
        let branch = if is_id { None } else { self.at_ref(&format!("refs/heads/{name}"))? };
        if let Some(commit) = branch {
            return Ok(commit);
        }
        let spec = format!("{name}^{{commit}}");
        let found = if self.only_git {
            let git = self.git().args(&["rev-parse", "--verify", "--quiet", "--end-of-options"]).arg(&spec);
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

    /// The local branch that work begun at `name` is to be merged into: the one of that name, or the one that follows the
    /// remote's branch of that name. `None` where there is neither.
    ///
    /// # Errors
    /// When the refs can't be read.
    pub fn branch_for(&self, name: &str) -> Result<Option<String>, WorktreeError> {
        if self.at_ref(&format!("refs/heads/{name}"))?.is_some() {
            return Ok(Some(name.to_owned()));
        }
        let full = format!("refs/remotes/{name}");
        if self.at_ref(&full)?.is_none() {
            return Ok(None);
        }
        let out = self.git().args(&["for-each-ref", "--format=%(refname) %(upstream)", "refs/heads/"]).run()?;
        let text = String::from_utf8_lossy(&out).into_owned();
        let mut pairs = text.lines().filter_map(|line| line.rsplit_once(' '));
        let follows = pairs.find(|(_, upstream)| *upstream == full);
        Ok(follows.map(|(branch, _)| branch.trim_start_matches("refs/heads/").to_owned()))
    }

    /// The text of a file in a commit (a full id); `None` when the commit has none of this path.
    ///
    /// # Errors
    /// When git can't be started.
    pub fn file_at(&self, commit: &str, path: &str) -> Result<Option<String>, WorktreeError> {
        let spec = format!("{commit}:{path}");
        match self.git().args(&["cat-file", "blob", &spec]).run() {
            Ok(text) => Ok(Some(String::from_utf8_lossy(&text).into_owned())),
            Err(WorktreeError::Git { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    fn has_commits(&self) -> bool {
        let all = self.git().args(&["rev-list", "--all", "--max-count=1"]).line();
        all.is_ok_and(|line| !line.is_empty())
    }

    /// The names of branches below `prefix` (like `pilothouse/`), without it.
    ///
    /// # Errors
    /// When the refs can't be read.
    pub fn branches_below(&self, prefix: &str) -> Result<BTreeSet<String>, WorktreeError> {
        let full = format!("refs/heads/{prefix}");
        if self.only_git {
            let out = self.git().args(&["for-each-ref", "--format=%(refname)", &full]).run()?;
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
        self.identity().map(drop)
    }

    /// Whether a person's own commits here are signed.
    pub fn signs_commits(&self) -> bool {
        self.git().args(&["config", "--type=bool", "--get", "commit.gpgsign"]).line().is_ok_and(|set| set == "true")
    }

    /// The name and the address to put on a commit, as the main checkout has them: settings may be meant for its folder alone.
    pub(crate) fn identity(&self) -> Result<(String, String), WorktreeError> {
        let known = self.git().args(&["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"]).line();
        let known = known.map_err(|e| match e {
            WorktreeError::Git { .. } => WorktreeError::NoIdentity,
            other => other,
        })?;
        let (name, rest) = known.split_once(" <").ok_or(WorktreeError::NoIdentity)?;
        let address = rest.rsplit_once("> ").map_or(rest, |(address, _)| address);
        Ok((name.to_owned(), address.to_owned()))
    }

    pub(crate) fn open(&self) -> Result<gix::Repository, WorktreeError> {
        open_trusted(&self.common)
    }
}

fn has_entries(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Finds the repository's folders from `folder` upwards. What a worktree's files say of where its repository is must be
/// what its place says.
fn folders(folder: &Path) -> Result<Folders, WorktreeError> {
    use gix::discover::repository::Path as Found;
    let missing = || WorktreeError::NotARepository(folder.to_owned());
    plain_files::check_upwards(folder)?;
    let (found, trust) = gix::discover::upwards(folder).map_err(|_| why_not(folder))?;
    if trust != gix::sec::Trust::Full && Git::at(folder).args(&["rev-parse", "--git-dir"]).run().is_err() {
        return Err(why_not(folder));
    }
    let (git_dir, checkout) = match found {
        Found::LinkedWorkTree { work_dir, git_dir } => (git_dir, Some(work_dir)),
        Found::WorkTree(work_dir) => (work_dir.join(".git"), Some(work_dir)),
        Found::Repository(git_dir) => (git_dir, None),
    };
    let git_dir = absolute(&git_dir)?;
    let checkout = checkout.map(|path| absolute(&path)).transpose()?;
    let pointer = git_dir.join("commondir");
    let odd = |why: String| WorktreeError::Tampered { path: pointer.clone(), why };
    let Some(text) = read_small(&pointer).map_err(|error| odd(error.to_string()))? else {
        return Ok(Folders { common: git_dir, checkout, linked: false });
    };
    let above = git_dir.parent().filter(|all| all.file_name().is_some_and(|name| name == "worktrees"));
    let common = above.and_then(Path::parent).ok_or_else(missing)?.to_owned();
    let said = path_in(&text, &git_dir).canonicalize().ok();
    // The worktree of an agent that is held inside uses a store of its own, which lies with its run.
    let has_store = || said.as_ref().is_some_and(|said| store_lies_at(&common, said));
    match said.as_ref() == Some(&common) || has_store() {
        true => Ok(Folders { common, checkout: None, linked: true }),
        false => Err(odd("it leads git to another repository".to_owned())),
    }
}

/// The reason why `folder` is in no repository that may be used, which git's own words tell best.
fn why_not(folder: &Path) -> WorktreeError {
    match Git::at(folder).args(&["rev-parse", "--git-dir"]).run() {
        Err(WorktreeError::Git { message, .. }) if message.contains("dubious ownership") => {
            WorktreeError::ForeignOwner { path: folder.to_owned() }
        }
        Err(WorktreeError::Git { message, .. }) if !message.contains("not a git repository") => {
            WorktreeError::Read { path: folder.to_owned(), message }
        }
        Err(WorktreeError::Git { .. }) | Ok(_) => WorktreeError::NotARepository(folder.to_owned()),
        Err(other) => other,
    }
}

/// Opens the git folder at exactly `path`, which was checked to be one that may be read. No ref stands in for another object.
pub(crate) fn open_trusted(path: &Path) -> Result<gix::Repository, WorktreeError> {
    plain_files::check(path)?;
    let options = gix::open::Options::default()
        .with(gix::sec::Trust::Full)
        .config_overrides(["core.useReplaceRefs=false", "core.commitGraph=false"]);
    gix::open_opts(path, options).map_err(|e| WorktreeError::read(path)(e.to_string()))
}

pub(crate) fn absolute(path: &Path) -> Result<PathBuf, WorktreeError> {
    path.canonicalize().map_err(WorktreeError::io("find", path))
}
