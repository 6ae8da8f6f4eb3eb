//! The settings that a run would have, and the commit that it would begin at.

use std::path::{Path, PathBuf};

use protocol::{Code, Refused};
use settings::{Settings, SettingsError};
use worktrees::{Repository, WorktreeError};

use crate::known;

/// Most bytes of a settings file.
const LARGEST_FILE: u64 = 16 << 20;
/// The name of a repository's settings file.
const REPOSITORY_FILE: &str = "pilothouse.toml";

/// Reads the user's file.
pub(crate) fn user_settings(config: &Path) -> Result<Settings, SettingsError> {
    Settings::from_layers(&layer(config)?.into_iter().collect::<Vec<_>>())
}

fn layer(path: &Path) -> Result<Option<(PathBuf, String)>, SettingsError> {
    match evidence::read_linked_text(path, LARGEST_FILE) {
        Ok(text) => Ok(Some((path.to_owned(), text))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(SettingsError::Unreadable { file: path.display().to_string(), why: e.to_string() }),
    }
}

/// The settings that a run that begins now would go by, and the base and commit it would begin at.
pub(crate) struct Basis {
    pub(crate) settings: Settings,
    pub(crate) base: String,
    pub(crate) commit: String,
    /// Whether the repository's file in the checkout is another than the one of that commit, which counts.
    pub(crate) differs: bool,
}

/// Finds out what a run that begins now would go by. Its settings come from the commit it begins at, so that no agent
/// and no unfinished edit changes them; only which commit that is can be said by the file in the checkout.
pub(crate) fn basis(config: &Path, repo: &Repository, folder: &Path, asked: Option<&str>) -> Result<Basis, Refused> {
    let usage = |e: SettingsError| Refused { code: Code::Usage, reason: e.to_string() };
    let user = layer(config).map_err(usage)?;
    let checkout = layer(&repo.main().join(REPOSITORY_FILE)).map_err(usage)?;
    let now: Vec<_> = user.iter().chain(&checkout).cloned().collect();
    let now = Settings::from_layers(&now).map_err(usage)?;
    let base = match (asked, &now.base) {
        (Some(base), _) => base.to_owned(),
        (None, Some(base)) => base.value.clone(),
        (None, None) => repo.current_branch(folder).map_err(refused)?,
    };
    let commit = repo.resolve(&base).map_err(refused)?;
    // Work is merged into a branch: a remote's one stands for the one that follows it, and where none is checked out the commit
    // stays what it is, whatever HEAD is later.
    let base = match repo.branch_for(&base).map_err(refused)? {
        Some(branch) => branch,
        None if base == "HEAD" => commit.clone(),
        None => base,
    };
    let committed = repo.file_at(&commit, REPOSITORY_FILE).map_err(refused)?;
    let differs = committed.as_deref() != checkout.as_ref().map(|(_, text)| text.as_str());
    let short: String = commit.chars().take(7).collect();
    let committed = committed.map(|text| (PathBuf::from(format!("{short}:{REPOSITORY_FILE}")), text));
    let layers: Vec<_> = user.into_iter().chain(committed).collect();
    let settings = Settings::from_layers(&layers).map_err(usage)?;
    known::check(&settings, config)?;
    Ok(Basis { settings, base, commit, differs })
}

/// Returns the settings that a run begun in `folder` would have, or the user's own outside of a repository.
pub(crate) fn settings_at(config: &Path, folder: &Path, base: Option<&str>) -> Result<Settings, Refused> {
    let settings = match Repository::find(folder) {
        Ok(repo) => basis(config, &repo, folder, base).map(|basis| basis.settings),
        Err(_) => user_settings(config)
            .map_err(|e| Refused { code: Code::Usage, reason: e.to_string() })
            .and_then(|settings| known::check(&settings, config).map(|()| settings)),
    }?;
    // An agent that no run could be started with is a mistake in the settings too.
    let of_phases = settings.phases().into_iter().filter_map(|phase| phase.agent);
    for name in std::iter::once(settings.default_agent.value.clone()).chain(of_phases) {
        known::named(&settings, &name, None)?;
    }
    Ok(settings)
}

/// Returns the branch and the commit that a run begun in `folder` would begin at.
pub(crate) fn base(config: &Path, folder: &Path) -> Result<(String, String), Refused> {
    let repo = Repository::find(folder).map_err(refused)?;
    basis(config, &repo, folder, None).map(|basis| (basis.base, basis.commit))
}

pub(crate) fn refused(error: WorktreeError) -> Refused {
    let code = match &error {
        WorktreeError::NotARepository(_)
        | WorktreeError::NoCommits(_)
        | WorktreeError::MissingBase(_)
        | WorktreeError::NoCheckpoint { .. }
        | WorktreeError::NoSnapshot { .. } => Code::NotFound,
        WorktreeError::Bare(_)
        | WorktreeError::BareByMistake { .. }
        | WorktreeError::NotLinked { .. }
        | WorktreeError::Tampered { .. }
        | WorktreeError::InUse { .. }
        | WorktreeError::NotAsItIs(_)
        | WorktreeError::Ended { .. }
        | WorktreeError::ForeignOwner { .. }
        | WorktreeError::RepositoryGone(_)
        | WorktreeError::Unrepaired(_)
        | WorktreeError::BranchTaken(_)
        | WorktreeError::TargetTaken(_)
        | WorktreeError::NoIdentity
        | WorktreeError::WrongBranch { .. }
        | WorktreeError::PlaceTaken(_)
        | WorktreeError::Gone { .. }
        | WorktreeError::BranchElsewhere { .. }
        | WorktreeError::Busy { .. }
        | WorktreeError::Changed { .. }
        | WorktreeError::BranchMoved(_)
        | WorktreeError::NoBranch(_)
        | WorktreeError::BaseMoved { .. }
        | WorktreeError::InTheWay { .. }
        | WorktreeError::InProgress { .. } => Code::Refused,
        WorktreeError::DiskFull(_)
        | WorktreeError::NoGit(_)
        | WorktreeError::Stuck { .. }
        | WorktreeError::DamagedSnapshot { .. }
        | WorktreeError::Git { .. }
        | WorktreeError::Read { .. }
        | WorktreeError::Io { .. } => Code::Failed,
    };
    Refused { code, reason: error.to_string() }
}

/// Returns `path` with every link in the part of it that exists resolved, as git will list it.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    let existing = path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("/"));
    let real = existing.canonicalize().unwrap_or_else(|_| existing.to_owned());
    match path.strip_prefix(existing) {
        Ok(rest) if rest.as_os_str().is_empty() => real,
        Ok(rest) => real.join(rest),
        Err(_) => path.to_owned(),
    }
}
