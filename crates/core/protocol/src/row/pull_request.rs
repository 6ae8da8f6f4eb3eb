//! A run's pull request, and what a reviewer said of its lines, as its row has them.

use domain::RunState;
use domain::comment::Comment;
use domain::pull_request::LOCAL;
use domain::text::short;
use serde::{Deserialize, Serialize};

/// A pull request, as its forge said last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    pub forge: String,
    pub number: Option<u64>,
    pub url: Option<String>,
    /// `draft`, `open`, `merged` or `closed`.
    pub state: String,
    /// `approve` or `changes`, of the commit that it has; `null` when nobody looked at that.
    pub review: Option<String>,
    /// `pass` or `fail`; `null` where none is required.
    pub checks: Option<String>,
    /// `null` when that is not known.
    pub mergeable: Option<bool>,
    /// The commit that it has; another than the run's while it does not know of what was done since.
    #[serde(default)]
    pub head: Option<String>,
}

/// Counts of a reviewer's comments on single lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentsRow {
    /// Comments that wait for a verdict.
    pub waiting: u32,
    /// Comments that went with a verdict.
    pub sent: u32,
    /// The event in which something was last said.
    pub seq: u64,
}

impl CommentsRow {
    /// `2 comments not yet with its agent`; `None` where none waits.
    pub fn says(&self) -> Option<String> {
        match self.waiting {
            0 => None,
            1 => Some("1 comment not yet with its agent".to_owned()),
            n => Some(format!("{n} comments not yet with its agent")),
        }
    }
}

/// A comment on a line, as a difference shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentRow {
    pub comment: Comment,
    /// The commit that was looked at.
    pub head: String,
    /// The agent was told of it.
    pub sent: bool,
    /// Where its line is now, in the file of its side; `null` when that was changed since.
    pub now: Option<u64>,
}

impl PullRequest {
    /// `#3`, or its state where it has no number.
    pub fn name(&self) -> String {
        self.number.map_or_else(|| self.state.clone(), |n| format!("#{n}"))
    }

    /// The name of the pull request where nothing else says whose number it is: `local#3` is a file of pilothouse's
    /// own, `#3` a host's.
    pub fn sign(&self) -> String {
        match (self.number, self.forge == LOCAL) {
            (Some(n), true) => format!("{LOCAL}#{n}"),
            _ => self.name(),
        }
    }

    /// `local #3 open, checks pass, approved, merges`; `head` is the run's.
    pub fn says(&self, head: Option<&str>) -> String {
        let mut words = vec![format!("{} {} {}", self.forge, self.name(), self.state)];
        words.extend(self.checks.as_ref().map(|checks| format!("checks {checks}")));
        words.extend(
            self.review
                .as_deref()
                .map(|word| if word == "approve" { "approved".to_owned() } else { "changes asked for".to_owned() }),
        );
        if self.state != "merged" {
            let merges = self.mergeable.map(|merges| if merges { "merges" } else { "does not merge" });
            words.push(merges.unwrap_or("not known whether it merges").to_owned());
            let other = self.head.as_deref().zip(head).filter(|(here, there)| here != there);
            words.extend(other.map(|(here, there)| format!("has {}, the run is at {}", short(here), short(there))));
        }
        words.join(", ")
    }
}

pub(super) fn row(run: &RunState) -> Option<PullRequest> {
    let pull = run.pull.as_ref()?;
    let review = run.proof.review.as_ref().filter(|given| given.head == pull.work.head);
    let conflicts = run.conflicts.iter().any(|conflict| conflict.with.is_none());
    Some(PullRequest {
        forge: pull.forge.clone(),
        number: Some(pull.number),
        url: pull.url.clone(),
        state: pull.work.state.word().to_owned(),
        review: review.map(|given| given.verdict.word().to_owned()),
        checks: pull.work.checks.map(|passed| if passed { "pass" } else { "fail" }.to_owned()),
        // What was seen since counts more than what was measured for the proof.
        mergeable: pull.work.mergeable.map(|merges| merges && !conflicts),
        head: Some(pull.work.head.clone()),
    })
}

pub(super) fn comments(run: &RunState) -> Option<CommentsRow> {
    let count = |sent: bool| run.comments.iter().filter(|said| said.sent == sent).count();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let row = CommentsRow { waiting: number(count(false)), sent: number(count(true)), seq: run.commented_at };
    (run.commented_at > 0).then_some(row)
}
