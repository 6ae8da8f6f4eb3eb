//! What may be removed and why, and what may not and why not.

use std::path::Path;

use domain::{RunId, RunState};
use protocol::{Refused, RemovableRow};
use worktrees::{Repository, Worktree};

use super::state::state;
use crate::perform::{living, working_in};
use crate::places::DaemonPlaces;
use crate::settings_of;

/// Returns every linked worktree of the repository that `folder` lies in, and whether it may go.
pub(super) fn gc(places: &DaemonPlaces, folder: &Path) -> Result<Vec<RemovableRow>, Refused> {
    let repo = Repository::find(folder).map_err(settings_of::refused)?;
    let all = repo.worktrees().map_err(settings_of::refused)?;
    Ok(all.iter().filter(|worktree| !worktree.main).map(|worktree| one(places, &repo, worktree)).collect())
}

/// Returns the worktrees of these runs, and whether they may go.
pub(super) fn removable(places: &DaemonPlaces, runs: &[RunId]) -> Result<Vec<RemovableRow>, Refused> {
    let look = |run: &RunId| {
        let state = state(places, run)?;
        let spec = state.spec.as_ref().ok_or_else(|| super::state::broken("nothing says what this run was"))?;
        let repo = Repository::at(Path::new(&spec.repo)).map_err(settings_of::refused)?;
        let all = repo.worktrees().map_err(settings_of::refused)?;
        let worktree = all.iter().find(|worktree| worktree.run() == Some(run.as_str()));
        let gone = || RemovableRow {
            path: spec.worktree.clone(),
            run: Some(run.to_string()),
            name: Some(spec.name.clone()),
            may_go: false,
            why: "git knows of no worktree of this run".to_owned(),
            bytes: None,
            left_out: Vec::new(),
        };
        Ok(worktree.map_or_else(gone, |worktree| one(places, &repo, worktree)))
    };
    runs.iter().map(look).collect()
}

fn one(places: &DaemonPlaces, repo: &Repository, worktree: &Worktree) -> RemovableRow {
    let mut row = RemovableRow {
        path: worktree.path.to_string_lossy().into_owned(),
        run: worktree.run().map(str::to_owned),
        name: None,
        may_go: false,
        why: String::new(),
        bytes: None,
        left_out: Vec::new(),
    };
    let Some(id) = worktree.run().and_then(RunId::parse) else {
        let owner = worktree.owner().map_or_else(String::new, |owner| format!(" ({owner}'s)"));
        row.why = format!("foreign{owner}: pilothouse did not make it");
        return row;
    };
    let Ok(state) = state(places, &id) else {
        row.why = "unknown: no run of this state folder says what it is".to_owned();
        return row;
    };
    row.name = state.spec.as_ref().map(|spec| spec.name.clone());
    if let Some(spec) = state.spec.as_ref().filter(|spec| Path::new(&spec.repo) != repo.main()) {
        let next = "if it was moved here: `git worktree repair`, then `pilothouse adopt --moved`";
        row.why = format!("its run is of the repository {}; {next}", spec.repo);
        return row;
    }
    let mut against = Vec::new();
    let alive = living(places, &id).len();
    if alive > 0 {
        against.push(domain::figures::living(alive));
    }
    // A proof that is being written is waited for by whatever is done next.
    if !state.is_at_rest() && !state.is_delivering() {
        against.push(format!("it is {}", state.status.word()));
    }
    against.extend(working_in(&worktree.path).into_iter().map(|process| format!("{process} works inside")));
    let for_it = if worktree.path.exists() {
        held(repo, worktree, &state, &mut row, &mut against)
    } else {
        row.left_out = vec!["its files, of which nothing can be kept".to_owned()];
        "its folder is gone; if you moved it: `git worktree repair NEW_PATH`; if not, what git knows of it goes"
            .to_owned()
    };
    row.may_go = against.is_empty();
    row.why = if row.may_go { for_it } else { against.join("; ") };
    row
}

/// Adds to `against` what the worktree itself says against its removal; returns what speaks for it.
fn held(
    repo: &Repository,
    worktree: &Worktree,
    state: &RunState,
    row: &mut RemovableRow,
    against: &mut Vec<String>,
) -> String {
    let base = state.spec.as_ref().map_or("HEAD", |spec| spec.base.as_str());
    // The run's base may be a branch that is gone by now; its commit is not.
    let base = match repo.resolve(base) {
        Ok(commit) => commit,
        Err(_) => state.spec.as_ref().map(|spec| spec.base_commit.clone()).unwrap_or_default(),
    };
    match repo.removable(&worktree.path, &base) {
        Ok(found) => {
            row.bytes = Some(found.bytes);
            row.left_out = found.left_out;
            against.extend(found.obstacles);
            let dirty = found.uncommitted + found.deleted;
            if dirty > 0 {
                let files = if dirty == 1 { "file differs" } else { "files differ" };
                against.push(format!("dirty: {dirty} {files} from its last commit"));
            }
            if found.unmerged > 0 {
                let where_else = if found.pushed { "on a remote, not merged" } else { "unpushed and not merged" };
                against.push(match found.unmerged {
                    1 => format!("1 commit is {where_else}"),
                    n => format!("{n} commits are {where_else}"),
                });
            }
            if state.head.as_ref() == state.spec.as_ref().map(|spec| &spec.base_commit) {
                "nothing was changed in it".to_owned()
            } else {
                "clean, and all of it is merged".to_owned()
            }
        }
        Err(error) => {
            against.push(format!("unknown: {error}"));
            String::new()
        }
    }
}
