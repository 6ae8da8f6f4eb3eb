//! The only place where state changes: an input comes in, events are appended and folded, effects go out.

mod act;
mod adopt;
mod asked;
mod attempt;
mod base;
mod bases;
mod calls;
mod compare;
mod create;
mod day;
mod external_agents;
mod external_looks;
mod faces;
mod free_space;
mod go_on;
mod last_words;
mod mask;
mod measure;
mod moved;
mod new_place;
mod open;
mod pending;
mod preferences;
mod preferred;
mod radar;
mod room;
mod runs;
mod sample;
mod sampler;
mod show;
mod space;
mod speak;
mod start;
mod start_with;
mod take;
mod told;
mod unwritten;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use ::gateway::PriceBook;
use domain::attempt::AttemptKey;
use domain::decide;
use domain::spend::Sum;
use domain::{Body, RunId, Source};
use evidence::{EvidenceError, StateFolder};
use fleet::{Grant, LimitTurns};

use crate::clock::now;
use crate::external_agents::ExternalAgentWatch;
use crate::input::{Input, Inputs};
use crate::perform::{Job, Performer, gateway};
use crate::places::DaemonPlaces;
use crate::watch::Watcher;
use bases::Bases;
use day::Day;
use external_agents::ExternalAgents;
use faces::Faces;
use open::OpenRun;
use pending::Pending;
use preferences::Preferences;
use radar::RepositoryRadars;
use runs::Runs;
use sampler::Sampler;
use show::Show;

/// Time within which output that came is understood, written and shown together.
const TOGETHER: Duration = Duration::from_millis(20);
/// Time within which events are synced that need not be synced at once.
const SYNC_WITHIN: Duration = Duration::from_secs(1);
/// Time that clients may take to be told that the daemon ends.
const GOODBYE: Duration = Duration::from_millis(500);

pub(crate) struct Dispatcher {
    places: DaemonPlaces,
    state: StateFolder,
    inputs: Inputs,
    performer: Performer,
    watcher: Watcher,
    runs: Runs,
    faces: Faces,
    show: Show,
    pending: Pending,
    /// Whether a look for requests that wait too long is on its way.
    pending_due: bool,
    /// Runs that are to end, with the grace, where that could not be written down.
    wished: BTreeMap<RunId, u64>,
    /// Most runs that may be at work at once.
    limit: u32,
    /// Bytes that must be free for a run to begin.
    floor: u64,
    /// Milliseconds between two looks at a worktree that changes.
    look_every: u64,
    /// Whether another look for free space is on its way.
    room_asked: bool,
    sampler: Sampler,
    radar: RepositoryRadars,
    external_agent_watch: ExternalAgentWatch,
    external_agents: ExternalAgents,
    bases: Bases,
    day: Day,
    limit_turns: LimitTurns,
    /// A person's own prices before the built-in ones.
    prices: PriceBook,
    started: Instant,
    /// Inputs that could not be written down for want of space, to be tried again.
    held: Vec<Input>,
    /// Runs whose next step could not be written down.
    stuck: BTreeSet<RunId>,
    retry_at: Option<Instant>,
    preferences: Preferences,
    /// The reason why things can't be written down.
    trouble: Option<String>,
    /// The words that clients were told of the trouble and of mistakes in the settings.
    degraded: Option<String>,
    turn: Turn,
    unsynced: BTreeSet<RunId>,
    sync_by: Option<Instant>,
    /// Attempts whose folder changed and has not been looked at.
    woken: BTreeSet<(RunId, AttemptKey)>,
    look_at: Option<Instant>,
}

/// Work that one turn has gathered, to be done in order: sync, effects, clients.
#[derive(Default)]
struct Turn {
    sync: BTreeSet<RunId>,
    jobs: Vec<Job>,
    changed: BTreeSet<RunId>,
    /// Whether any run used tokens or money.
    spent: bool,
    lines: BTreeMap<RunId, Vec<String>>,
    stopping: bool,
}

impl Dispatcher {
    /// Returns the variables that keys come from, which clients are asked for.
    pub(crate) fn key_variables(&self) -> Vec<String> {
        self.performer.gateway.variables()
    }

    pub(crate) fn run(mut self, inputs: &Receiver<Input>) {
        while !self.turn.stopping {
            let first = match self.wait() {
                None => inputs.recv().ok(),
                Some(patience) => match inputs.recv_timeout(patience) {
                    Ok(input) => Some(input),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                },
            };
            let more = std::iter::from_fn(|| inputs.try_recv().ok()).take(512);
            let batch: Vec<Input> = first.into_iter().chain(more).collect();
            self.look_at_preferences();
            for input in batch {
                self.handle(input);
            }
            self.look_at_woken();
            self.retry_held();
            self.schedule();
            self.finish_turn();
        }
        let open: Vec<RunId> = self.runs.open_ids();
        for run in open {
            self.sync(&run);
        }
        gateway::end_unneeded(&self.places, &self.performer.gateway);
        // What clients were told last is sent before their connections close.
        let mut open = self.faces.say_goodbye();
        let deadline = Instant::now() + GOODBYE;
        while open > 0 {
            match inputs.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Input::FaceClosed { .. }) => open -= 1,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        self.performer.settle(GOODBYE);
    }

    /// Returns the time for which nothing needs to be done; `None` until the next input.
    fn wait(&self) -> Option<Duration> {
        let next = [self.look_at, self.sync_by, self.retry_at, self.show.due()].into_iter().flatten().min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    fn handle(&mut self, input: Input) {
        match input {
            Input::FaceOpened { face, is_person, sender } => {
                self.faces.open(face, is_person, sender, self.degraded.as_deref());
            }
            Input::FaceClosed { face } => self.faces.close(face),
            Input::KeysSent { face, keys } => self.faces.take_keys(face, keys),
            Input::Asked { face, id, request } => self.asked(face, id, request),
            Input::Scoped { face, id, request, repo } => self.asked_of(face, id, request, repo.as_deref()),
            Input::Refused { face, id, refused } => self.faces.reply(face, id, protocol::Reply::Refused(refused)),
            Input::Prepared { face, id, prepared } => self.create(face, id, prepared),
            Input::Woken { run, attempt } => {
                self.woken.insert((run, attempt));
                self.look_at.get_or_insert_with(|| Instant::now() + TOGETHER);
            }
            Input::EffectDone { .. } => self.effect_done(input),
            Input::KeeperGone { run, attempt } => self.keeper_gone(&run, &attempt),
            Input::Survived { run, attempt, survived } => self.survived(&run, &attempt, survived),
            Input::Measured { run, measured } => self.measured(&run, measured),
            Input::Touched { run } => self.touched(&run),
            Input::Answered { face, id, reply } => self.faces.reply(face, id, reply),
            Input::Counted { face, id, counted, command } => self.act(face, id, counted, &command),
            Input::Called { run } => {
                // What could not be written down is held.
                let _written = self.called(&run);
            }
            Input::CallsDue { run } => self.calls_due(&run),
            Input::GatewayGone => self.performer.keep_gateway(),
            Input::GatewayDeaf => self.performer.mend_gateway(),
            Input::GoOn { run } => self.go_on(&run),
            Input::ReadAgain => self.adopt_unread(),
            Input::RoomAgain => self.room_asked = false,
            Input::SettingsDue => self.settings_due(),
            Input::PendingDue => self.tell_unwritten(),
            Input::Observed { found, repositories } => self.take_up_observed(found, repositories),
            Input::LookDone => self.look_done(),
            Input::Waited { ticket } => self.answer_waiting(ticket),
            Input::LookNow => self.look_now(),
            Input::Told { run, attempt, seen, last } => self.told(&run, &attempt, &seen, last),
            Input::SessionsChanged => self.sessions_changed(),
            Input::LookAround => self.look_again(),
            Input::ActedOnTree { run, outcome, note } => self.acted_on_tree(run, &outcome, note.as_deref()),
            Input::TreeSeen { run } => self.tree_seen(&run),
            Input::Sample => self.sample(),
            Input::Sampled { loads } => self.sampled(&loads),
            Input::Based { base } => self.based(base),
            Input::CompareDue { repo } => self.compare_due(&repo),
            Input::Swept(swept) => self.swept(*swept),
            Input::Stop => self.turn.stopping = true,
        }
    }

    fn look_at_woken(&mut self) {
        if self.look_at.is_none_or(|at| at > Instant::now()) {
            return;
        }
        self.look_at = None;
        for (run, attempt) in std::mem::take(&mut self.woken) {
            self.look(&run, &attempt);
        }
    }

    /// Appends a batch to a run's timeline and folds it. On failure nothing has happened.
    fn append(
        &mut self,
        run: &RunId,
        mut batch: Vec<(Option<AttemptKey>, Body)>,
        src: Option<&Source>,
    ) -> Result<(), EvidenceError> {
        if batch.is_empty() {
            return Ok(());
        }
        let folder = self.state.run(run);
        for (_, body) in &mut batch {
            mask::mask(&folder, body);
        }
        let Some(open) = self.runs.open_mut(run) else { return Ok(()) };
        let word = open.state.status.word();
        let spends = batch.iter().any(|(_, body)| matches!(body, Body::ModelCalled(_) | Body::UsageReported(_)));
        // What belongs to a day before counts for nothing here.
        let first = self.day.first_quarter();
        let of_today = |open: &OpenRun| open.state.spend.iter().filter(|spent| spent.quarter >= first).collect::<Sum>();
        let before = spends.then(|| of_today(open));
        match open.append(now(), batch, src) {
            Ok(events) => {
                self.unsynced.insert(run.clone());
                self.sync_by.get_or_insert_with(|| Instant::now() + SYNC_WITHIN);
                if open.state.status.word() != word || open.state.effects.len() != open.effects_before {
                    self.turn.sync.insert(run.clone());
                }
                if self.faces.looks_at(run) {
                    let lines = self.turn.lines.entry(run.clone()).or_default();
                    lines.extend(events.iter().map(domain::Event::to_line));
                }
                self.turn.changed.insert(run.clone());
                let more = before.map(|before| of_today(open).since(&before));
                self.recovered();
                if let Some(more) = more {
                    self.spent(run, &more);
                }
                Ok(())
            }
            Err(error) => {
                self.trouble(&error);
                Err(error)
            }
        }
    }

    /// Takes the next step of a run for as long as there is one.
    fn advance(&mut self, run: &RunId, slot: bool) {
        if !self.grant_end(run) {
            return;
        }
        self.answer_by_itself(run);
        self.speak(run);
        self.await_limit(run);
        self.hold_for_others(run);
        for _ in 0..8 {
            let Some(open) = self.runs.open_ref(run) else { return };
            let decision = start_with::advised(decide::next(&open.state, slot), &open.state);
            if decision.is_nothing() {
                return;
            }
            if self.take(run, decision).is_err() {
                return self.stick(run);
            }
        }
    }

    /// Lets queued runs begin, the oldest first, as far as the limit goes; others take their next step.
    fn schedule(&mut self) {
        let changed: Vec<RunId> = self.turn.changed.iter().cloned().collect();
        for run in changed {
            self.advance(&run, false);
        }
        for grant in fleet::decide(&self.fleet()) {
            let (run, why) = match grant {
                Grant::Place(run) => (run, None),
                Grant::Wait { run, why } => (run, Some(why)),
            };
            let begins = why.is_none();
            self.hold_back(&run, why);
            if begins {
                self.advance(&run, true);
            }
        }
    }

    /// Ends a turn: what was decided becomes durable, then happens, then is shown.
    fn finish_turn(&mut self) {
        for run in std::mem::take(&mut self.turn.sync) {
            self.sync(&run);
        }
        if self.sync_by.is_some_and(|by| by <= Instant::now()) {
            self.sync_by = None;
            for run in std::mem::take(&mut self.unsynced) {
                self.sync(&run);
            }
        }
        for job in std::mem::take(&mut self.turn.jobs) {
            if self.unsynced.contains(&job.spec.id) {
                // Its intent is not durable yet, so it waits for a sync that succeeds.
                self.turn.sync.insert(job.spec.id.clone());
                self.turn.jobs.push(job);
                self.retry_at.get_or_insert_with(|| Instant::now() + SYNC_WITHIN);
            } else {
                self.performer.perform(job);
            }
        }
        let changed = std::mem::take(&mut self.turn.changed);
        let rows = self.runs.refresh(&changed);
        self.leave_radar(&rows);
        let lines = std::mem::take(&mut self.turn.lines);
        self.show.show(rows, &lines, &mut self.faces);
        if std::mem::take(&mut self.turn.spent) {
            self.tell_today();
        }
        self.reply_when_done();
        for run in &changed {
            self.runs.close_if_settled(run);
        }
    }

    fn sync(&mut self, run: &RunId) {
        self.unsynced.remove(run);
        let failed = self.runs.open_mut(run).and_then(|open| open.timeline.sync().err());
        if let Some(error) = failed {
            self.unsynced.insert(run.clone());
            self.sync_by = Some(Instant::now() + SYNC_WITHIN);
            self.trouble(&error);
        }
    }
}
