//! Runs whose agents tell in their own files what their output does not say: that becomes events.

use std::time::Duration;

use domain::attempt::AttemptKey;
use domain::{Body, RunId, Timestamp};
use transcripts::Seen;

use agents::Agent;
use agents::traces::{Traces, is_unheard, news};

use super::Dispatcher;
use crate::clock::now;
use crate::external_agents::{Wanted, Working};
use crate::input::Input;

/// Milliseconds between the moment at which an agent says that it waits and that at which its transcript says what for.
const SETTLES_MS: i64 = 300;

/// Milliseconds after which an agent in a terminal has said something of itself, unless it asks its person first.
const LATE_MS: u64 = 15_000;

impl Dispatcher {
    /// Returns the runs whose agents tell of themselves in their own files.
    pub(super) fn telling(&self) -> Vec<Working> {
        let open = self.runs.open_ids().into_iter();
        open.filter_map(|run| self.tells(&run)).collect()
    }

    /// Returns the run when its agent tells of itself in its own files. Most agents do only in a terminal of their own.
    fn tells(&self, run: &RunId) -> Option<Working> {
        let open = self.runs.open_ref(run)?;
        let state = &open.state;
        let interactive = state.spec.as_ref().is_some_and(|spec| spec.interactive);
        let attempt = state.attempt_key()?;
        let known = state.attempt_named(&attempt).filter(|known| known.is_live())?;
        let (name, _) = state.agent_of(&attempt.phase)?;
        let wanted = |agent: &&Agent| match agent.traces {
            Traces::None => false,
            Traces::Gemini => true,
            Traces::Claude | Traces::Codex => interactive,
        };
        let agent = agents::find(name).filter(wanted)?;
        let folder = open.folder.attempt(&attempt);
        Some(Working { run: run.clone(), attempt, agent, pid: known.pid?, folder, last: false })
    }

    /// Takes up what the agent of an attempt told in its own files.
    pub(super) fn told(&mut self, run: &RunId, attempt: &AttemptKey, seen: &Seen, last: bool) {
        if let Some(open) = self.runs.open_mut(run).filter(|_| last) {
            open.told_all = Some(attempt.clone());
        }
        if let Some(folder) = seen.says.as_deref().and_then(std::path::Path::parent)
            && let Err(error) = self.watcher.add_sessions(folder)
        {
            tracing::debug!(%error, "sessions are looked at every few seconds");
        }
        let Some(open) = self.runs.open_mut(run) else { return };
        if !open.state.attempt_named(attempt).is_some_and(|known| known.is_live()) {
            return;
        }
        if open.stream.is_none() {
            open.open_stream(attempt);
        }
        let Some((_, stream)) = open.stream.as_ref().filter(|(key, _)| key == attempt) else { return };
        let interactive = open.state.spec.as_ref().is_some_and(|spec| spec.interactive);
        let agent = open.state.agent_of(&attempt.phase).and_then(|(name, _)| agents::find(name));
        let names_it = agent.is_some_and(|agent| matches!(agent.traces, Traces::Claude | Traces::Codex));
        let late = interactive
            && names_it
            && !last
            && is_unheard(stream.session(), &seen.told)
            && open.state.last_event_at.is_some_and(|at| now().since(at) >= LATE_MS);
        if open.told.as_ref() == Some(seen) && !late {
            return;
        }
        let settles = |since: Timestamp| (0..SETTLES_MS).contains(&(now().as_millis() - since.as_millis()));
        let vague = seen.told.is_vague() && seen.told.since.is_some_and(settles);
        let events: Vec<Body> = news(stream.session(), &seen.told, open.state.created_at, vague, late);
        let events = self.with_costs(run, attempt, events);
        let batch = events.into_iter().map(|body| (Some(attempt.clone()), body)).collect();
        if self.append(run, batch, None).is_err() {
            // It is told again at the next look.
            return tracing::warn!(%run, "what its agent told could not be written down");
        }
        if vague {
            self.performer.later(Duration::from_millis(SETTLES_MS.cast_unsigned()), Input::SessionsChanged);
        } else if let Some(open) = self.runs.open_mut(run) {
            open.told = Some(seen.clone());
        }
    }

    /// Has the transcripts of an agent that has ended read once more, and `then` handled after that, before its end is
    /// told; returns `then` when that was done already, or there is nothing to read.
    pub(super) fn after_last_words(&mut self, run: &RunId, attempt: &AttemptKey, then: Input) -> Option<Input> {
        let Some(mut working) = self.tells(run).filter(|working| working.attempt == *attempt) else {
            return Some(then);
        };
        if self.runs.open_ref(run).is_none_or(|open| open.told_all.as_ref() == Some(attempt)) {
            return Some(then);
        }
        // Several may wait for that, each behind a look of its own.
        working.last = true;
        self.external_agent_watch.look(Wanted { working: vec![working], ..Wanted::default() }, Some(then))
    }
}
