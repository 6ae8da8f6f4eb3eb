//! What a worktree gets before its first phase: copies of ignored files, and its set-up commands, under a keeper.

use std::path::PathBuf;

use domain::attempt::Exit;
use domain::decide::Facts;
use domain::effect::Outcome;
use supervisor::KeeperStart;

use super::job::{Job, Performed, attempt_folder, failed, repository, worktree};
use super::step::EffectProgress;
use super::{Performer, commands, keep};
use crate::places::DaemonPlaces;

/// Copies ignored files from the main checkout into the worktree. A file that is there already stays, so no probe is
/// needed.
pub(super) fn lease(job: &Job) -> Performed {
    let lease = || -> Result<Facts, String> {
        let repo = repository(&job.spec).map_err(|e| e.to_string())?;
        let path = worktree(&repo, &job.spec).map_err(|e| e.to_string())?;
        let wanted = &job.spec.environment;
        let ignored = if wanted.copy.is_empty() { Vec::new() } else { repo.ignored().map_err(|e| e.to_string())? };
        // Ignored here and not at the commit that the run began at: a copy would be committed there.
        let ignored = repo.ignored_in(&path, ignored).map_err(|e| e.to_string())?;
        let folders = wanted.clone.iter().map(|folder| PathBuf::from(format!("{folder}/"))).collect();
        let folders = repo.ignored_in(&path, folders).map_err(|e| e.to_string())?;
        let mut copied = environments::copy(repo.main(), &path, &ignored, &wanted.copy).map_err(|e| e.to_string())?;
        for folder in &folders {
            let more = environments::clone(repo.main(), &path, folder).map_err(|e| e.to_string())?;
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
    let begin = || -> Result<PathBuf, String> {
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

fn ended(job: &Job, exit: Result<Exit, String>) -> Performed {
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

fn start(places: &DaemonPlaces, performer: &Performer, job: &Job) -> Result<KeeperStart, String> {
    let spec = &job.spec;
    let repo = repository(spec).map_err(|e| e.to_string())?;
    let cwd = worktree(&repo, spec).map_err(|e| e.to_string())?.to_string_lossy().into_owned();
    let args = ["-e", "-c", &script(&spec.environment.setup)].map(str::to_owned).to_vec();
    Ok(KeeperStart { program: "/bin/sh".to_owned(), args, ..keep::start(places, performer, job, cwd) })
}

/// Returns the shell script of the set-up commands. Each command is shown as it is written, with nothing filled in,
/// before it runs; the first that fails is the last.
fn script(commands: &[String]) -> String {
    let quoted = |command: &str| format!("'{}'", command.replace('\'', "'\\''"));
    commands.iter().map(|command| format!("printf '+ %s\\n' {} >&2\n{command}\n", quoted(command))).collect()
}
