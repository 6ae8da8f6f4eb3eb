//! Running a check: how the worktree stood before and after, what the command wrote, and what that proves.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use domain::attempt::{AttemptKey, Exit};
use domain::check::{self, CheckSpec, Ended};
use domain::decide::Facts;
use domain::effect::Outcome;
use domain::event::CheckFinished;
use serde::{Deserialize, Serialize};
use supervisor::KeeperStart;
use worktrees::{Repository, Stand};

use super::effect_error::EffectError;
use super::job::{Job, attempt_folder, failed, repository, worktree};
use super::step::EffectProgress;
use super::{Performer, commands, keep};
use crate::places::DaemonPlaces;

/// Most bytes of a check's output that are kept as a blob; of more the end is.
const MOST_KEPT: u64 = 4 << 20;
/// Bytes of a check's output that the run's agent and a person are told.
const TAIL: usize = 4_000;
/// Most bytes of a report; a larger file is none.
const LARGEST_REPORT: u64 = 64 << 20;
/// Name of the file that keeps how the worktree stood before.
const BEFORE: &str = "before.json";

/// State of the worktree when the check was begun.
#[derive(Serialize, Deserialize)]
struct WorktreeBefore {
    head: String,
    tree: String,
    uncommitted: bool,
    shared: Option<PathBuf>,
}

/// Runs a check, never twice under one number: where an earlier daemon began it, its keeper is waited for.
pub(super) fn check(places: &DaemonPlaces, performer: &Performer, job: &Job, name: &str, n: u32) -> EffectProgress {
    let begun = || -> Result<PathBuf, EffectError> {
        let spec = spec(job, name)?;
        let key = check::key(name, n);
        let folder = attempt_folder(places, job, &key)?;
        let repo = repository(&job.spec)?;
        let path = worktree(&repo, &job.spec)?;
        if !commands::were_begun(places, job, &key)? {
            commands::make_ready(places, job, &key)?;
            begin(places, performer, job, &key, &CheckPlaces { spec, repo: &repo, path: &path, folder: &folder })?;
        }
        Ok(folder)
    };
    let name = name.to_owned();
    match begun() {
        Ok(folder) => commands::wait(performer, job, folder, move |performer, job, exit| {
            match exit.and_then(|exit| ended(&performer.places, job, &name, n, exit)) {
                Ok(finished) => (Outcome::Done, Facts::Checked(Box::new(finished))),
                Err(reason) => failed(reason),
            }
        }),
        Err(reason) => failed(reason).into(),
    }
}

fn spec<'a>(job: &'a Job, name: &str) -> Result<&'a CheckSpec, EffectError> {
    let spec = job.spec.checks.iter().find(|check| check.name == name);
    spec.ok_or_else(|| "the run has no such check".into())
}

/// Judges a check whose command has ended.
fn ended(places: &DaemonPlaces, job: &Job, name: &str, n: u32, exit: Exit) -> Result<CheckFinished, EffectError> {
    let spec = spec(job, name)?;
    let folder = attempt_folder(places, job, &check::key(name, n))?;
    let repo = repository(&job.spec)?;
    let path = worktree(&repo, &job.spec)?;
    let before: WorktreeBefore = evidence::read_plain(&folder.join(BEFORE), LARGEST_REPORT)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or("how the worktree stood before can't be read")?;
    let after = repo.stand(&path)?;
    let at = CheckPlaces { spec, repo: &repo, path: &path, folder: &folder };
    let (report, bytes) = report(&at).unzip();
    let (report, bytes) = (report.map(|read| read.map_err(|e: String| e)), bytes.flatten());
    let shared = before.shared.as_ref().map(|path| path.display().to_string());
    let ended = Ended {
        exit: exit.clone(),
        report: report.as_ref().map(|read| read.as_ref().map(|report| report.counts).map_err(Clone::clone)),
        changed: changed(&repo, &before, &after)?,
        shared: shared.as_deref(),
    };
    let (verdict, reason) = check::judge(spec, &ended);
    let state = evidence::StateFolder::open(&places.home)?.run(&job.spec.id);
    let keep = |bytes: &[u8]| state.put_blob(bytes).map_err(EffectError::from);
    let output = end_of(&folder.join("stdout"), MOST_KEPT);
    let counted = report.and_then(Result::ok);
    Ok(CheckFinished {
        name: name.to_owned(),
        n,
        verdict,
        reason,
        exit,
        duration_ms: took(&folder),
        head: before.head,
        tree: before.tree,
        uncommitted: before.uncommitted,
        counts: counted.as_ref().map(|report| report.counts),
        failed: counted.map(|report| report.failed).unwrap_or_default(),
        tail: tail(&output),
        output: Some(keep(&output)?),
        report: bytes.map(|bytes| keep(&bytes)).transpose()?,
    })
}

/// The check, and the places in which it is run.
struct CheckPlaces<'a> {
    spec: &'a CheckSpec,
    repo: &'a Repository,
    path: &'a Path,
    folder: &'a Path,
}

fn begin(
    places: &DaemonPlaces,
    performer: &Performer,
    job: &Job,
    key: &AttemptKey,
    at: &CheckPlaces<'_>,
) -> Result<(), EffectError> {
    let Stand { head, tree, uncommitted, .. } = at.repo.stand(at.path)?;
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let shared = environments::shared_build_folder(at.path, &at.spec.run, cargo_home.as_deref());
    let before = WorktreeBefore { head, tree, uncommitted, shared };
    let record = serde_json::to_vec(&before).expect("plain values");
    fs::write(at.folder.join(BEFORE), record).map_err(EffectError::file("no note of how the worktree stands"))?;
    put_aside(at)?;
    let cwd = at.path.to_string_lossy().into_owned();
    let base = keep::start(places, performer, job, cwd);
    let env = base.env.iter().cloned().chain([("CI".to_owned(), "true".to_owned())]).collect();
    let start = KeeperStart {
        program: "/bin/sh".to_owned(),
        // What it says and what it complains of in the order in which it was said.
        args: ["-c", &format!("exec 2>&1\n{}", at.spec.run)].map(str::to_owned).to_vec(),
        env,
        unset: environments::ELSEWHERE.map(str::to_owned).to_vec(),
        limit_ms: Some(at.spec.timeout_ms),
        ..base
    };
    commands::begin(performer, job, key, &start)
}

/// Moves an earlier report out of the way, since it would count for this time too.
fn put_aside(at: &CheckPlaces<'_>) -> Result<(), EffectError> {
    let Some(report) = &at.spec.report else { return Ok(()) };
    if at.repo.is_tracked(at.path, report)? {
        return Err(format!("its report {report} is a file that git tracks; have it written elsewhere").into());
    }
    let cannot = |why: &dyn std::fmt::Display| format!("an earlier report {report} can't be moved away: {why}");
    let there = at.path.join(report);
    if fs::symlink_metadata(&there).is_err() {
        return Ok(());
    }
    let Some(folder) = folder_of(at.path, report).map_err(|e| cannot(&e))? else {
        let next = "take away the link that leads there, or have it written elsewhere";
        return Err(cannot(&format!("it lies outside of the worktree; {next}")).into());
    };
    let there = folder.join(there.file_name().ok_or_else(|| cannot(&"it names no file"))?);
    let aside = at.folder.join("report.before");
    match fs::rename(&there, &aside) {
        // Kept only where it can be moved: what stands there may be a pipe, or have no end.
        Err(e) if e.kind() == std::io::ErrorKind::CrossesDevices => {
            fs::remove_file(&there).map_err(|e| cannot(&e).into())
        }
        moved => moved.map_err(|e| cannot(&e).into()),
    }
}

/// Returns the folder of a report, with links resolved; `None` where it is not inside of the worktree.
fn folder_of(worktree: &Path, report: &str) -> std::io::Result<Option<PathBuf>> {
    let folder = worktree.join(report);
    let folder = folder.parent().unwrap_or(worktree).canonicalize()?;
    Ok(folder.starts_with(worktree.canonicalize()?).then_some(folder))
}

type Read_ = Result<proof::report::Report, String>;

/// Reads the report of a check: what it says, and its bytes; `None` where none was asked for.
fn report(at: &CheckPlaces<'_>) -> Option<(Read_, Option<Vec<u8>>)> {
    let report = at.spec.report.as_ref()?;
    Some(match report_bytes(at.path, report) {
        Ok(bytes) => (proof::report::read(&bytes), Some(bytes)),
        Err(why) => (Err(why.to_string()), None),
    })
}

/// Reads a report that is a regular file in the worktree, and no link out of it.
fn report_bytes(worktree: &Path, report: &str) -> Result<Vec<u8>, EffectError> {
    let missing = || "it was not written".to_owned();
    let path = worktree.join(report);
    if folder_of(worktree, report).map_err(|_| missing())?.is_none() {
        return Err("it lies outside of the worktree".into());
    }
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).expect("flags of open(2) are an int");
    let file = File::options().read(true).custom_flags(flags).open(&path).map_err(|_| missing())?;
    let cannot = |source| EffectError::File { doing: "it can't be read".to_owned(), source };
    let meta = file.metadata().map_err(cannot)?;
    if !meta.is_file() || meta.len() > LARGEST_REPORT {
        return Err("it is no file, or too large for a report".into());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_REPORT).read_to_end(&mut bytes).map_err(cannot)?;
    Ok(bytes)
}

fn changed(repo: &Repository, before: &WorktreeBefore, after: &Stand) -> Result<Vec<String>, EffectError> {
    let mut changed = match before.tree == after.tree {
        true => Vec::new(),
        false => repo.changed_between(&before.tree, &after.tree)?,
    };
    if before.head != after.head {
        changed.push("HEAD".to_owned());
    }
    Ok(changed)
}

/// Returns the milliseconds from a check's start to its exit record, by the clock of the files.
fn took(folder: &Path) -> u64 {
    let at = |name: &str| fs::metadata(folder.join(name)).and_then(|meta| meta.modified()).ok();
    let took = at("start.json").zip(at("exit.json")).and_then(|(start, end)| end.duration_since(start).ok());
    took.and_then(|took| u64::try_from(took.as_millis()).ok()).unwrap_or(0)
}

fn end_of(path: &Path, most: u64) -> Vec<u8> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = evidence::open_plain(path)?;
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(len.saturating_sub(most)))?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().unwrap_or_default()
}

/// Returns the last whole lines of an output, as text.
fn tail(output: &[u8]) -> String {
    let from = output.len().saturating_sub(TAIL);
    let end = String::from_utf8_lossy(&output[from..]).into_owned();
    let whole = if from > 0 { end.split_once('\n').map_or(end.as_str(), |(_, rest)| rest) } else { &end };
    whole.trim_end().to_owned()
}
