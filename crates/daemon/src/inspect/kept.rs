//! What is kept of runs in a repository beside their branches, and which checkpoints may go.

use std::collections::BTreeSet;
use std::path::Path;

use domain::{RunId, decide};
use protocol::{KeptReply, KeptRow, Refused};
use worktrees::{KeptRefs, Repository};

use super::state::state;
use crate::perform::living;
use crate::places::DaemonPlaces;
use crate::settings_of;

pub(super) fn kept(places: &DaemonPlaces, folder: &Path) -> Result<KeptReply, Refused> {
    let repo = Repository::find(folder).map_err(settings_of::refused)?;
    let kept = repo.kept_refs().map_err(settings_of::refused)?;
    let runs: Vec<KeptRow> = kept.into_iter().map(|(run, kept)| row(places, &repo, run, kept)).collect();
    let go: BTreeSet<String> = runs.iter().filter(|row| row.may_go).map(|row| row.run.clone()).collect();
    let bytes = if go.is_empty() { Some(0) } else { repo.bytes_of_checkpoints(&go) };
    Ok(KeptReply { runs, bytes })
}

fn row(places: &DaemonPlaces, repo: &Repository, run: String, kept: KeptRefs) -> KeptRow {
    let KeptRefs { checkpoints, others } = kept;
    let mut row = KeptRow { run, name: None, checkpoints, others, may_go: false, why: String::new() };
    let known = RunId::parse(&row.run).and_then(|id| Some((state(places, &id).ok()?, id)));
    let Some((state, id)) = known else {
        row.why = format!(
            "no run of this state folder; if none of another one either: git for-each-ref --format='delete %(refname)' \
             refs/pilothouse/{}/ | git update-ref --stdin",
            row.run
        );
        return row;
    };
    row.name = state.spec.as_ref().map(|spec| spec.name.clone());
    if let Some(spec) = state.spec.as_ref().filter(|spec| Path::new(&spec.repo) != repo.main()) {
        row.why = format!("its run is of the repository {}", spec.repo);
        return row;
    }
    if checkpoints == 0 {
        "it has no checkpoints".clone_into(&mut row.why);
        return row;
    }
    match decide::may_drop(&state, living(places, &id).len()) {
        Ok(why) => {
            row.may_go = true;
            row.why = format!("{why}; no rollback then, and no retry from where a phase began");
        }
        Err(refusal) => row.why = refusal.to_string(),
    }
    row
}
