//! What the gateway measured becomes events; what was used is held against the budgets of day and repository.

use std::time::Duration;

use domain::attempt::{AttemptKey, AttemptState};
use domain::effect::Effect;
use domain::event::BudgetReached;
use domain::spend::{Spent, Sum};
use domain::{Body, RunId, Source, fold};
use gateway::{CallLog, Limits};
use protocol::{Row, SpendReply, SpendRow};

use super::Dispatcher;
use crate::clock::now;
use crate::input::Input;

/// Time between two looks at a file that can't be watched, or for the end of a call.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Dispatcher {
    /// Begins to listen for calls of a run, where the gateway stood before any of its attempts; also of one that is over,
    /// since the last calls are told after that.
    pub(super) fn follow_calls(&mut self, run: &RunId) {
        let Some(open) = self.runs.open_mut(run) else { return };
        if !open.state.phases.iter().flat_map(|phase| &phase.attempts).any(|known| known.metered) {
            return;
        }
        open.calls = true;
        let watched = CallLog::of(open.folder.path()).make().map_err(|e| e.to_string());
        let watched = watched.and_then(|file| self.watcher.add_calls(&file, run).map_err(|e| e.to_string()));
        if let Err(error) = &watched {
            tracing::error!(%run, error, "its calls can't be watched, so they are looked at once a second");
        }
        if let Some(open) = self.runs.open_mut(run) {
            open.calls_unwatched = watched.is_err();
        }
        self.later(Input::Called { run: run.clone() });
    }

    /// Looks at a run's calls again, since the wait for that is over.
    pub(super) fn calls_due(&mut self, run: &RunId) {
        if let Some(open) = self.runs.open_mut(run) {
            open.calls_due = false;
        }
        self.called(run);
    }

    /// Has a run's calls looked at again in a while, once.
    fn look_at_calls_later(&mut self, run: &RunId) {
        let waits = self.runs.open_mut(run).is_none_or(|open| std::mem::replace(&mut open.calls_due, true));
        if !waits {
            self.performer.later(LOOK_EVERY, Input::CallsDue { run: run.clone() });
        }
    }

    /// Takes up the calls of a run that ended; returns `false` when they could not be written down.
    pub(super) fn called(&mut self, run: &RunId) -> bool {
        let Some(open) = self.runs.open_ref(run).filter(|open| open.calls) else { return true };
        let folder = open.folder.path().to_owned();
        self.watcher.looked(&folder.join(fold::CALLS));
        let plain = match evidence::open_plain(&folder.join(fold::CALLS)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        let read = match plain.and_then(|()| gateway::read(&folder, open.state.calls_to)) {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(%run, %error, "its calls can't be read");
                return true;
            }
        };
        let mut batch: Vec<(Option<AttemptKey>, Body)> = Vec::new();
        let told = open.state.over.is_some() || open.state.status.is_settled();
        for (attempt, call) in read.ended {
            let over =
                call.over.clone().filter(|_| !told && !batch.iter().any(|(_, b)| matches!(b, Body::BudgetReached(_))));
            batch.extend(over.map(|over| (Some(attempt.clone()), over.into())));
            batch.push((Some(attempt), call.into()));
        }
        let src = Source { file: fold::CALLS.to_owned(), to: Some(read.to) };
        if self.append(run, batch, Some(&src)).is_err() {
            self.hold(Input::Called { run: run.clone() });
            return false;
        }
        self.calls_end(run);
        if self.runs.open_ref(run).is_some_and(|open| open.calls && open.calls_unwatched) {
            self.look_at_calls_later(run);
        }
        true
    }

    /// Stops listening to a run whose attempt is over when the last of its calls has ended; looks again later until
    /// then.
    fn calls_end(&mut self, run: &RunId) {
        let Some(open) = self.runs.open_mut(run).filter(|open| open.calls && !open.state.is_live()) else { return };
        let file = open.folder.path().join(fold::CALLS);
        let left = gateway::open_calls(open.folder.path()).unwrap_or(0);
        // No gateway looks at what is older.
        let written = std::fs::metadata(&file).and_then(|meta| meta.modified());
        let known = written.is_ok_and(|at| at.elapsed().is_ok_and(|ago| ago < gateway::LOOKED_THROUGH));
        if left > 0 && known {
            // Where no gateway serves, the next one says how they ended.
            let serves = gateway::is_serving(&self.places.home);
            if !serves {
                self.performer.end_calls();
            }
            return self.look_at_calls_later(run);
        }
        open.calls = false;
        self.watcher.remove(&file);
        self.turn.changed.insert(run.clone());
    }

    /// Takes back all passes of a run: from now on nothing is forwarded for it.
    pub(super) fn take_back_passes(&mut self, run: &RunId) {
        self.performer.gateway.passes.take_back(run.as_str());
    }

    /// Takes back the pass of an attempt: from now on nothing is forwarded for it. A later attempt keeps its own.
    pub(super) fn take_back_pass(&mut self, run: &RunId, attempt: &AttemptKey) {
        self.performer.gateway.passes.take_back_of(run.as_str(), attempt);
    }

    /// Returns the budgets that the gateway holds a run's calls against.
    pub(super) fn limits(&mut self, run: &RunId) -> Limits {
        let day = self.day.budget(now());
        let Some(open) = self.runs.open_ref(run) else { return Limits::default() };
        let state = &open.state;
        let beside = state.spend.iter().filter(|spent| !spent.metered).collect::<Sum>().used();
        Limits {
            run: state.budget,
            beside,
            repository: state.spec.as_ref().map(|spec| spec.repository_budget).unwrap_or_default(),
            day,
            alone: state.budget_alone,
        }
    }

    /// Has the gateway go by what a run may use now.
    pub(super) fn tell_limits(&mut self, run: &RunId) {
        let limits = self.limits(run);
        self.performer.gateway.passes.change(run.as_str(), |pass| pass.limits = limits);
    }

    /// Returns the budget of day or repository that is used up, so that this run may not go on.
    pub(super) fn shared_budget_reached(&mut self, run: &RunId) -> Option<BudgetReached> {
        let open = self.runs.open_ref(run)?;
        let spec = open.state.spec.as_ref().filter(|_| !open.state.budget_alone)?;
        self.day.reached(now(), &spec.repo, spec.repository_budget)
    }

    /// Stops a run that has something left to do when the budget of its day or repository is used up.
    pub(super) fn hold_for_others(&mut self, run: &RunId) {
        let Some(over) = self.shared_budget_reached(run) else { return };
        let Some(open) = self.runs.open_ref(run) else { return };
        let state = &open.state;
        let asked = state.over.is_some() || state.status.is_settled() || state.ending.is_some() || state.is_held();
        if asked || state.attempt().is_some_and(|attempt| attempt.is_live() && attempt.result.is_some()) {
            return;
        }
        let batch = vec![(state.attempt_key(), over.into())];
        if self.append(run, batch, None).is_err() {
            self.stick(run);
        }
    }

    /// Has every run looked at again when what all of them used has reached a budget.
    pub(super) fn spent(&mut self, run: &RunId, more: &Sum) {
        let Some(spec) = self.runs.open_ref(run).and_then(|open| open.state.spec.as_ref()) else { return };
        let (repo, budget) = (spec.repo.clone(), spec.repository_budget);
        self.day.add(now(), &repo, more);
        if self.day.has_changed() {
            self.runs.open_ids().iter().for_each(|run| self.tell_limits(run));
        }
        if let Some(warning) = self.day.warning(&repo, budget) {
            let key = self.runs.open_ref(run).and_then(|open| open.state.attempt_key());
            // It is a courtesy, and the next one to use something is told otherwise.
            let _told = self.append(run, vec![(key, warning.into())], None);
        }
        if self.day.reached(now(), &repo, budget).is_some() {
            self.turn.changed.extend(self.runs.open_ids());
        }
        self.turn.spent = true;
    }

    /// Prices the usage that an agent reports of itself; where the gateway measures, the report is only kept.
    pub(super) fn with_costs(&mut self, run: &RunId, attempt: &AttemptKey, mut events: Vec<Body>) -> Vec<Body> {
        let Some(state) = self.runs.open_ref(run).map(|open| &open.state) else { return events };
        if state.attempt_named(attempt).is_some_and(|known| known.metered) {
            return events;
        }
        let asked = state.agent_of(&attempt.phase).and_then(|(_, model)| model.map(str::to_owned));
        let mut model = state.model.clone().or(asked);
        for body in &mut events {
            match body {
                Body::AgentSession(named) if named.model.is_some() => model.clone_from(&named.model),
                Body::UsageReported(usage) => {
                    let price = |model: &String| self.prices.cost(model, now(), &usage.tokens, usage.cache_write_1h);
                    usage.cost_usd = usage.model.as_ref().or(model.as_ref()).and_then(price);
                }
                _ => {}
            }
        }
        events
    }

    /// Takes back the passes that an earlier daemon gave to attempts that are over.
    pub(super) fn sweep_passes(&mut self) {
        let live = |run: &str, attempt: &AttemptKey| {
            let run = RunId::parse(run);
            // Of a run that can't be read it is not known whether it is over.
            if run.as_ref().is_some_and(|run| self.runs.is_unknown(run)) {
                return true;
            }
            let open = run.and_then(|run| self.runs.open_ref(&run));
            open.is_some_and(|open| {
                let state = &open.state;
                let starts = |e: &Effect| matches!(e, Effect::StartAttempt(starts) if starts == attempt);
                let lives = state.attempt_named(attempt).is_some_and(AttemptState::is_live);
                (lives || state.effects.values().any(starts)) && state.ending.is_none()
            })
        };
        self.performer.gateway.passes.sweep(live);
    }

    /// Tells clients that watch what was used today.
    pub(super) fn tell_today(&mut self) {
        let today = self.day.today(now());
        self.faces.today(today);
    }

    /// Returns what every run of the repository used, and the budget of the day; `None` stands for all repositories.
    pub(super) fn spend(&mut self, repo: Option<&str>) -> SpendReply {
        let day = self.day.budget(now());
        let of_repo = self.runs.spend().filter(|(row, _)| repo.is_none_or(|repo| row.repo == repo));
        let row = |(row, spend): (&Row, &[Spent])| SpendRow {
            run: row.id.clone(),
            name: row.name.clone(),
            repo: row.repo.clone(),
            spend: spend.to_vec(),
        };
        SpendReply { runs: of_repo.map(row).collect(), day }
    }
}
