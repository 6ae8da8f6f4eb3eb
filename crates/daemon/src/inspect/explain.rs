//! Why a run is shown as it is: each fact with its source and age.

use std::path::Path;

use domain::attempt::AttemptKey;
use domain::{Body, Event, RunId, RunState, Timestamp, describe, figures};
use evidence::StateFolder;
use protocol::{Fact, Refused};
use supervisor::{Keeper, KeeperReply, KeeperRequest};
use worktrees::{FoundWorktree, Repository};

use super::state::broken;
use crate::clock::now;
use crate::perform::living;
use crate::places::DaemonPlaces;

struct FactList {
    facts: Vec<Fact>,
    now: Timestamp,
}

impl FactList {
    fn seen(&mut self, about: &str, source: impl Into<String>, says: impl Into<String>) {
        let at = Some(self.now);
        self.facts.push(Fact { about: about.to_owned(), says: says.into(), source: source.into(), at });
    }
}

pub(super) fn explain(places: &DaemonPlaces, run: &RunId) -> Result<Vec<Fact>, Refused> {
    let folder = StateFolder::open(&places.home).map_err(broken)?.run(run);
    let events = evidence::read(folder.path()).map_err(broken)?;
    let state = domain::fold::all(&events);
    let mut facts = FactList { facts: Vec::new(), now: now() };
    let row = protocol::row(&state, &protocol::Observations::default());
    let why = row.and_then(|row| row.reason.or(row.activity)).unwrap_or_default();
    facts.seen("status", "the timeline, folded", format!("{} {why}", state.status.word()).trim());
    if let Some(last) = events.iter().rev().find(|event| !describe::describe(event).minor) {
        let said = describe::describe(last);
        let says = format!("{} {}", said.word, said.line);
        let source = format!("timeline.jsonl, event {}", last.seq);
        facts.facts.push(Fact { about: "last event".to_owned(), says, source, at: Some(last.at) });
    }
    if let Some(spec) = &state.spec {
        facts.seen("policy", "timeline.jsonl, event 1", format!("{}{}", spec.policy.word(), held(&events)));
    }
    spend(&mut facts, &state);
    if let Some(attempt) = state.attempt().filter(|attempt| attempt.started) {
        let says = attempt.paid_by.clone().unwrap_or_else(|| domain::figures::UNKNOWN.to_owned());
        facts.seen("paid by", "settings and variables, when the agent was started", says);
    }
    for (id, effect) in &state.effects {
        facts.seen("under way", format!("timeline.jsonl, effect {id}"), format!("{effect:?}"));
    }
    if let Some(key) = state.attempt_key() {
        attempt(&mut facts, &folder.attempt(&key), &key, &state);
    }
    let alive = living(places, run).len();
    facts.seen("processes", "/proc: markers and control groups", format!("{alive} live"));
    tree(&mut facts, &state);
    Ok(facts.facts)
}

/// Tells whose figures a run's tokens and costs are, and what they come to.
fn spend(facts: &mut FactList, state: &RunState) {
    let sum = state.spent();
    let source = match (sum.reported, sum.calls) {
        (true, 0) => "the agent's own reports in timeline.jsonl",
        (true, _) => "calls.jsonl, and the agent's own reports in timeline.jsonl",
        (false, _) => "calls.jsonl, written by the gateway",
    };
    let cost = match sum.cost() {
        Some(usd) => format!("cost {usd}"),
        None if sum.unpriced >= sum.tokens.total() => "cost not known: none of them has a price".to_owned(),
        None => format!("cost {} beside {} tokens that have no price", sum.usd, figures::count(sum.unpriced)),
    };
    let may = match state.budget.is_none() {
        true => "no budget limits it".to_owned(),
        false => format!("may use {}", state.budget),
    };
    let over =
        state.over.as_ref().map_or_else(String::new, |over| format!("; {} budget: {}", over.of.word(), over.used));
    let says = format!("{} tokens in {} calls, {cost}; {may}{over}", sum.tokens.total(), sum.calls);
    if sum.tokens.total() > 0 || sum.calls > 0 {
        facts.seen("spend", source, says);
    }
}

/// Words by what the last attempt's writes are held inside; empty where nothing holds them.
fn held(events: &[Event]) -> String {
    let started = events.iter().rev().find_map(|event| match &event.body {
        Body::AttemptStarted(started) => Some(started),
        _ => None,
    });
    let by = started.and_then(|started| started.sandbox.as_ref());
    by.map_or_else(String::new, |by| format!("; its writes are held inside by {by}"))
}

fn attempt(facts: &mut FactList, folder: &Path, key: &AttemptKey, state: &RunState) {
    let source = format!("attempts/{key}");
    let exit = match supervisor::exit_record(folder) {
        Ok(Some(exit)) => exit.describe(),
        Ok(None) => match supervisor::keeper_record(folder) {
            Ok(None) => "no record, since nothing was started".to_owned(),
            _ => "no record: it has not ended, or its keeper died".to_owned(),
        },
        Err(error) => error.to_string(),
    };
    facts.seen("exit", format!("{source}/exit.json"), exit);
    match supervisor::keeper_record(folder) {
        Ok(Some(record)) => {
            let alive = if record.keeper.is_alive() { "lives" } else { "is gone" };
            let boot = if record.keeper.is_of_this_boot() { "" } else { ", of an earlier boot of the machine" };
            let says = format!("process {} {alive}{boot}", record.keeper.pid);
            facts.seen("keeper", format!("{source}/keeper.json and /proc"), says);
            if record.keeper.is_alive() {
                let says = match Keeper::new(&record).ask(&KeeperRequest::Status) {
                    Ok(KeeperReply::Status { agent_pid, frozen, stopping, .. }) => {
                        let agent = agent_pid.map_or_else(|| "has ended".to_owned(), |pid| format!("is process {pid}"));
                        let frozen = frozen.map_or_else(String::new, |frozen| format!("; {}", frozen.describe()));
                        format!("the agent {agent}{}{frozen}", if stopping { "; its tree is being ended" } else { "" })
                    }
                    Ok(_) => "gave another answer than was asked for".to_owned(),
                    Err(error) => error.to_string(),
                };
                facts.seen("keeper says", record.socket.display().to_string(), says);
            }
        }
        Ok(None) => facts.seen("keeper", format!("{source}/keeper.json"), "none was started"),
        Err(error) => facts.seen("keeper", format!("{source}/keeper.json"), error.to_string()),
    }
    if let Some(session) = state.attempt().and_then(|a| a.session.clone()) {
        facts.seen("session", "the agent's own output", session);
    }
}

fn tree(facts: &mut FactList, state: &RunState) {
    let Some(spec) = &state.spec else { return };
    let found = Repository::at(Path::new(&spec.repo)).and_then(|repo| {
        let found = repo.worktree_of(spec.id.as_str())?;
        let says = match found {
            FoundWorktree::There(w) => {
                let dirt = repo.dirt(&w.path)?;
                let on = w.branch.unwrap_or_else(|| "no branch".to_owned());
                format!("{} on {on}, {} changed, {} untracked", w.path.display(), dirt.changed, dirt.untracked)
            }
            FoundWorktree::Vanished(w) => format!("{} is gone; git still knows it", w.path.display()),
            FoundWorktree::Unknown if state.removed => "was removed; restore brings it back".to_owned(),
            FoundWorktree::Unknown => "git knows of none that carries this run's lock".to_owned(),
        };
        Ok(says)
    });
    facts.seen("worktree", "git", found.unwrap_or_else(|error| error.to_string()));
}
