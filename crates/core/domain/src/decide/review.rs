//! A person's verdict on a run's work: an approval of one commit, or changes that its agent is asked for next.

use super::decision::{Decision, Refusal};
use crate::comment::{Comment, SentComment};
use crate::event::{Remark, Review, ReviewGiven, WorkMeasured};
use crate::run::RunState;
use crate::status::{By, Status};
use crate::text::short;

/// A person's verdict on the whole of the work.
#[derive(Debug, Clone, Copy)]
pub struct ReviewOrder<'a> {
    pub verdict: Review,
    pub text: &'a str,
    /// Comments on lines that are no longer as they were when the comment was made.
    pub stale: &'a [Comment],
}

/// Decides `review`. The agent is told of changes by [`next`](super::next), in its own session where it has one.
///
/// # Errors
/// Refused where there is nothing to judge, and where what would be judged is not what was proven.
pub fn review(run: &RunState, said: &ReviewOrder<'_>, now: &WorkMeasured, by: By) -> Result<Decision, Refusal> {
    let ReviewOrder { verdict, text, stale } = *said;
    if !matches!(run.status, Status::Ready | Status::Failed { .. }) {
        return Err(Refusal::new(format!("it is {}", run.status.word()), "a review is of work that is done"));
    }
    let name = run.spec.as_ref().map_or("RUN", |spec| spec.name.as_str());
    let proof = || format!("`pilothouse proof {name}` measures it anew; look at that first");
    match (verdict, &run.proof.measured) {
        (Review::Changes, _) if text.trim().is_empty() && run.comments.iter().all(|said| said.sent) => {
            return Err(Refusal::new("nothing says what is to be changed", "--changes TEXT"));
        }
        (Review::Changes, _) if run.current().is_none() => {
            return Err(Refusal::new("it has no phase that could be worked on", "start another run"));
        }
        (Review::Approve, None) => return Err(Refusal::new("its work was never measured", proof())),
        (Review::Approve, Some(proven)) if proven.head != now.head => {
            let (proven, now) = (short(&proven.head), short(&now.head));
            return Err(Refusal::new(format!("it is at {now}, and {proven} was proven"), proof()));
        }
        (Review::Approve, Some(_)) if now.uncommitted => {
            let reason = "not all of the work is committed, and an approval is of a commit";
            return Err(Refusal::new(reason, "commit or remove what its worktree has beside"));
        }
        _ => {}
    }
    let takes = |said: &&SentComment| !said.sent && verdict == Review::Changes;
    let open = run.comments.iter().filter(takes).map(|said| said.comment.clone());
    let comments = open.map(|comment| Remark { stale: stale.contains(&comment), comment }).collect();
    let given = ReviewGiven { verdict, head: now.head.clone(), text: text.trim().to_owned(), comments, by };
    Ok(Decision::default().event(run.attempt_key(), given))
}
