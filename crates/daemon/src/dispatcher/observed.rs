//! Agents that were started by hand: shown while they live, and paused, let go on or ended as a person asks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use domain::RunId;
use domain::command::Command;
use domain::effect::Outcome;
use protocol::{Code, Fact, Refused, Reply, Request, Row};

use super::Dispatcher;
use crate::input::{FaceId, Input};
use crate::observe::Load;
use crate::observer::{Found, Wanted};

/// How often it is looked for them while someone watches, or a run works in its own terminal.
const EVERY: Duration = Duration::from_secs(3);
/// How often, while an agent has not said yet where it tells what it does.
const SOON: Duration = Duration::from_millis(500);
/// What was seen within this time need not be looked at again for a list.
const FRESH: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Observed {
    found: BTreeMap<RunId, Found>,
    /// Part of a core and bytes, as sampled last.
    loads: BTreeMap<RunId, (Option<f64>, u64)>,
    /// When and in which repositories it was looked last.
    looked: Option<(Instant, BTreeSet<String>)>,
    /// The next look is on its way.
    asked: bool,
    /// Those that something is being done with.
    acting: BTreeSet<RunId>,
}

impl Observed {
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

    /// Takes up what one has used; gives whether that is worth showing.
    pub(super) fn sampled(&mut self, id: &RunId, rate: Option<f64>, load: &Load) -> bool {
        let Some(found) = self.found.get_mut(id) else { return false };
        let before = (found.agent.cpu, found.agent.rss_bytes.map(|bytes| bytes >> 20));
        (found.agent.cpu, found.agent.rss_bytes) = (rate, Some(load.rss_bytes));
        self.loads.insert(id.clone(), (rate, load.rss_bytes));
        before != (rate, Some(load.rss_bytes >> 20))
    }
}

/// Whether a request is answered with agents started by hand too, so that one looks for them first.
fn is_of_them(request: &Request) -> bool {
    matches!(
        request,
        Request::Rows(_) | Request::Watch(_) | Request::Row { .. } | Request::Act { .. } | Request::Explain { .. }
    )
}

impl Dispatcher {
    /// Has a request wait for a look that it needs; gives it back when it needs none.
    pub(super) fn after_a_look(
        &mut self,
        face: FaceId,
        id: u64,
        request: Request,
        repo: Option<&str>,
    ) -> Option<Request> {
        let fresh = self.observed.looked.as_ref().is_some_and(|(at, repositories)| {
            at.elapsed() < FRESH && repo.is_none_or(|repo| repositories.contains(repo))
        });
        let known = match &request {
            Request::Row { run, .. } | Request::Explain { run, .. } => self.find(run, repo).is_ok(),
            Request::Act { runs, .. } => runs.iter().all(|run| self.find(run, repo).is_ok()),
            _ => fresh,
        };
        if known || !is_of_them(&request) {
            return Some(request);
        }
        let repo = repo.map(str::to_owned);
        self.look_around(repo.clone(), Some(Input::Looked { face, id, request, repo }));
        None
    }

    fn look_around(&self, also: Option<String>, then: Option<Input>) {
        let known = self.runs.rows(None).into_iter().map(|row| row.repo);
        // One that is shown stays for as long as it lives, whoever asked for it.
        let shown = self.observed.found.values().map(|found| found.agent.repo.clone());
        let repositories = known.chain(self.faces.repositories()).chain(shown).chain(also).collect();
        self.observer.look(Wanted { repositories, working: self.telling() }, then);
    }

    /// Looks now and then for as long as someone watches, or an agent tells in its own files what it does.
    pub(super) fn watch_observed(&mut self) {
        let telling = self.telling();
        if !self.observed.asked && (self.faces.any_watches() || !telling.is_empty()) {
            self.observed.asked = true;
            let silent = telling.iter().any(|working| !self.has_told(&working.run));
            self.performer.later(if silent { SOON } else { EVERY }, Input::LookAround);
        }
    }

    pub(super) fn look_again(&mut self) {
        self.observed.asked = false;
        self.sessions_changed();
        self.watch_observed();
    }

    /// Looks at once, at runs alone where nobody watches.
    pub(super) fn sessions_changed(&mut self) {
        self.watcher.looked_at_sessions();
        if self.faces.any_watches() {
            self.look_around(None, None);
        } else {
            self.observer.look(Wanted { working: self.telling(), ..Wanted::default() }, None);
        }
    }

    pub(super) fn take_up_observed(&mut self, found: Vec<Found>, repositories: BTreeSet<String>) {
        self.observed.looked = Some((Instant::now(), repositories));
        let known = found.into_iter().filter(|found| !self.runs.contains(&found.agent.id));
        let mut known: BTreeMap<RunId, Found> = known.map(|found| (found.agent.id.clone(), found)).collect();
        self.observed.loads.retain(|id, _| known.contains_key(id));
        for (id, (cpu, rss_bytes)) in &self.observed.loads {
            if let Some(found) = known.get_mut(id) {
                (found.agent.cpu, found.agent.rss_bytes) = (*cpu, Some(*rss_bytes));
            }
        }
        self.observed.found = known;
        self.show_observed();
    }

    /// Tells those who watch, as far as it is something else than they were told.
    pub(super) fn show_observed(&mut self) {
        let rows = self.observed.rows(None);
        self.faces.observed(&rows);
    }

    /// Does something with the tree of an agent; the reply waits until it is done and seen.
    pub(super) fn act_on_observed(&mut self, face: FaceId, id: u64, run: &RunId, command: &Command) {
        let Some(found) = self.observed.found.get(run) else { return };
        let name = protocol::observed(&found.agent).name;
        let mut acted =
            protocol::Acted { run: run.to_string(), name: Some(name), code: Code::Done, reason: None, note: None };
        let does = matches!(command, Command::Pause | Command::Resume | Command::Terminate { .. });
        let busy = self.observed.is_acting(run);
        if does && !busy {
            self.performer.act_on_tree(run.clone(), found.root.clone(), command.clone());
            self.observed.acting.insert(run.clone());
            return self.pending.add(face, id, acted, Some(run.clone()));
        }
        acted.code = Code::Refused;
        acted.reason = Some(match busy {
            true => "something is being done with it already".to_owned(),
            false => format!("{}; it can be paused, resumed and terminated", not_a_run(&found.agent)),
        });
        self.pending.add(face, id, acted, None);
    }

    /// What was done is told when a new look has seen it.
    pub(super) fn acted_on_tree(&mut self, run: RunId, outcome: &Outcome, note: Option<&str>) {
        self.pending.heard(&run, outcome, note);
        self.look_around(None, Some(Input::TreeSeen { run }));
    }

    pub(super) fn tree_seen(&mut self, run: &RunId) {
        self.observed.acting.remove(run);
    }

    /// Why a request for a run is none for this agent.
    pub(super) fn no_run(&self, id: &RunId) -> Option<Refused> {
        let found = self.observed.found.get(id)?;
        Some(Refused { code: Code::Refused, reason: not_a_run(&found.agent) })
    }

    pub(super) fn explain_observed(&self, id: &RunId) -> Option<Reply> {
        self.observed.facts(id).map(Reply::Facts)
    }
}

fn not_a_run(agent: &protocol::ObservedAgent) -> String {
    let place = agent.terminal.as_ref().map_or_else(String::new, |terminal| format!("; go to {terminal}"));
    format!("{}-{} was started by hand and is no run of pilothouse{place}", agent.agent, agent.pid)
}
