//! Whose commands may run: a repository's own only after a person has looked at them.

use std::path::{Path, PathBuf};

use domain::environment::EnvironmentSpec;
use environments::Trust;
use protocol::{Code, Refused, TrustRow};
use settings::Settings;
use worktrees::Repository;

use crate::settings_of;

/// Returns the commands of a repository's file that would run, each with its key, and that file; a person's own file is
/// trusted as it is.
fn foreign(settings: &Settings, config: &Path) -> (Option<PathBuf>, Vec<(String, String)>) {
    let foreign = |origin: &Option<PathBuf>| origin.clone().filter(|origin| origin != config);
    let setup = foreign(&settings.setup.origin).map(|file| (file, settings.setup.value.as_slice()));
    let setup = setup.into_iter().flat_map(|(file, commands)| {
        commands.iter().map(move |command| (file.clone(), "environment.setup".to_owned(), command.clone()))
    });
    let checks = settings
        .checks
        .iter()
        .filter_map(|(name, check)| Some((foreign(&check.origin)?, format!("check.{name}"), check.value.run.clone())));
    let found: Vec<_> = setup.chain(checks).collect();
    let file = found.first().map(|(file, ..)| file.clone());
    (file, found.into_iter().map(|(_, key, command)| (key, command)).collect())
}

/// Returns the commands without their keys, which is what is trusted or not.
fn texts(commands: &[(String, String)]) -> Vec<String> {
    commands.iter().map(|(_, command)| command.clone()).collect()
}

/// Refuses a run whose repository has commands that nobody has looked at.
pub(crate) fn check(
    home: &Path,
    config: &Path,
    repo: &Repository,
    settings: &Settings,
    base: Option<&str>,
) -> Result<(), Refused> {
    let (file, commands) = foreign(settings, config);
    let commands = texts(&commands);
    if commands.is_empty() || Trust::open(home).has(&name(repo), &commands) {
        return Ok(());
    }
    let file = file.map_or_else(String::new, |path| path.display().to_string());
    let reason = format!(
        "{file} has commands that run here and that you have not trusted: {}; look at them with `pilothouse trust{}`",
        commands.join("; "),
        base.map_or_else(String::new, |base| format!(" --base {base}")),
    );
    Err(Refused { code: Code::Refused, reason })
}

/// Returns the foreign commands of the repository that `folder` lies in, and whether they are trusted; with `grant`,
/// the digest of what was looked at, they are from now on. `base` is where the run would begin.
pub(crate) fn trust(
    home: &Path,
    config: &Path,
    folder: &Path,
    base: Option<&str>,
    grant: Option<&str>,
) -> Result<TrustRow, Refused> {
    let refused = |code: Code, reason: String| Err(Refused { code, reason });
    let repo = Repository::find(folder).map_err(settings_of::refused)?;
    let settings = settings_of::settings_at(config, folder, base)?;
    let (file, commands) = foreign(&settings, config);
    let texts = texts(&commands);
    let digest = environments::digest(&texts);
    let mut trust = Trust::open(home);
    if let Some(looked_at) = grant {
        if looked_at != digest {
            return refused(Code::Refused, "the commands changed since they were shown; look again".to_owned());
        }
        trust.grant(&name(&repo), &texts).map_err(|e| Refused { code: Code::Failed, reason: e.to_string() })?;
    }
    Ok(TrustRow {
        repo: name(&repo),
        file: file.map(|path| path.display().to_string()),
        trusted: trust.has(&name(&repo), &texts),
        commands,
        digest,
    })
}

/// Returns what a run's worktree gets; the lines of a `.worktreeinclude` are patterns of files to copy too.
pub(crate) fn environment(settings: &Settings, include: Option<&str>) -> EnvironmentSpec {
    let lines = include.unwrap_or_default().lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned);
    EnvironmentSpec {
        copy: settings.copy.value.iter().cloned().chain(lines).collect(),
        clone: settings.clone.value.clone(),
        setup: settings.setup.value.clone(),
        own_cache: settings.own_cache.value,
    }
}

fn name(repo: &Repository) -> String {
    repo.main().to_string_lossy().into_owned()
}
