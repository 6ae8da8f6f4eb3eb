//! Measuring a run's work, and writing a proof pack of it.

use std::path::Path;

use domain::RunId;
use domain::command::NewRun;
use domain::decide::Facts;
use domain::digest::sha256_hex;
use domain::effect::Outcome;
use domain::event::{Merge, ProofWritten, WorkMeasured};
use domain::exam;
use worktrees::{Candidate, Repository, Trial};

use super::effect_error::EffectError;
use super::job::{Job, Performed, failed, repository, worktree};
use super::living::lives;
use crate::places::DaemonPlaces;

/// Measures a run's work as it stands. Nothing is changed by that, so it may be done twice.
pub(super) fn measure(places: &DaemonPlaces, job: &Job) -> Performed {
    match work(places, &job.spec) {
        Ok(measured) => (Outcome::Done, Facts::Measured(Box::new(measured))),
        Err(reason) => failed(reason),
    }
}

/// Returns the work of a run as it is at this moment.
pub(super) fn now(places: &DaemonPlaces, run: &RunId) -> Result<WorkMeasured, EffectError> {
    let spec = evidence::StateFolder::open(&places.home).and_then(|state| state.run(run).spec());
    work(places, &spec?)
}

fn work(places: &DaemonPlaces, spec: &NewRun) -> Result<WorkMeasured, EffectError> {
    let repo = repository(spec)?;
    let path = worktree(&repo, spec)?;
    let stand = repo.stand(&path)?;
    let diff = repo.counts_between(&spec.base_commit, &stand.tree)?;
    let base = repo.resolve(&spec.base).ok();
    let patch = repo.patch(&spec.base_commit, &stand.tree)?;
    let exam = diff.files.iter().map(|(_, _, path)| path).filter(|path| exam::is_exam(path)).cloned().collect();
    let (merge, mut against) = merge(places, &repo, &path, &stand.head, base.as_deref(), &spec.base);
    against.extend(stand.left_out);
    against.extend(repo.stashes_touched(spec.id.as_str(), &spec.branch, &stand.tree)?);
    let commits = repo.ahead_behind(&stand.head, &spec.base_commit).ok().map(|(ahead, _)| ahead);
    Ok(WorkMeasured {
        merge,
        against,
        head: stand.head,
        tree: stand.tree,
        uncommitted: stand.uncommitted,
        base,
        files: diff.changes.files,
        added: diff.changes.added,
        removed: diff.changes.removed,
        commits,
        exam,
        secrets: proof::Rules::built_in().search(&patch),
    })
}

/// Returns how the work and its base come together, and what stands against it all the same.
fn merge(
    places: &DaemonPlaces,
    repo: &Repository,
    worktree: &Path,
    head: &str,
    base: Option<&str>,
    onto: &str,
) -> (Merge, Vec<String>) {
    let Some(base) = base else {
        let why = format!("there is no {onto} any more; make that branch again, or start a run from another one");
        return (Merge::Unknown(why), Vec::new());
    };
    match repo.try_merge(&Candidate { onto, base, head, worktree }, &|run| lives(places, run)) {
        Ok(Trial { conflicts, against }) if conflicts.is_empty() => (Merge::Clean, against),
        Ok(Trial { conflicts, against }) => (Merge::Conflicts(conflicts), against),
        Err(error) => (Merge::Unknown(error.to_string()), Vec::new()),
    }
}

/// Writes pack `k`. The same events make the same pack, so one that an earlier daemon wrote is as good.
pub(super) fn write(places: &DaemonPlaces, job: &Job, k: u32, seq: u64) -> Performed {
    match pack(places, job, k, seq) {
        Ok(written) => (Outcome::Done, Facts::Proven(written)),
        Err(reason) => failed(reason),
    }
}

fn pack(places: &DaemonPlaces, job: &Job, k: u32, seq: u64) -> Result<ProofWritten, EffectError> {
    let spec = &job.spec;
    let folder = evidence::StateFolder::open(&places.home)?.run(&spec.id);
    let text = evidence::text(folder.path()).map_err(|e| format!("its timeline can't be read: {e}"))?;
    let covered = usize::try_from(seq).unwrap_or(usize::MAX);
    let lines: Vec<String> = text.lines().take(covered).map(str::to_owned).collect();
    let events: Vec<domain::Event> = lines.iter().filter_map(|line| domain::Event::from_line(line).ok()).collect();
    let tree = events.iter().rev().find_map(|event| match &event.body {
        domain::Body::WorkMeasured(measured) => Some(measured.tree.clone()),
        _ => None,
    });
    let tree = tree.ok_or("its timeline does not say what was measured")?;
    let repo = repository(spec)?;
    let masked = |from: &str, to: &str| repo.patch(from, to).map(|patch| proof::Rules::built_in().mask(&patch));
    let patch = masked(&spec.base_commit, &tree)?;
    let spans = proof::spans(&events);
    // An attempt whose checkpoints are gone has none; the pack names those that it has.
    let patches = spans.iter().filter_map(|span| Some((span.attempt.to_string(), masked(&span.from, &span.to).ok()?)));
    let work =
        proof::PackInput { lines: &lines, patch, patches: patches.collect(), version: env!("CARGO_PKG_VERSION") };
    let pack = proof::assemble(&work)?;
    let statement = pack.files.get("statement.json").map(|bytes| sha256_hex(bytes)).unwrap_or_default();
    folder.put_pack(k, &pack.files)?;
    Ok(ProofWritten { k, seq, statement, score: pack.score })
}
