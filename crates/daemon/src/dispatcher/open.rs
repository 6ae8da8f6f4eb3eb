//! One run that may still change: its state, its timeline, and what is under way around it.

use domain::attempt::{AttemptKey, Exit};
use domain::{Body, Event, RunState, Source, Timestamp, fold};
use evidence::{EvidenceError, RunFolder, Timeline};
use protocol::Observations;
use transcripts::Seen;

use crate::stream::Stream;

/// How changes in a run's worktree are learnt of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TreeWatch {
    None,
    Watched,
    /// A worktree that can't be watched, so it is looked at once a minute.
    Polled,
}

/// A run that may still change.
pub(super) struct OpenRun {
    pub(super) state: RunState,
    pub(super) timeline: Timeline,
    pub(super) folder: RunFolder,
    pub(super) stream: Option<(AttemptKey, Stream)>,
    pub(super) seen: Observations,
    /// Whether the attempt's folder can't be watched.
    pub(super) unwatched: bool,
    /// The attempt whose agent has told all that it ever will.
    pub(super) told_all: Option<AttemptKey>,
    /// The last report of the run's agent in its own files.
    pub(super) told: Option<Seen>,
    pub(super) changes_asked: Option<Timestamp>,
    /// Whether the worktree's folders are watched, or looked at now and then.
    pub(super) tree: TreeWatch,
    /// Whether a look at the worktree is due later; an input will say when.
    pub(super) look_due: bool,
    /// When the disk may be measured again.
    pub(super) disk_due: Option<Timestamp>,
    /// Measurements that were asked for and have not come back.
    pub(super) measuring: u32,
    /// Whether the gateway may have calls to tell of the run.
    pub(super) calls: bool,
    /// Whether the file of the run's calls can't be watched.
    pub(super) calls_unwatched: bool,
    /// Whether an input will say when to look at the calls again.
    pub(super) calls_due: bool,
    /// Whether the run waits for a moment, such as a limit to be lifted, and an input will say when to look.
    pub(super) waits_for_limit: bool,
    /// Number of open effects before the last append, to see whether it started or ended one.
    pub(super) effects_before: usize,
}

impl OpenRun {
    pub(super) fn append(
        &mut self,
        at: Timestamp,
        batch: Vec<(Option<AttemptKey>, Body)>,
        src: Option<&Source>,
    ) -> Result<Vec<Event>, EvidenceError> {
        self.effects_before = self.state.effects.len();
        let events = self.timeline.append(at, batch, src)?;
        for event in &events {
            fold::apply(&mut self.state, event);
        }
        // The reader has folded what it gave itself; what others add, such as an answer, it must hear of.
        if let (None, Some((key, stream))) = (src, &mut self.stream) {
            for event in events.iter().filter(|e| e.attempt_key().as_ref() == Some(key)) {
                stream.hear(&event.body);
            }
        }
        Ok(events)
    }

    /// Whether the agent of the attempt has said how its work ended.
    pub(super) fn has_result(&self, attempt: &AttemptKey) -> bool {
        self.state.attempt_named(attempt).is_some_and(|known| known.result.is_some())
    }

    /// Returns how the attempt's work ended when its agent says nothing of it itself.
    pub(super) fn said_at_end(&self, attempt: &AttemptKey, exit: &Exit) -> Vec<Body> {
        let has_said = self.has_result(attempt);
        let stream = self.stream.as_ref().filter(|(key, _)| key == attempt && !has_said);
        stream.map(|(_, stream)| stream.over(exit)).unwrap_or_default()
    }

    /// Opens a reader of the attempt's output that stands where the timeline stands.
    pub(super) fn open_stream(&mut self, attempt: &AttemptKey) {
        let dialect = dialect(&self.state, attempt).unwrap_or(agents::Dialect::Plain);
        let known = self.state.attempt_named(attempt);
        let read_to = known.map_or(0, |a| a.read_to);
        let mut session = agents::Session::new(dialect, known.and_then(|a| a.resumes.clone()));
        let interactive = self.state.spec.as_ref().is_some_and(|spec| spec.interactive);
        let goes_on = read_to > 0 || interactive || known.is_some_and(|a| a.resumes.is_some());
        let earlier = if !goes_on { Vec::new() } else { evidence::read(self.folder.path()).unwrap_or_default() };
        // Lines behind the last event that was folded are what a failed write left; they are not part of it.
        let folded = earlier.into_iter().filter(|e| e.seq <= self.state.seq);
        let (of_attempt, before): (Vec<_>, Vec<_>) = folded.partition(|e| e.attempt_key().as_ref() == Some(attempt));
        for event in &before {
            session.fold_earlier(&event.body);
        }
        let of_attempt = of_attempt.into_iter().map(|e| e.body);
        let stream = Stream::new(&self.folder.attempt(attempt), session, read_to, of_attempt);
        self.stream = Some((attempt.clone(), stream));
    }
}

/// Returns the dialect that an attempt's output is read in, as it was when the attempt was started.
pub(super) fn dialect(state: &RunState, attempt: &AttemptKey) -> Option<agents::Dialect> {
    let told = state.attempt_named(attempt).and_then(|known| known.reads.as_deref());
    match told {
        Some(name) => agents::Dialect::named(name),
        None => state.agent_of(&attempt.phase).and_then(|(name, _)| agents::find(name)).map(|agent| agent.dialect),
    }
}
