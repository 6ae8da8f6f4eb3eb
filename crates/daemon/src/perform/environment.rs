//! What a worktree gets before its first phase: copies of ignored files, and its set-up commands, under a keeper.

use std::path::PathBuf;

use domain::attempt::Exit;
use domain::decide::Facts;
use domain::effect::Outcome;
use supervisor::KeeperStart;

use super::effect_error::EffectError;
use super::job::{Job, Performed, attempt_folder, failed, repository, worktree};
use super::step::EffectProgress;
use super::{Performer, commands, keep};
use crate::places::DaemonPlaces;

/// Copies ignored files from the main checkout into the worktree. A file that is there already stays, so no probe is
/// needed.
pub(super) fn lease(job: &Job) -> Performed {
    let lease = || -> Result<Facts, EffectError> {
        let repo = repository(&job.spec)?;
        let path = worktree(&repo, &job.spec)?;
        let wanted = &job.spec.environment;
        let ignored = if wanted.copy.is_empty() { Vec::new() } else { repo.ignored()? };
        // Ignored here and not at the commit that the run began at: a copy would be committed there.
        let ignored = repo.ignored_in(&path, ignored)?;
        let folders = wanted.clone.iter().map(|folder| PathBuf::from(format!("{folder}/"))).collect();
        let folders = repo.ignored_in(&path, folders)?;
        let mut copied = environments::copy(repo.main(), &path, &ignored, &wanted.copy)?;
        for folder in &folders {
            let more = environments::clone(repo.main(), &path, folder)?;
            copied.bytes += more.bytes;
            copied.names.extend(more.names);
        }
        Ok(Facts::Leased { copied: copied.names, bytes: copied.bytes })
    };
    match lease() {
        Ok(facts) => (Outcome::Done, facts),
        Err(reason) => failed(reason),
    }
}

/// Runs the commands one after the other until one fails. They are never run twice under one number: where an earlier
/// daemon began, its keeper is waited for.
pub(super) fn set_up(places: &DaemonPlaces, performer: &Performer, job: &Job) -> EffectProgress {
    let begin = || -> Result<PathBuf, EffectError> {
        let key = job.effect.attempt().ok_or("nothing says which time it is")?;
        if !commands::were_begun(places, job, &key)? {
            commands::make_ready(places, job, &key)?;
            commands::begin(performer, job, &key, &start(places, performer, job)?)?;
        }
        attempt_folder(places, job, &key)
    };
    match begin() {
        Ok(folder) => commands::wait(performer, job, folder, |_, job, exit| ended(job, exit)),
        Err(reason) => failed(reason).into(),
    }
}

fn ended(job: &Job, exit: Result<Exit, EffectError>) -> Performed {
    let exit = match exit {
        Ok(exit) => exit,
        Err(died) => return failed(format!("{died}; retry runs the commands again")),
    };
    if exit.code == Some(0) && exit.error.is_none() {
        return (Outcome::Done, Facts::Nothing);
    }
    let key = job.effect.attempt().map_or_else(String::new, |key| key.to_string());
    failed(format!("{}; `pilothouse logs {} --attempt {key} --stderr` shows it", exit.describe(), job.spec.name))
}

fn start(places: &DaemonPlaces, performer: &Performer, job: &Job) -> Result<KeeperStart, EffectError> {
    let spec = &job.spec;
    let repo = repository(spec)?;
    let cwd = worktree(&repo, spec)?.to_string_lossy().into_owned();
    let args = ["-e", "-c", &script(&spec.environment.setup)].map(str::to_owned).to_vec();
    Ok(KeeperStart { program: "/bin/sh".to_owned(), args, ..keep::start(places, performer, job, cwd) })
}

/// Returns the shell script of the set-up commands. Each command is shown as it is written, with nothing filled in,
/// before it runs; the first that fails is the last.
fn script(commands: &[String]) -> String {
    let quoted = |command: &str| format!("'{}'", command.replace('\'', "'\\''"));
    commands.iter().map(|command| format!("printf '+ %s\\n' {} >&2\n{command}\n", quoted(command))).collect()
}
