//! Looking for external agents: when, for whom, and what is done with them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use domain::RunId;
use domain::command::Command;
use domain::effect::Outcome;
use protocol::{Code, Refused, Reply, Request};

use super::Dispatcher;
use super::external_agents::{names, not_a_run};
use crate::external_agents::{ExternalAgent, Wanted};
use crate::input::{FaceId, Input};

/// Most time that a request waits for a look.
const PATIENCE: Duration = Duration::from_secs(2);
/// Age up to which the last look is good enough for a request.
const FRESH: Duration = Duration::from_secs(1);
/// Least time between two looks at what changes all the time.
const APART: Duration = Duration::from_millis(250);
/// Length of an attempt's first moments, in which its agent will say where it tells what it does.
const FIRST: Duration = Duration::from_secs(10);
/// Time between two regular looks in an attempt's first moments.
const SOON: Duration = Duration::from_millis(500);
/// Time between two regular looks else, while someone watches or an agent tells in its own files what it does.
const EVERY: Duration = Duration::from_secs(3);
impl Dispatcher {
    /// Has a request wait for a look that it needs; returns it when it needs none: what is known of agents started by
    /// hand may be old, what is known of runs is not.
    pub(super) fn after_a_look(
        &mut self,
        face: FaceId,
        id: u64,
        request: Request,
        repo: Option<&str>,
    ) -> Option<Request> {
        let Some(named) = names(&request) else { return Some(request) };
        let fresh = self.external_agents.looked.as_ref().is_some_and(|(at, repositories)| {
            at.elapsed() < FRESH && repo.is_none_or(|repo| repositories.contains(repo))
        });
        let is_run = |run: &String| self.find(run, repo).is_ok_and(|run| self.runs.contains(&run));
        if fresh || (!named.is_empty() && named.iter().all(is_run)) {
            return Some(request);
        }
        self.external_agents.last_ticket += 1;
        let (ticket, repo) = (self.external_agents.last_ticket, repo.map(str::to_owned));
        self.external_agents.waiting.insert(ticket, (face, id, request, repo.clone()));
        // Whatever holds up the look, what is known is told.
        self.performer.later(PATIENCE, Input::Waited { ticket });
        self.look_around(repo, Some(Input::Waited { ticket }));
        None
    }

    /// Answers a request whose look is done, or takes too long.
    pub(super) fn answer_waiting(&mut self, ticket: u64) {
        if let Some((face, id, request, repo)) = self.external_agents.waiting.remove(&ticket) {
            self.answer_request(face, id, request, repo.as_deref());
        }
    }

    fn look_around(&mut self, also: Option<String>, then: Option<Input>) {
        let known = self.runs.repositories();
        // One that is shown stays for as long as it lives, whoever asked for it.
        let shown = self.external_agents.found.values().map(|found| found.agent.repo.clone());
        let repositories = known.into_iter().chain(self.faces.repositories()).chain(shown).chain(also).collect();
        self.begin_look(Wanted { repositories, working: self.telling() }, then);
    }

    fn begin_look(&mut self, wanted: Wanted, then: Option<Input>) {
        self.watcher.looked_at_sessions();
        (self.external_agents.under_way, self.external_agents.due) = (true, false);
        self.external_agents.begun = Some(Instant::now());
        if let Some(then) = self.external_agent_watch.look(wanted, then) {
            self.later(then);
        }
    }

    pub(super) fn look_done(&mut self) {
        self.external_agents.under_way = false;
        if self.external_agents.due {
            self.performer.later(APART, Input::LookNow);
        }
    }

    /// Has looks come more often for a while: an attempt has begun, whose agent will soon say where it tells what it
    /// does.
    pub(super) fn first_moments(&mut self) {
        self.external_agents.soon_until = Some(Instant::now() + FIRST);
        self.watch_observed();
    }

    /// Looks now and then for as long as someone watches, or an agent tells in its own files what it does.
    pub(super) fn watch_observed(&mut self) {
        if !self.external_agents.asked && (self.faces.any_watches() || !self.telling().is_empty()) {
            self.external_agents.asked = true;
            let soon = self.external_agents.soon_until.is_some_and(|until| until > Instant::now());
            self.performer.later(if soon { SOON } else { EVERY }, Input::LookAround);
        }
    }

    pub(super) fn look_again(&mut self) {
        self.external_agents.asked = false;
        self.sessions_changed();
        self.watch_observed();
    }

    /// Has a look begun at once, or when the look before is done and some time has passed: files may change all the
    /// time.
    pub(super) fn sessions_changed(&mut self) {
        if std::mem::replace(&mut self.external_agents.due, true) {
            return;
        }
        let wait = self.external_agents.begun.map_or(Duration::ZERO, |begun| APART.saturating_sub(begun.elapsed()));
        if !self.external_agents.under_way && wait.is_zero() {
            self.look_now();
        } else if !self.external_agents.under_way {
            self.performer.later(wait, Input::LookNow);
        }
    }

    /// Begins the look that is due; where nobody watches, at runs alone.
    pub(super) fn look_now(&mut self) {
        if !self.external_agents.due {
            return;
        }
        if self.faces.any_watches() {
            self.look_around(None, None);
        } else {
            let wanted = Wanted { working: self.telling(), ..Wanted::default() };
            self.begin_look(wanted, None);
        }
    }

    pub(super) fn take_up_observed(&mut self, found: Vec<ExternalAgent>, repositories: BTreeSet<String>) {
        self.external_agents.looked = Some((Instant::now(), repositories));
        let known = found.into_iter().filter(|found| !self.runs.contains(&found.agent.id));
        let mut known: BTreeMap<RunId, ExternalAgent> = known.map(|found| (found.agent.id.clone(), found)).collect();
        self.external_agents.loads.retain(|id, _| known.contains_key(id));
        for (id, (cpu, rss_bytes)) in &self.external_agents.loads {
            if let Some(found) = known.get_mut(id) {
                (found.agent.cpu, found.agent.rss_bytes) = (*cpu, Some(*rss_bytes));
            }
        }
        self.external_agents.found = known;
        self.show_observed();
    }

    /// Tells clients that watch of external agents, as far as it is something else than they were told.
    pub(super) fn show_observed(&mut self) {
        let rows = self.external_agents.rows(None);
        self.faces.observed(&rows);
    }

    /// Does something with the processes of an external agent; the reply waits until it is done and seen.
    pub(super) fn act_on_observed(&mut self, face: FaceId, id: u64, run: &RunId, command: &Command, yes: bool) {
        let Some(found) = self.external_agents.found.get(run) else { return };
        let name = protocol::observed(&found.agent).name;
        let mut acted =
            protocol::Acted { run: run.to_string(), name: Some(name), code: Code::Done, reason: None, note: None };
        let does = matches!(command, Command::Pause | Command::Resume { .. } | Command::Terminate { .. });
        let busy = self.external_agents.is_acting(run);
        if does && !busy && yes {
            self.performer.act_on_tree(run.clone(), found.root.clone(), command.clone());
            self.external_agents.acting.insert(run.clone());
            return self.pending.add(face, id, acted, Some(run.clone()));
        }
        acted.code = Code::Refused;
        acted.reason = Some(match (busy, does) {
            (true, _) => "something is being done with it already".to_owned(),
            (false, true) => "it was started by hand, and nobody said yes to that; say --yes".to_owned(),
            (false, false) => format!("{}; it can be paused, resumed and terminated", not_a_run(&found.agent)),
        });
        self.pending.add(face, id, acted, None);
    }

    /// Takes up what came of acting on an external agent; the reply waits on until a new look has seen it.
    pub(super) fn acted_on_tree(&mut self, run: RunId, outcome: &Outcome, note: Option<&str>) {
        self.pending.heard(&run, outcome, note);
        self.look_around(None, Some(Input::TreeSeen { run }));
    }

    pub(super) fn tree_seen(&mut self, run: &RunId) {
        self.external_agents.acting.remove(run);
    }

    /// Refuses a request that is only for runs where the id is an external agent's; `None` where it is not.
    pub(super) fn no_run(&self, id: &RunId) -> Option<Refused> {
        let found = self.external_agents.found.get(id)?;
        Some(Refused { code: Code::Refused, reason: not_a_run(&found.agent) })
    }

    pub(super) fn explain_observed(&self, id: &RunId) -> Option<Reply> {
        self.external_agents.facts(id).map(Reply::Facts)
    }
}
