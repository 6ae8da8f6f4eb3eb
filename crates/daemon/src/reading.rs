//! Requests that only read, answered from disk without the dispatcher.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use domain::RunId;
use domain::attempt::AttemptKey;
use evidence::{StateFolder, TimelineReader};
use protocol::{Code, OutputFile, OutputRange, Refused, Reply, WorktreeRow};
use worktrees::Repository;

use crate::prepare;
use crate::settings_of;

/// The most output in one reply, in bytes.
const MOST_OUTPUT: u64 = 1 << 20;
/// Bytes of a timeline in one reply; a longer line comes alone.
const MOST_EVENTS: usize = 4 << 20;

/// The timeline that a client reads just now, so that its next piece is found without what lies before.
pub(crate) type Reading = Arc<Mutex<Option<(RunId, TimelineReader)>>>;

/// Reads a piece of the timeline from `from` on; an empty one when there is nothing more.
pub(crate) fn events(home: &Path, reading: &Reading, run: &RunId, from: u64) -> Result<Reply, Refused> {
    let mut reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
    let goes_on = reading.as_ref().is_some_and(|(of, reader)| of == run && reader.seq() < from);
    if !goes_on {
        let folder = StateFolder::open(home).map_err(broken)?.run(run);
        // One that is gone is told as that, and not as nothing.
        folder.check_timeline().map_err(broken)?;
        *reading = Some((run.clone(), TimelineReader::open(folder.path()).map_err(broken)?));
    }
    let (_, reader) = reading.as_mut().expect("it was opened just now");
    let lines = reader.piece(from, MOST_EVENTS);
    if !lines.as_ref().is_ok_and(|lines| !lines.is_empty()) {
        *reading = None;
    }
    lines.map(Reply::Lines).map_err(broken)
}

pub(crate) fn output(
    home: &Path,
    run: &RunId,
    attempt: Option<AttemptKey>,
    file: OutputFile,
    piece: OutputRange,
    len: u64,
) -> Result<Reply, Refused> {
    let folder = StateFolder::open(home).map_err(broken)?.run(run);
    let nothing =
        || Refused { code: Code::NotFound, reason: "nothing of it was started, so there is no output".to_owned() };
    let attempt = match attempt {
        Some(attempt) => attempt,
        None => folder.last_attempt().ok_or_else(nothing)?,
    };
    let (name, most) = (file.name(), len.min(MOST_OUTPUT));
    let read = match piece {
        OutputRange::From(from) => folder.output(&attempt, name, from, most),
        OutputRange::Lines(from) => folder.output_lines(&attempt, name, from, most),
        OutputRange::Before(to) => folder.output_before(&attempt, name, to, most),
    };
    let evidence::FilePiece { text, from, next, len, over } = read.map_err(broken)?;
    let start = supervisor::start_record(&folder.attempt(&attempt)).ok().flatten();
    let reads = start.map(|start| start.reads).filter(|reads| !reads.is_empty());
    Ok(Reply::Output(protocol::Output { text, from, next, len, over, reads }))
}

pub(crate) fn choices(home: &Path, config: &Path, folder: &Path) -> Result<Reply, Refused> {
    let repo = Repository::find(folder).map_err(settings_of::refused)?;
    let state = StateFolder::open(home).map_err(broken)?;
    // A run whose folder can't be read is none to go by.
    let specs = state.runs().map_err(broken)?.into_iter().filter_map(|run| {
        let folder = state.run(&run);
        let made = std::fs::metadata(folder.path().join("spec.json")).and_then(|m| m.modified()).ok()?;
        Some((made, folder))
    });
    let mut newest_first: Vec<_> = specs.collect();
    newest_first.sort_by_key(|(made, _)| std::cmp::Reverse(*made));
    let here = repo.main().to_string_lossy();
    let newest = newest_first.into_iter().filter_map(|(_, folder)| folder.spec().ok()).find(|spec| spec.repo == here);
    prepare::choices(config, folder, newest.as_ref()).map(Reply::Choices)
}

pub(crate) fn worktrees(folder: &Path) -> Result<Reply, Refused> {
    let repo = Repository::find(folder).map_err(settings_of::refused)?;
    let listed = repo.worktrees().map_err(settings_of::refused)?;
    let base = listed.iter().find(|w| w.main).and_then(|w| w.head.clone());
    let row = |w: &worktrees::Worktree| {
        let there = !w.prunable && w.path.exists();
        let dirty = if there { repo.dirt(&w.path).ok().map(|d| !d.is_clean()) } else { None };
        let between = w.head.as_ref().zip(base.as_ref()).and_then(|(head, base)| repo.ahead_behind(head, base).ok());
        WorktreeRow {
            path: w.path.to_string_lossy().into_owned(),
            branch: w.branch.clone(),
            head: w.head.clone(),
            detached: w.detached,
            locked: w.locked.is_some(),
            prunable: w.prunable,
            foreign: w.is_foreign(),
            owner: w.owner().map(str::to_owned),
            run: w.run().map(str::to_owned),
            dirty,
            ahead: between.map(|(ahead, _)| ahead),
            behind: between.map(|(_, behind)| behind),
            disk_bytes: None,
            // Commits of its own may have been squashed into the base, which is not looked into here.
            merged: between.and_then(|(ahead, _)| (ahead == 0 && !w.main).then_some(true)),
        }
    };
    Ok(Reply::Worktrees(listed.iter().map(row).collect()))
}

fn broken(error: impl ToString) -> Refused {
    Refused { code: Code::Failed, reason: error.to_string() }
}
