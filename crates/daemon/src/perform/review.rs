//! Looking which of a reviewer's comments are of lines that were changed since.

use domain::RunId;
use domain::comment::Comment;

use super::job::{repository, worktree};
use crate::inspect;
use crate::places::DaemonPlaces;

/// Returns the comments that wait for a verdict and whose lines are no more as they were; what can't be looked at
/// counts as changed.
pub(super) fn stale(places: &DaemonPlaces, run: &RunId) -> Vec<Comment> {
    let Ok(state) = inspect::state(places, run) else { return Vec::new() };
    let open: Vec<&Comment> = state.comments.iter().filter(|said| !said.sent).map(|said| &said.comment).collect();
    let Some(spec) = state.spec.as_ref().filter(|_| !open.is_empty()) else { return Vec::new() };
    let Ok((repo, path)) = repository(spec).and_then(|repo| worktree(&repo, spec).map(|path| (repo, path))) else {
        return open.into_iter().cloned().collect();
    };
    let stands = |comment: &Comment| inspect::line_now(&repo, &spec.base_commit, &path, comment).is_some();
    open.into_iter().filter(|comment| !stands(comment)).cloned().collect()
}
