//! An attempt as its agent works: its output becomes events, its end becomes the run's next step.

use domain::attempt::AttemptKey;
use domain::decide::{self, Facts};
use domain::effect::{Effect, Outcome};
use domain::event::{AgentFinished, AttemptFinished, Lost, Note, WaitingEnded};
use domain::{Body, RunId, RunState, Source};

use super::open::dialect;
use super::{Dispatcher, act, last_words};
use crate::input::{Input, Survived};

/// Time between two looks at output that can't be watched.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// Whether the program of an attempt can't be told which session to go on in: a person's own one whose dialect says that
/// on the command line.
fn forgets(state: &RunState, attempt: &AttemptKey) -> bool {
    let own = state.agent_of(&attempt.phase).is_some_and(|(name, _)| agents::find(name).is_none());
    own && dialect(state, attempt) == Some(agents::Dialect::ClaudeStream)
}

impl Dispatcher {
    /// Begins to read an attempt's output and to listen for its growth.
    pub(super) fn follow(&mut self, run: &RunId, attempt: &AttemptKey) {
        let Some(open) = self.runs.open_mut(run) else { return };
        open.told = None;
        open.open_stream(attempt);
        let folder = open.folder.attempt(attempt);
        let watched = self.watcher.add(&folder, run, attempt);
        if let Err(error) = &watched {
            tracing::error!(%run, %error, "its output can't be watched, so it is looked at once a second");
        }
        if let Some(open) = self.runs.open_mut(run) {
            open.unwatched = watched.is_err();
        }
        self.later(Input::Woken { run: run.clone(), attempt: attempt.clone() });
        self.follow_calls(run);
        self.first_moments();
    }

    /// Takes up the new output of an attempt, and its exit record when there is one.
    pub(super) fn look(&mut self, run: &RunId, attempt: &AttemptKey) {
        let Some(open) = self.runs.open_ref(run) else { return };
        // What is being started is told as started first; then it is looked at again.
        if open.state.effects.values().any(|effect| matches!(effect, Effect::StartAttempt(key) if key == attempt)) {
            return;
        }
        let folder = open.folder.attempt(attempt);
        self.watcher.looked(&folder);
        // The record is looked for first: output that came before it is then sure to be read.
        let exit = supervisor::exit_record(&folder).unwrap_or_else(|error| {
            tracing::error!(%run, %error, "the exit record can't be read");
            None
        });
        match self.read_stream(run, attempt, exit.is_some()) {
            StreamRead::All => {}
            StreamRead::More => return self.later(Input::Woken { run: run.clone(), attempt: attempt.clone() }),
            StreamRead::Failed => return self.hold(Input::Woken { run: run.clone(), attempt: attempt.clone() }),
        }
        let Some(mut exit) = exit else {
            if self.runs.open_ref(run).is_some_and(|open| open.unwatched) {
                self.performer.later(LOOK_EVERY, Input::Woken { run: run.clone(), attempt: attempt.clone() });
            }
            return;
        };
        let again = Input::Woken { run: run.clone(), attempt: attempt.clone() };
        if self.after_last_words(run, attempt, again).is_none() {
            return;
        }
        // What it used comes before its end. Word of an end may come twice, and the next attempt has begun by then.
        self.take_back_pass(run, attempt);
        if !self.called(run) {
            return self.hold(Input::Woken { run: run.clone(), attempt: attempt.clone() });
        }
        self.watcher.remove(&folder);
        let live = self.runs.open_ref(run).and_then(|o| o.state.attempt_named(attempt)).is_some_and(|a| a.is_live());
        if live {
            if !self.runs.open_ref(run).is_some_and(|open| open.has_result(attempt)) {
                exit.last_words = last_words::of(&folder.join(protocol::OutputFile::Stderr.name()));
            }
            let mut batch = vec![(Some(attempt.clone()), AttemptFinished { exit: exit.clone() }.into())];
            if self.runs.open_ref(run).and_then(|o| o.state.spec.as_ref()).is_some_and(|spec| spec.interactive) {
                // Nothing is written down in a terminal, so how the agent ended is all there is to go by.
                let ok = exit.code == Some(0) && exit.signal.is_none();
                let text = format!("its terminal was closed ({})", exit.describe());
                batch.insert(0, (Some(attempt.clone()), AgentFinished { ok, text }.into()));
                let question = self.runs.open_ref(run).and_then(|open| open.state.question.as_ref());
                let ended = question.map(|q| WaitingEnded { id: q.id.clone(), how: "the agent ended".to_owned() });
                batch.splice(0..0, ended.map(|ended| (Some(attempt.clone()), ended.into())));
            } else {
                let said = self.runs.open_ref(run).map(|open| open.said_at_end(attempt, &exit)).unwrap_or_default();
                let said = self.with_costs(run, attempt, said);
                batch = said.into_iter().map(|body| (Some(attempt.clone()), body)).chain(batch).collect();
            }
            if self.append(run, batch, None).is_err() {
                return self.hold(Input::Woken { run: run.clone(), attempt: attempt.clone() });
            }
        }
        self.later(Input::Called { run: run.clone() });
        let Some(open) = self.runs.open_mut(run) else { return };
        open.stream = None;
        // Where leftovers are committed or the run is ended next, that step measures when it is done.
        let succeeded = open.state.attempt_named(attempt).is_some_and(|a| a.verdict() == Some(Ok(())));
        if !succeeded && open.state.ending.is_none() {
            self.measure(run, true);
        }
    }

    fn read_stream(&mut self, run: &RunId, attempt: &AttemptKey, last: bool) -> StreamRead {
        let Some(open) = self.runs.open_mut(run) else { return StreamRead::All };
        if open.stream.is_none() && open.state.attempt_named(attempt).is_some_and(|a| a.is_live()) {
            open.open_stream(attempt);
        }
        let Some((_, stream)) = open.stream.as_mut().filter(|(key, _)| key == attempt) else { return StreamRead::All };
        let taken = match stream.take(last) {
            Ok(taken) => taken,
            Err(error) => {
                tracing::error!(%run, %error, "its output can't be read");
                return StreamRead::All;
            }
        };
        let more = taken.more;
        let worked = taken.events.iter().any(|e| matches!(e, Body::ToolReturned(_)));
        let mut events = self.with_costs(run, attempt, taken.events);
        if self.runs.open_ref(run).is_some_and(|open| forgets(&open.state, attempt)) {
            for body in &mut events {
                if let Body::AgentSession(named) = body {
                    named.only_here = true;
                }
            }
        }
        let batch = events.into_iter().map(|body| (Some(attempt.clone()), body)).collect();
        let src = Source { file: "stdout".to_owned(), to: Some(taken.to) };
        if self.append(run, batch, Some(&src)).is_err() {
            // Nothing was written down, so the next reader begins where the timeline stands.
            if let Some(open) = self.runs.open_mut(run) {
                open.stream = None;
            }
            return StreamRead::Failed;
        }
        if worked {
            self.measure(run, false);
        }
        if more { StreamRead::More } else { StreamRead::All }
    }

    pub(super) fn effect_done(&mut self, mut input: Input) {
        let Input::EffectDone { run, id, outcome, .. } = &input else { return };
        let effect = self.runs.open_ref(run).and_then(|open| open.state.effects.get(id).cloned());
        let Some(effect) = effect else { return };
        if let Effect::StopAttempt { attempt, .. } = &effect
            && *outcome == Outcome::Done
            && matches!(self.read_stream(run, attempt, true), StreamRead::More | StreamRead::Failed)
        {
            // What the agent wrote last comes before its end.
            return self.hold(input);
        }
        if let Effect::StopAttempt { attempt, .. } = &effect
            && *outcome == Outcome::Done
        {
            let (run, attempt) = (run.clone(), attempt.clone());
            let Some(again) = self.after_last_words(&run, &attempt, input) else { return };
            input = again;
        }
        let Input::EffectDone { run, id, outcome, facts, released } = &input else { return };
        let Some(open) = self.runs.open_ref(run) else { return };
        let mut decision = decide::finished(&open.state, *id, outcome.clone(), facts.clone());
        if !released.is_empty() {
            let text = format!("a git that was killed had left {}; taken away", released.join(" and "));
            decision.events.insert(0, (open.state.attempt_key(), Note { text }.into()));
        }
        if self.take(run, decision).is_err() {
            return self.hold(input);
        }
        let note = self.runs.open_ref(run).and_then(|open| act::note(&effect, facts, &open.state));
        match act::left(&effect, outcome) {
            Some(left) => self.pending.heard(run, &Outcome::Done, Some(&left)),
            None if matches!(effect, Effect::WriteProof { .. }) => self.pending.heard_of_proof(run, outcome),
            None => self.pending.heard(run, outcome, note.as_deref()),
        }
        match (&effect, facts) {
            (Effect::StartAttempt(attempt), Facts::Started { .. }) => {
                self.follow(run, attempt);
                self.measure(run, true);
                self.sample_soon();
            }
            (Effect::StartAttempt(attempt), _) => self.take_back_pass(run, attempt),
            (Effect::StopAttempt { attempt, .. }, _) => self.forget_stream(run, attempt),
            (Effect::CommitLeftovers { .. } | Effect::RestoreCheckpoint { .. } | Effect::RestoreWorktree { .. }, _) => {
                self.measure(run, true);
            }
            // Somebody may have worked there since the run was over.
            (Effect::MeasureWork, Facts::Measured(_)) => {
                let proven = self.runs.open_ref(run).is_some_and(|open| open.state.proof.written.is_some());
                // What is measured is compared too.
                if !(proven && self.measure(run, true)) {
                    self.compare(run);
                }
            }
            _ => {}
        }
    }

    fn forget_stream(&mut self, run: &RunId, attempt: &AttemptKey) {
        self.take_back_pass(run, attempt);
        self.later(Input::Called { run: run.clone() });
        if let Some(open) = self.runs.open_mut(run) {
            let folder = open.folder.attempt(attempt);
            open.stream = None;
            self.watcher.remove(&folder);
        }
        self.measure(run, true);
    }

    /// Takes up the end of a keeper's process. With an exit record that is as it should be; without one the run is lost
    /// when nothing of it lives, and goes on unkept when something does.
    pub(super) fn keeper_gone(&mut self, run: &RunId, attempt: &AttemptKey) {
        let Some(open) = self.runs.open_ref(run) else { return };
        if !open.state.attempt_named(attempt).is_some_and(|a| a.is_live()) {
            return;
        }
        let folder = open.folder.attempt(attempt);
        if supervisor::exit_record(&folder).is_ok_and(|exit| exit.is_some()) {
            return self.look(run, attempt);
        }
        let again = Input::KeeperGone { run: run.clone(), attempt: attempt.clone() };
        if self.after_last_words(run, attempt, again).is_none() {
            return;
        }
        if matches!(self.read_stream(run, attempt, true), StreamRead::More | StreamRead::Failed) {
            return self.hold(Input::KeeperGone { run: run.clone(), attempt: attempt.clone() });
        }
        // Every process there is has to be looked at, which is done elsewhere.
        self.performer.look_for_survivors(run.clone(), attempt.clone());
    }

    /// Takes up what was found to live of a run whose keeper is gone.
    pub(super) fn survived(&mut self, run: &RunId, attempt: &AttemptKey, survived: Survived) {
        let Some(open) = self.runs.open_ref(run) else { return };
        if !open.state.attempt_named(attempt).is_some_and(|a| a.is_live()) {
            return;
        }
        let (unkept, ending) = (open.state.keeper_gone, open.state.ending.is_some());
        let Survived { living, rebooted, untold } = survived;
        let survivors = u32::try_from(living.len()).unwrap_or(u32::MAX);
        let again = Input::KeeperGone { run: run.clone(), attempt: attempt.clone() };
        if survivors > 0 && unkept {
            return self.performer.await_all(living, again);
        }
        if survivors == 0 && ending {
            // Someone ended it, and that is what is told when it is done.
            return;
        }
        // What they have written since it was read last comes before it is said that they are gone.
        if matches!(self.read_stream(run, attempt, true), StreamRead::More | StreamRead::Failed) {
            return self.hold(again);
        }
        let reason = match (rebooted, survivors, untold) {
            (true, ..) => "the machine was restarted while it worked".to_owned(),
            (false, 0, None) => "its keeper ended without an exit record, and nothing of it lives".to_owned(),
            (false, 0, Some(untold)) => untold,
            (false, n, _) => format!("its keeper is gone; {n} processes of it still live"),
        };
        let batch = vec![(Some(attempt.clone()), Lost { reason, survivors }.into())];
        if self.append(run, batch, None).is_err() {
            self.hold(again);
        } else if survivors > 0 {
            self.performer.await_all(living, again);
        } else {
            self.performer.clear_away(run.clone(), attempt.clone());
            self.forget_stream(run, attempt);
        }
    }
}

enum StreamRead {
    All,
    More,
    Failed,
}
