//! An agent that a person started by hand, as faces see it: a row with what is known of it, and nothing else claimed.

use domain::doing::Doing;
use domain::group::Group;
use domain::tokens::Tokens;
use domain::{RunId, Timestamp};

use crate::row::{FrozenRow, Row, TokensRow};

/// How rows of such agents are told from those of runs.
pub const OBSERVED: &str = "observed";

/// An agent that a person started by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedAgent {
    /// Made of the process's identity, so that it stays the same for as long as the process lives.
    pub id: RunId,
    pub pid: u32,
    pub agent: String,
    pub model: Option<String>,
    /// Absolute path of the repository's main worktree.
    pub repo: String,
    pub worktree: String,
    /// `None` on a detached head.
    pub branch: Option<String>,
    /// Where it can be found: `tmux %3`, `pts/3`.
    pub terminal: Option<String>,
    /// The run whose worktree it works in.
    pub inside: Option<String>,
    /// Or why that is not known.
    pub doing: Result<Doing, String>,
    pub started_at: Option<Timestamp>,
    /// The last line of its transcripts, or when it began what it does.
    pub last_at: Option<Timestamp>,
    pub tokens: Option<Tokens>,
    /// How many of its processes stand still, and how many there are.
    pub stopped: (u32, u32),
    pub cpu: Option<f64>,
    pub rss_bytes: Option<u64>,
}

impl Row {
    /// Whether it is of an agent that was started by hand.
    pub fn is_observed(&self) -> bool {
        self.mode == OBSERVED
    }
}

/// The row of an observed agent; it never has what only pilothouse's own runs have.
pub fn observed(agent: &ObservedAgent) -> Row {
    let (still, of) = agent.stopped;
    let place = agent.terminal.as_ref().map_or_else(String::new, |terminal| format!(" in {terminal}"));
    let inside = agent.inside.as_ref().map_or_else(String::new, |run| format!(", in the worktree of {run}"));
    let by_hand = format!("started by hand{place}{inside}");
    let frozen = domain::attempt::Frozen { n: still, of, means: "signals".to_owned() };
    let (status, reason) = match &agent.doing {
        _ if still > 0 => ("paused", format!("{}; {by_hand}", frozen.describe())),
        Ok(Doing::Working) => ("working", by_hand),
        Ok(Doing::Waiting(what)) => {
            let what = what.as_ref().map_or_else(String::new, |what| format!(": {what}"));
            ("waiting", format!("waits in its own terminal{what}; {by_hand}"))
        }
        Ok(Doing::Idle) => ("idle", format!("its turn is over; {by_hand}")),
        Err(why) => ("unknown", format!("{why}; {by_hand}")),
    };
    // A person sits where it was started, so only a question is worth calling them.
    let group = if status == "waiting" { Group::NeedsYou } else { Group::Observed };
    Row {
        id: agent.id.clone(),
        name: format!("{}-{}", agent.agent, agent.pid),
        repo: agent.repo.clone(),
        branch: agent.branch.clone(),
        base: None,
        worktree: Some(agent.worktree.clone()),
        agent: agent.agent.clone(),
        model: agent.model.clone(),
        policy: None,
        task: None,
        mode: OBSERVED.to_owned(),
        status: status.to_owned(),
        reason: Some(reason),
        needs_you: group == Group::NeedsYou,
        phase: None,
        tokens: agent.tokens.map(TokensRow::from),
        tokens_source: agent.tokens.map(|_| "transcript".to_owned()),
        cost_usd: None,
        budget_usd: None,
        budget_tokens: None,
        calls: None,
        calls_cut: None,
        paid_by: None,
        tokens_unpriced: None,
        times: None,
        disk_bytes: None,
        disk_rebuildable: None,
        changes: None,
        conflicts_with: None,
        conflicts: Vec::new(),
        conflicts_at: None,
        in_main: None,
        in_base: false,
        escapes: Vec::new(),
        secrets: None,
        pr: None,
        score: None,
        proof: None,
        gate: None,
        pid: Some(agent.pid),
        created_at: None,
        started_at: agent.started_at,
        ended_at: None,
        last_event_at: agent.last_at,
        group,
        activity: None,
        question: None,
        resets_at: None,
        keeper: None,
        frozen: (still > 0).then(|| FrozenRow { n: still, of, by: "signals".to_owned() }),
        cpu: agent.cpu,
        rss_bytes: agent.rss_bytes,
        disk_at: None,
        changes_at: None,
        head: None,
        checkpoints: Vec::new(),
        checks: Vec::new(),
        settings_differ: false,
        removed: false,
        dismissed: false,
        comments: None,
        said: None,
    }
}
