//! Runs whose agents tell in their own files what their output does not say: that becomes events.

use std::time::Duration;

use domain::attempt::AttemptKey;
use domain::{Body, RunId};
use transcripts::Seen;

use agents::Agent;
use agents::observed::{Traces, news};

use super::{Dispatcher, now};
use crate::input::Input;
use crate::observer::{Wanted, Working};

/// Milliseconds between the moment at which an agent says that it waits and that at which its transcript says what for.
const SETTLES_MS: u64 = 300;

impl Dispatcher {
    /// The runs whose agents do so.
    pub(super) fn telling(&self) -> Vec<Working> {
        let open = self.runs.open_ids().into_iter();
        open.filter_map(|run| self.tells(&run)).collect()
    }

    /// Of most agents that is only when they work in a terminal of their own.
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
        let (folder, since) = (open.folder.attempt(&attempt), state.created_at?);
        Some(Working { run: run.clone(), attempt, agent, pid: known.pid?, folder, since })
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
        let Some(working) = self.tells(run).filter(|working| working.attempt == *attempt) else { return false };
        let Some(open) = self.runs.open_mut(run) else { return false };
        if open.asked_once_more.replace(attempt.clone()).as_ref() == Some(attempt) {
            return false;
        }
        let then = Input::Woken { run: run.clone(), attempt: attempt.clone() };
        self.observer.look(Wanted { working: vec![working], ..Wanted::default() }, Some(then));
        true
    }
}
