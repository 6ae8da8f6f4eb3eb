//! Bringing a run's work into its base.

use domain::decide::Facts;
use domain::effect::Outcome;
use domain::event::RunMerged;
use domain::gate::Method;
use forge::{Forge, ForgeError};
use worktrees::{BaseMerge, WorktreeError};

use super::job::{Job, Performed, failed, refused, repository};
use super::living::lives;
use super::pr;
use crate::places::DaemonPlaces;

/// Columns of a commit's first line.
const SUBJECT: usize = 72;

/// The merge that [`domain::effect::Effect::Merge`] asks for.
pub(super) struct MergeOrder<'a> {
    pub(super) method: Method,
    pub(super) head: &'a str,
    pub(super) onto: &'a str,
    pub(super) before: &'a str,
    /// The pull request that is merged with it.
    pub(super) pull: Option<u64>,
}

/// Merges a run's work into its base, or finds that an earlier daemon did.
pub(super) fn merge(places: &DaemonPlaces, job: &Job, asked: &MergeOrder<'_>) -> Performed {
    let MergeOrder { method, head, onto, before, pull } = *asked;
    let (run, message) = (job.spec.id.as_str(), message(job, method));
    let merging = BaseMerge { run, method, head, before, onto, message: &message };
    let here = || repository(&job.spec).and_then(|repo| repo.merge(&merging, &|run| lives(places, run))).map_err(said);
    let merged = match pull {
        None => here(),
        Some(number) => match pr::forge(places, job) {
            Ok(forge) => forge.merge(number, &forge::PullMerge { method, head, here: &here }),
            Err(reason) => return failed(reason),
        },
    };
    match merged {
        Ok(commit) => {
            let merged = RunMerged { method, head: head.to_owned(), commit, before: before.to_owned() };
            (Outcome::Done, Facts::Merged(merged))
        }
        Err(error @ (ForgeError::Refused(_) | ForgeError::NotReady { .. })) => refused(error),
        Err(error) => failed(error),
    }
}

/// Sorts the reasons why a merge did not happen: not possible as things are, or something went wrong.
fn said(error: WorktreeError) -> ForgeError {
    match error {
        WorktreeError::NoBranch(_)
        | WorktreeError::BaseMoved { .. }
        | WorktreeError::InUse { .. }
        | WorktreeError::NotAsItIs(_)
        | WorktreeError::InTheWay { .. } => ForgeError::Refused(error.to_string()),
        other => ForgeError::Failed(other.to_string()),
    }
}

/// Returns a commit's message: the task's first line, all of the task where that is longer, and the run.
fn message(job: &Job, method: Method) -> String {
    let spec = &job.spec;
    let task = domain::text::block(&spec.task);
    let first = task.lines().next().unwrap_or_default().trim();
    let subject: String = match method {
        Method::Merge => format!("Merge {}: {first}", spec.branch),
        _ => first.to_owned(),
    };
    let short: String = subject.chars().take(SUBJECT).collect();
    let whole = short == subject && task.trim() == first;
    let body = if whole { String::new() } else { format!("{}\n\n", task.trim()) };
    let subject = if short == subject { short } else { format!("{}…", short.trim_end()) };
    format!("{subject}\n\n{body}Pilothouse-Run: {}\n", spec.id)
}
