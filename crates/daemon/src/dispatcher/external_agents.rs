//! The external agents that were seen last, and the looks for them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use domain::RunId;
use protocol::{Fact, Request, Row};

use crate::external_agents::ExternalAgent;
use crate::input::FaceId;
use crate::measure::Load;

#[derive(Default)]
pub(super) struct ExternalAgents {
    pub(super) found: BTreeMap<RunId, ExternalAgent>,
    /// Part of a core and bytes, as sampled last.
    pub(super) loads: BTreeMap<RunId, (Option<f64>, u64)>,
    /// The time of the last look that came back, and the repositories that it covered.
    pub(super) looked: Option<(Instant, BTreeSet<String>)>,
    /// Whether the next regular look is on its way.
    pub(super) asked: bool,
    /// Whether a look is under way.
    pub(super) under_way: bool,
    /// When a look was begun last.
    pub(super) begun: Option<Instant>,
    /// Whether another look is to follow.
    pub(super) due: bool,
    /// The end of the first moments of the attempt that was started last.
    pub(super) soon_until: Option<Instant>,
    /// Requests that wait for a look.
    pub(super) waiting: BTreeMap<u64, (FaceId, u64, Request, Option<String>)>,
    pub(super) last_ticket: u64,
    /// External agents that something is being done with.
    pub(super) acting: BTreeSet<RunId>,
}

impl ExternalAgents {
    pub(super) fn rows(&self, repo: Option<&str>) -> Vec<Row> {
        let of_repo = |row: &Row| repo.is_none_or(|repo| row.repo == repo);
        self.found.values().map(|found| protocol::observed(&found.agent)).filter(of_repo).collect()
    }

    pub(super) fn row(&self, id: &RunId) -> Option<Row> {
        self.found.get(id).map(|found| protocol::observed(&found.agent))
    }

    pub(super) fn contains(&self, id: &RunId) -> bool {
        self.found.contains_key(id)
    }

    pub(super) fn facts(&self, id: &RunId) -> Option<Vec<Fact>> {
        self.found.get(id).map(|found| found.facts.clone())
    }

    pub(super) fn processes(&self) -> impl Iterator<Item = (RunId, u32)> {
        self.found.iter().map(|(id, found)| (id.clone(), found.agent.pid))
    }

    pub(super) fn is_acting(&self, id: &RunId) -> bool {
        self.acting.contains(id)
    }

    /// Takes up what an external agent has used; returns whether that is worth showing.
    pub(super) fn sampled(&mut self, id: &RunId, rate: Option<f64>, load: &Load) -> bool {
        let Some(found) = self.found.get_mut(id) else { return false };
        let before = (found.agent.cpu, found.agent.rss_bytes.map(|bytes| bytes >> 20));
        (found.agent.cpu, found.agent.rss_bytes) = (rate, Some(load.rss_bytes));
        self.loads.insert(id.clone(), (rate, load.rss_bytes));
        before != (rate, Some(load.rss_bytes >> 20))
    }
}

/// Returns the runs that a request names, where it may mean agents started by hand too; `None` where it may not.
pub(super) fn names(request: &Request) -> Option<&[String]> {
    match request {
        Request::Rows(_) | Request::Watch(_) => Some(&[]),
        Request::Row { run, .. }
        | Request::Explain { run, .. }
        | Request::Diff { run, .. }
        | Request::Answer { run, .. } => Some(std::slice::from_ref(run)),
        Request::Act { runs, .. } | Request::Removable { runs, .. } => Some(runs),
        _ => None,
    }
}

pub(super) fn not_a_run(agent: &protocol::ObservedAgent) -> String {
    let place = agent.terminal.as_ref().map_or_else(String::new, |terminal| format!("; go to {terminal}"));
    format!("{}-{} was started by hand and is no run of pilothouse{place}", agent.agent, agent.pid)
}
