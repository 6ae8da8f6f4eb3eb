//! Looking which of a reviewer's comments are of lines that were changed since.

use domain::RunId;
use domain::comment::Comment;

use super::{repository, worktree};
use crate::Places;
use crate::inspect;

/// Comments that wait for a verdict and whose lines are no more as they were; what can't be looked at counts as changed.
pub(super) fn stale(places: &Places, run: &RunId) -> Vec<Comment> {
    let Ok(state) = inspect::state(places, run) else { return Vec::new() };
    let spec = state.spec.as_ref();
    let path = spec.and_then(|spec| repository(spec).and_then(|repo| worktree(&repo, spec)).ok());
    let Some((spec, path)) = spec.zip(path) else { return Vec::new() };
    let Ok(repo) = repository(spec) else { return Vec::new() };
    let stands = |comment: &Comment| {
        let base = repo.file_at(&spec.base_commit, &comment.path).ok().flatten();
        comment.now(worktrees::text_of(&path, &comment.path).as_deref(), base.as_deref()).is_some()
    };
    let open = state.comments.iter().filter(|said| !said.sent).map(|said| &said.comment);
    open.filter(|comment| !stands(comment)).cloned().collect()
}
