//! Runs whose agents work in terminals of their own: what these tell in their own files becomes events.

use std::time::Duration;

use domain::attempt::AttemptKey;
use domain::{Body, RunId};
use transcripts::Seen;

use agents::observed::{Traces, news};

use super::{Dispatcher, now};
use crate::input::Input;
use crate::observer::{Terminal, Wanted};

/// Milliseconds between the moment at which an agent says that it waits and that at which its transcript says what for.
const SETTLES_MS: u64 = 300;

impl Dispatcher {
    /// The terminals whose agents tell anything.
    pub(super) fn terminals(&self) -> Vec<Terminal> {
        let open = self.runs.open_ids().into_iter();
        open.filter_map(|run| self.terminal(&run)).collect()
    }

    fn terminal(&self, run: &RunId) -> Option<Terminal> {
        let state = &self.runs.open_ref(run)?.state;
        let attempt = state.attempt_key().filter(|_| state.spec.as_ref().is_some_and(|spec| spec.interactive))?;
        let known = state.attempt_named(&attempt).filter(|known| known.is_live())?;
        let (name, _) = state.agent_of(&attempt.phase)?;
        let agent = agents::find(name).filter(|agent| agent.traces != Traces::None)?;
        Some(Terminal { run: run.clone(), attempt, agent, pid: known.pid? })
    }

    /// Whether the agent has said where it tells what it does.
    pub(super) fn has_told(&self, run: &RunId) -> bool {
        let attempt = self.runs.open_ref(run).and_then(|open| open.state.attempt());
        attempt.is_some_and(|attempt| attempt.session.is_some())
    }

    /// Takes up what is new in it.
    pub(super) fn told(&mut self, run: &RunId, attempt: &AttemptKey, seen: &Seen) {
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
        let mut told = seen.told.clone();
        if told.is_vague() && told.since.is_some_and(|since| now().since(since) < SETTLES_MS) {
            told.doing = None;
            self.performer.later(Duration::from_millis(SETTLES_MS), Input::SessionsChanged);
        }
        let events: Vec<Body> = news(stream.session(), &told);
        let batch = events.into_iter().map(|body| (Some(attempt.clone()), body)).collect();
        if self.append(run, batch, None).is_err() {
            // It is told again at the next look.
            tracing::warn!(%run, "what its agent told could not be written down");
        }
    }

    /// Has the transcripts of an agent that has ended read once more before its end is told; gives whether that was begun.
    pub(super) fn asks_once_more(&mut self, run: &RunId, attempt: &AttemptKey) -> bool {
        let Some(terminal) = self.terminal(run).filter(|terminal| terminal.attempt == *attempt) else { return false };
        let Some(open) = self.runs.open_mut(run) else { return false };
        if open.asked_once_more.replace(attempt.clone()).as_ref() == Some(attempt) {
            return false;
        }
        let then = Input::Woken { run: run.clone(), attempt: attempt.clone() };
        self.observer.look(Wanted { terminals: vec![terminal], ..Wanted::default() }, Some(then));
        true
    }
}
