//! A run as faces see it: one line of the cockpit, one object of `ls --json`.

mod check;
mod conflict;
mod costs;
mod escape;
mod left;
mod proof;
mod pull_request;
mod question;
mod reason;
mod secrets;
mod source;
#[cfg(test)]
mod tests;
mod times;

use domain::event::{ConflictFound, SecretFound};
use domain::group::{self, Group};
use domain::money::Usd;
use domain::status::{Activity, Status};
use domain::times::Times;
use domain::tokens::Tokens;
use domain::{RunId, RunState, Timestamp};
use serde::{Deserialize, Serialize};

pub use check::CheckRow;
pub use conflict::InMain;
pub use proof::{ProofRow, WorkRow};
pub use pull_request::{CommentRow, CommentsRow, PullRequest};
pub use question::QuestionRow;
use reason::reason;
use source::tokens_source;

/// Characters of a task that a row has.
const TASK: usize = 500;

/// A row; what is not known is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: RunId,
    pub name: String,
    /// Absolute path of the repository's main worktree.
    pub repo: String,
    pub branch: Option<String>,
    pub base: Option<String>,
    /// `null` until it is made.
    pub worktree: Option<String>,
    pub agent: String,
    pub model: Option<String>,
    /// The policy that says what the run's agents may do without asking: `ask`, `edits`, `all` or `sandboxed`.
    #[serde(default)]
    pub policy: Option<String>,
    /// The first part of what was asked for.
    pub task: Option<String>,
    /// `headless`, `interactive`, or `observed` for an agent that a person started by hand.
    pub mode: String,
    pub status: String,
    /// Why it is in this status, in words.
    pub reason: Option<String>,
    pub needs_you: bool,
    pub phase: Option<PhaseRow>,
    pub tokens: Option<TokensRow>,
    /// `agent`, `gateway` or `transcript`.
    pub tokens_source: Option<String>,
    /// Who pays for what the agent asks: a key, by where it comes from, or its own login; `null` when that is not known.
    #[serde(default)]
    pub paid_by: Option<String>,
    /// By the price table; `null` when some of the tokens have no price.
    pub cost_usd: Option<f64>,
    pub budget_usd: Option<f64>,
    pub budget_tokens: Option<u64>,
    /// Model calls that the gateway saw; `null` where it does not stand between.
    #[serde(default)]
    pub calls: Option<u64>,
    /// Calls whose answer was cut, so that the provider may bill more than is counted here.
    #[serde(default)]
    pub calls_cut: Option<u64>,
    /// Tokens that have no price.
    #[serde(default)]
    pub tokens_unpriced: Option<u64>,
    /// Milliseconds by what was going on.
    #[serde(default)]
    pub times: Option<Times>,
    pub disk_bytes: Option<u64>,
    /// Bytes of `disk_bytes` that can be built or fetched again.
    pub disk_rebuildable: Option<u64>,
    pub changes: Option<Changes>,
    /// Names of the runs that its work does not come together with; `null` before that was looked at.
    pub conflicts_with: Option<Vec<String>>,
    /// As `conflicts_with`, with the paths, and the base where it does not fit that.
    #[serde(default)]
    pub conflicts: Vec<ConflictFound>,
    #[serde(default)]
    pub conflicts_at: Option<Timestamp>,
    /// Where what it adds looks like a secret; `null` when nothing looked.
    #[serde(default)]
    pub secrets: Option<Vec<SecretFound>>,
    /// Changes in the main checkout while the run was at work, nobody knows by whom.
    #[serde(default)]
    pub in_main: Option<InMain>,
    /// Somebody brought all of its commits into its base by other ways than this run's merge.
    #[serde(default)]
    pub in_base: bool,
    /// Files outside of its worktree that it is proven to have written, absolute.
    #[serde(default)]
    pub escapes: Vec<String>,
    pub pr: Option<PullRequest>,
    /// The score of the last proof pack, 0 to 1, while that pack tells all.
    pub score: Option<f64>,
    #[serde(default)]
    pub proof: Option<ProofRow>,
    /// `open`, `closed` or `merged`, by what was measured last; `null` before there is a proof.
    pub gate: Option<String>,
    /// Process id of the agent while it runs.
    pub pid: Option<u32>,
    pub created_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub last_event_at: Option<Timestamp>,
    pub group: Group,
    pub activity: Option<String>,
    pub question: Option<QuestionRow>,
    pub resets_at: Option<Timestamp>,
    /// `ok` or `gone` while an attempt is open.
    pub keeper: Option<String>,
    pub frozen: Option<FrozenRow>,
    /// Part of one core, 1.0 is a whole one.
    pub cpu: Option<f64>,
    pub rss_bytes: Option<u64>,
    pub disk_at: Option<Timestamp>,
    pub changes_at: Option<Timestamp>,
    /// The commit the branch was last seen at.
    pub head: Option<String>,
    pub checkpoints: Vec<CheckpointRow>,
    /// Every check of the run, also those that never ran.
    #[serde(default)]
    pub checks: Vec<CheckRow>,
    /// The repository's settings file in the checkout was another than that of the base commit, which counts.
    #[serde(default)]
    pub settings_differ: bool,
    /// The worktree was removed and can be restored.
    pub removed: bool,
    /// A person put it out of sight.
    pub dismissed: bool,
    #[serde(default)]
    pub comments: Option<CommentsRow>,
    /// The end of what its agent said last.
    #[serde(default)]
    pub said: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointRow {
    pub n: u32,
    pub why: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseRow {
    pub name: String,
    /// Counts from 1.
    pub index: u32,
    pub count: u32,
    pub attempt: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokensRow {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub total: u64,
}

impl From<Tokens> for TokensRow {
    fn from(tokens: Tokens) -> Self {
        Self {
            input: tokens.input,
            output: tokens.output,
            cache_read: tokens.cache_read,
            cache_write: tokens.cache_write,
            total: tokens.total(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    pub files: u64,
    pub added: u64,
    pub removed: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenRow {
    pub n: u32,
    pub of: u32,
    pub by: String,
}

/// A figure with the time it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed<T> {
    pub value: T,
    pub at: Timestamp,
}

impl Row {
    /// Whether it asks something that is answered here, and not in a terminal.
    pub fn is_answered_here(&self) -> bool {
        self.question.is_some() && self.mode == "headless"
    }

    /// `NAME:MODEL`, or the name alone when the model says nothing more.
    pub fn agent_and_model(&self) -> String {
        match self.model.as_ref().filter(|model| **model != self.agent) {
            Some(model) => format!("{}:{model}", self.agent),
            None => self.agent.clone(),
        }
    }

    /// Whether nothing more happens to the run by itself, the same as `domain::Status::is_settled`.
    pub fn is_settled(&self) -> bool {
        matches!(self.status.as_str(), "ready" | "merged" | "failed" | "terminated" | "lost")
    }

    /// Rows sort by this: by group, in it those that ask first and those that only wait their turn last,
    /// then by age. It changes only with the status.
    pub fn order(&self) -> (Group, u8, Option<Timestamp>, &RunId) {
        let rank = match self.status.as_str() {
            "waiting" => 0,
            "queued" => 2,
            _ => 1,
        };
        (self.group, rank, self.created_at.or(self.started_at), &self.id)
    }
}

/// Measurements of a run that are not in its timeline.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observations {
    pub changes: Option<Observed<Changes>>,
    pub disk_bytes: Option<Observed<u64>>,
    pub disk_rebuildable: Option<u64>,
    pub cpu: Option<f64>,
    pub rss_bytes: Option<u64>,
    /// When its agent last gave a sign of life, looked at when that was long ago.
    pub quiet_since: Option<Timestamp>,
    /// Why no run may begin just now.
    pub held: Option<String>,
    /// When it was last looked whether its work comes together with others'.
    pub conflicts_at: Option<Timestamp>,
    pub in_main: Option<InMain>,
    /// Whether the run's base was seen to have all of its commits.
    pub in_base: bool,
    pub secrets: Option<Vec<SecretFound>>,
}

/// The row of a run; `None` for a timeline that does not say what was asked.
pub fn row(run: &RunState, seen: &Observations) -> Option<Row> {
    let spec = run.spec.as_ref()?;
    let phase = run.current();
    let attempt = run.attempt();
    let live = attempt.filter(|a| a.is_live());
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let group = group::of(run);
    let spent = run.spent();
    let proof = proof::row(run);
    let metered = run.phases.iter().flat_map(|p| &p.attempts).any(|a| a.metered);
    Some(Row {
        id: spec.id.clone(),
        name: spec.name.clone(),
        repo: spec.repo.clone(),
        branch: Some(spec.branch.clone()),
        base: Some(spec.base.clone()),
        worktree: run.has_worktree().then(|| spec.worktree.clone()),
        agent: spec.agent.clone(),
        model: spec.model.clone().or_else(|| run.model.clone()),
        policy: Some(spec.policy.word().to_owned()),
        task: Some(spec.task.chars().take(TASK).collect()),
        mode: if spec.interactive { "interactive" } else { "headless" }.to_owned(),
        status: run.status.word().to_owned(),
        reason: reason(run, seen, proof.as_ref()),
        needs_you: group == Group::NeedsYou,
        phase: phase.map(|p| PhaseRow {
            name: p.spec.name.clone(),
            index: count(run.phase + 1),
            count: count(run.phases.len()),
            attempt: attempt.map(|a| a.number),
        }),
        tokens: run.tokens.map(TokensRow::from),
        tokens_source: run.tokens.map(|_| tokens_source(&spent, spec.interactive).to_owned()),
        paid_by: attempt.and_then(|attempt| attempt.paid_by.clone()),
        cost_usd: run.tokens.and_then(|_| spent.cost()).map(Usd::as_f64),
        budget_usd: run.budget.usd.map(Usd::as_f64),
        budget_tokens: run.budget.tokens,
        calls: metered.then_some(spent.calls),
        calls_cut: metered.then_some(spent.cut),
        tokens_unpriced: run.tokens.map(|_| spent.unpriced),
        times: run.started_at.map(|_| run.times),
        disk_bytes: seen.disk_bytes.map(|d| d.value),
        disk_rebuildable: seen.disk_rebuildable,
        changes: seen.changes.map(|c| c.value),
        conflicts_with: conflict::names(run, seen),
        conflicts: run.conflicts.clone(),
        conflicts_at: seen.conflicts_at,
        secrets: seen.secrets.clone(),
        in_main: seen.in_main.clone(),
        in_base: seen.in_base,
        escapes: escape::paths(run),
        pr: pull_request::row(run),
        score: run.proof.score().map(proof::share),
        gate: proof.as_ref().map(|proof| proof::gate(run, proof)),
        proof,
        pid: live.and_then(|a| a.pid),
        created_at: run.created_at,
        started_at: run.started_at,
        ended_at: run.ended_at,
        last_event_at: run.last_event_at,
        group,
        activity: match &run.status {
            // What happens in a terminal is for the person's eyes alone; some agents tell beside it whether they work.
            Status::Working(_) if spec.interactive => {
                let tells = attempt.is_some_and(|attempt| attempt.session.is_some());
                Some(if tells { "works in its own terminal" } else { "runs in its own terminal" }.to_owned())
            }
            // Said and not judged: a command may take that long, or a provider.
            Status::Working(Activity::Background) => Some(Activity::Background.word()),
            Status::Working(activity) if seen.quiet_since.is_some() && seen.quiet_since == run.last_event_at => {
                let since = seen.quiet_since.unwrap_or_default();
                Some(format!("stalled? no word since {since}; before: {}", activity.word()))
            }
            Status::Working(activity) => Some(activity.word()),
            Status::Queued
            | Status::Preparing
            | Status::Waiting
            | Status::Limited { .. }
            | Status::Paused { .. }
            | Status::Checking
            | Status::Ready
            | Status::Merged
            | Status::Failed { .. }
            | Status::Terminated { .. }
            | Status::Lost { .. }
            | Status::Unknown { .. } => None,
        },
        question: run.question.as_ref().map(QuestionRow::from),
        resets_at: match &run.status {
            Status::Limited { resets_at } => *resets_at,
            Status::Queued
            | Status::Preparing
            | Status::Working(_)
            | Status::Waiting
            | Status::Paused { .. }
            | Status::Checking
            | Status::Ready
            | Status::Merged
            | Status::Failed { .. }
            | Status::Terminated { .. }
            | Status::Lost { .. }
            | Status::Unknown { .. } => None,
        },
        keeper: live.map(|_| if run.keeper_gone { "gone" } else { "ok" }.to_owned()),
        frozen: run.paused.as_ref().map(|p| FrozenRow { n: p.frozen.n, of: p.frozen.of, by: p.frozen.means.clone() }),
        cpu: seen.cpu.filter(|_| live.is_some()),
        rss_bytes: seen.rss_bytes.filter(|_| live.is_some()),
        disk_at: seen.disk_bytes.map(|d| d.at),
        changes_at: seen.changes.map(|c| c.at),
        head: run.head.clone(),
        checkpoints: run
            .checkpoints
            .iter()
            .filter(|c| !c.dropped)
            .map(|c| CheckpointRow { n: c.n, why: c.why.clone(), at: c.at })
            .collect(),
        checks: check::rows(run),
        settings_differ: spec.settings_differ,
        removed: run.removed,
        dismissed: run.dismissed,
        comments: pull_request::comments(run),
        said: attempt.filter(|attempt| !attempt.is_live()).and_then(|attempt| attempt.said.clone()),
    })
}
