//! Looking at the repository that a run is asked for, before the run exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use domain::name;
use protocol::{Code, Refused, RunRequest};
use settings::{Settings, SettingsError};
use worktrees::{Repository, WorktreeError};

/// A request with everything that can be found out without the other runs.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) request: RunRequest,
    pub(crate) main: PathBuf,
    pub(crate) repo_name: String,
    pub(crate) base: String,
    pub(crate) base_commit: String,
    pub(crate) agent: String,
    pub(crate) model: Option<String>,
    /// Names whose branch exists already.
    pub(crate) taken: BTreeSet<String>,
    pub(crate) settings: Settings,
}

/// Reads the user's file and, for a repository, its `pilothouse.toml`.
pub(crate) fn settings(config: &Path, repo: Option<&Path>) -> Result<Settings, SettingsError> {
    let files = [Some(config.to_owned()), repo.map(|main| main.join("pilothouse.toml"))];
    let mut layers = Vec::new();
    for path in files.into_iter().flatten() {
        match fs::read_to_string(&path) {
            Ok(text) => layers.push((path, text)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(SettingsError::Parse { file: path.display().to_string(), why: e.to_string() }),
        }
    }
    Settings::from_layers(&layers)
}

/// Blocks: reads the repository and starts git.
pub(crate) fn prepare(config: &Path, request: RunRequest) -> Result<Prepared, Refused> {
    let usage = |reason: String| Refused { code: Code::Usage, reason };
    if request.task.trim().is_empty() {
        return Err(usage("the task is empty; say what is to be done".to_owned()));
    }
    if request.count == 0 || request.count > 100 {
        return Err(usage("--count must be from 1 to 100".to_owned()));
    }
    if let Some(problem) = request.name.as_deref().and_then(name::problem) {
        return Err(usage(format!("the name {:?} {problem}", request.name.unwrap_or_default())));
    }
    let repo = Repository::find(&request.folder).map_err(refused)?;
    let settings = settings(config, Some(repo.main())).map_err(|e| usage(e.to_string()))?;
    let (agent, model) = agent(&request, &settings)?;
    repo.check_identity().map_err(refused)?;
    let base = match (&request.base, &settings.base) {
        (Some(base), _) => base.clone(),
        (None, Some(base)) => base.value.clone(),
        (None, None) => repo.current_branch().map_err(refused)?,
    };
    let base_commit = repo.resolve(&base).map_err(refused)?;
    let taken = repo.branches_below("pilothouse/").map_err(refused)?;
    if let Some(name) = request.name.as_ref().filter(|name| taken.contains(*name)) {
        return Err(refused(WorktreeError::BranchTaken(format!("pilothouse/{name}"))));
    }
    let (main, repo_name) = (repo.main().to_owned(), repo.name());
    Ok(Prepared { request, main, repo_name, base, base_commit, agent, model, taken, settings })
}

fn agent(request: &RunRequest, settings: &Settings) -> Result<(String, Option<String>), Refused> {
    let asked = request.agent.as_deref().unwrap_or(&settings.agent.value);
    let (name, model) = match asked.split_once(':') {
        Some((name, model)) => (name, Some(model.to_owned())),
        None => (asked, request.model.clone()),
    };
    let usage = |reason: String| Refused { code: Code::Usage, reason };
    let Some(agent) = agents::find(name) else {
        let known: Vec<_> = agents::all().iter().map(|a| a.name).collect();
        return Err(usage(format!("there is no agent called {name:?}; there is: {}", known.join(", "))));
    };
    if let Some(model) = model.as_deref().filter(|m| !agent.models.is_empty() && !agent.models.contains(m)) {
        let known = agent.models.join(", ");
        return Err(usage(format!("{name} has no model {model:?}; it has: {known}")));
    }
    Ok((name.to_owned(), model))
}

pub(crate) fn refused(error: WorktreeError) -> Refused {
    let code = match &error {
        WorktreeError::NotARepository(_) | WorktreeError::NoCommits(_) | WorktreeError::MissingBase(_) => {
            Code::NotFound
        }
        WorktreeError::Bare(_)
        | WorktreeError::ForeignOwner { .. }
        | WorktreeError::BranchTaken(_)
        | WorktreeError::TargetTaken(_)
        | WorktreeError::NoIdentity
        | WorktreeError::WrongBranch { .. }
        | WorktreeError::InProgress { .. } => Code::Refused,
        WorktreeError::DiskFull(_)
        | WorktreeError::NoGit(_)
        | WorktreeError::Git { .. }
        | WorktreeError::Read { .. }
        | WorktreeError::Io { .. } => Code::Failed,
    };
    Refused { code, reason: error.to_string() }
}

/// `path` with every link in the part of it that exists resolved, as git will list it.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    let existing = path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("/"));
    let real = existing.canonicalize().unwrap_or_else(|_| existing.to_owned());
    match path.strip_prefix(existing) {
        Ok(rest) if rest.as_os_str().is_empty() => real,
        Ok(rest) => real.join(rest),
        Err(_) => path.to_owned(),
    }
}
