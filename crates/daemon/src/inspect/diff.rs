//! What a run has changed, committed or not.

use std::path::Path;

use domain::comment::{Comment, SentComment};
use domain::{RunId, RunState};
use protocol::{Code, CommentRow, DiffReply, FileChange, Refused};
use worktrees::{For, FoundWorktree, Repository, snapshot_record};

use super::state::state;
use crate::places::DaemonPlaces;
use crate::settings_of;

/// Most bytes of a difference's text. A longer one is cut: nobody reads that much, and a reply must fit its frame.
const LONGEST: usize = 16 << 20;

pub(super) fn diff(places: &DaemonPlaces, run: &RunId, since: Option<u32>, patch: bool) -> Result<DiffReply, Refused> {
    let whom = if patch { For::Applying } else { For::Reading };
    let state = state(places, run)?;
    let missing = |reason: String| Refused { code: Code::NotFound, reason };
    let spec = state.spec.as_ref().ok_or_else(|| missing("nothing says what this run was".to_owned()))?;
    let repo = Repository::at(Path::new(&spec.repo)).map_err(settings_of::refused)?;
    let checkpoint = |n: u32| {
        let found = state.checkpoints.iter().find(|c| c.n == n && !c.dropped).map(|c| c.commit.clone());
        found.ok_or_else(|| missing(format!("it has no checkpoint {n}; `pilothouse show` names them")))
    };
    let from = since.map_or_else(|| Ok(spec.base_commit.clone()), checkpoint)?;
    let mut lies = None;
    let found = match repo.worktree_of(run.as_str()).map_err(settings_of::refused)? {
        FoundWorktree::There(worktree) => {
            // The base may have moved on under a rebased branch; what they have in common is what counts then.
            let head = repo.stands_at(&worktree.path, &spec.branch).map_err(settings_of::refused)?;
            let met = repo.merge_base(&head, &from).ok().flatten().filter(|_| since.is_none());
            let from = met.unwrap_or(from);
            let diff = repo.diff(&worktree.path, &from, whom).map(|diff| (from, diff));
            lies = Some(worktree.path);
            diff
        }
        // What it holds is not known, so it is not told as nothing.
        FoundWorktree::Vanished(worktree) if state.snapshot.is_none() => {
            let path = worktree.path.display();
            let reason = format!("its worktree {path} is not there; if you moved it: `git worktree repair NEW_PATH`");
            return Err(Refused { code: Code::Refused, reason });
        }
        FoundWorktree::Vanished(_) | FoundWorktree::Unknown => {
            let kept = state.snapshot.as_ref().map(|s| places.home.join("snapshots").join(&s.name));
            let kept = kept.and_then(|folder| snapshot_record(&folder).ok().flatten()).map(|record| record.head);
            let to = kept.or_else(|| state.head.clone()).unwrap_or_else(|| spec.base_commit.clone());
            repo.diff_of_commits(&from, &to, whom).map(|diff| (from, diff))
        }
    };
    let (from, mut diff) = found.map_err(settings_of::refused)?;
    let cut = diff.text.len() > LONGEST;
    // A line that is cut in two is no line of the file.
    let end = diff.text.iter().take(LONGEST).rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if cut {
        diff.text.truncate(end);
    }
    let text = String::from_utf8_lossy(&diff.text).into_owned();
    let bytes = (patch && text.as_bytes() != diff.text).then(|| domain::digest::hex(&diff.text));
    let comments = comments(&state, &repo, &spec.base_commit, lies.as_deref());
    let files = diff.files.into_iter().map(|(added, removed, path)| FileChange { path, added, removed }).collect();
    Ok(DiffReply { from, text, bytes, files, cut, left_out: diff.left_out, comments })
}

/// Returns the comments on lines, and where those lines are now; without a worktree they are where they were.
fn comments(state: &RunState, repo: &Repository, base: &str, worktree: Option<&Path>) -> Vec<CommentRow> {
    let row = |said: &SentComment| {
        let comment = said.comment.clone();
        let now = worktree.map_or(Some(comment.line), |path| line_now(repo, base, path, &comment));
        CommentRow { comment, head: said.head.clone(), sent: said.sent, now }
    };
    state.comments.iter().map(row).collect()
}

/// Returns where the line of a comment is in a worktree that began at `base`; `None` where it was changed since.
pub(crate) fn line_now(repo: &Repository, base: &str, worktree: &Path, comment: &Comment) -> Option<u64> {
    let before = repo.file_at(base, &comment.path).ok().flatten();
    comment.now(worktrees::text_of(worktree, &comment.path).as_deref(), before.as_deref())
}
