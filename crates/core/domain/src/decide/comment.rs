//! What a reviewer says of one line, kept until a verdict takes it along.

use super::decision::{Decision, Refusal};
use crate::comment::Comment;
use crate::event::CommentGiven;
use crate::run::RunState;
use crate::status::By;

/// Comments that are kept for one verdict, at most.
const MOST: usize = 100;

/// Decides a comment; one without a text takes back what was said of the line.
///
/// # Errors
/// Refused where there is nothing to take back, and when there are too many.
pub fn comment(run: &RunState, comment: &Comment, by: By) -> Result<Decision, Refusal> {
    if run.removed || run.worktree_at.is_none() {
        return Err(Refusal::new("it has no worktree", "`pilothouse restore` brings one back that was removed"));
    }
    super::merge::not_yet(run)?;
    let mut open = run.comments.iter().filter(|said| !said.sent);
    let text = comment.text.trim();
    if text.is_empty() && !open.clone().any(|said| said.comment.is_at(comment)) {
        return Err(Refusal::new("nothing was said", "type what is to be changed in this line"));
    }
    if open.clone().count() >= MOST && !open.any(|said| said.comment.is_at(comment)) {
        return Err(Refusal::new(format!("{MOST} comments wait already"), "`pilothouse review` takes them along"));
    }
    let comment = Comment { text: text.to_owned(), ..comment.clone() };
    let head = run.head.clone().unwrap_or_default();
    Ok(Decision::default().event(None, CommentGiven { comment, head, by }))
}
