//! Performing effects: on threads that may block and that none keeps while it waits; the outcome is sent back as an input.

mod by_hand;
mod check;
mod checkpoint;
mod commands;
mod doubtful;
mod ends;
mod environment;
mod find;
pub(crate) mod gateway;
mod inside;
mod keep;
mod lanes;
mod left;
mod looks;
mod merge;
mod pause;
mod pr;
mod progress;
mod proof;
mod restore;
mod review;
mod rm;
mod sandbox;
pub(crate) mod scratch;
mod stop;
mod supervise;
mod tree;

pub(crate) use rm::working_in;

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::RunId;
use domain::attempt::AttemptKey;
use domain::command::{Command, NewRun};
use domain::decide::Facts;
use domain::effect::{Effect, EffectId, Outcome};
use domain::policy::Policy;
use evidence::StateFolder;
use settings::{Settings, SettingsError};
use supervisor::{Identity, Versions};
use worktrees::{Found, Repository, WorktreeError};

use crate::Places;
use crate::dispatcher::pending::Late;
use crate::input::{GonePlace, Input, Inputs};
use crate::prepare;
use ends::ProcessEnds;
use lanes::{Lane, Lanes};
use progress::{EffectProgress, NextStep};

/// One effect of one run.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) spec: NewRun,
    pub(crate) id: EffectId,
    pub(crate) effect: Effect,
    /// For an attempt that is to be started.
    pub(crate) start: Option<StartWith>,
    /// What the run may use.
    pub(crate) limits: ::gateway::Limits,
    /// An earlier daemon started it and may or may not have finished: look before doing it.
    pub(crate) again: bool,
}

/// What an attempt's agent is started with.
#[derive(Debug, Clone)]
pub(crate) struct StartWith {
    pub(crate) agent: String,
    pub(crate) model: Option<String>,
    pub(crate) prompt: String,
    /// The session to go on in.
    pub(crate) resume: Option<String>,
    pub(crate) policy: Policy,
}

impl StartWith {
    /// The task in the agent's own terms.
    pub(crate) fn task(&self) -> agents::Task<'_> {
        let (model, resume) = (self.model.as_deref(), self.resume.as_deref());
        match agents::find(&self.agent) {
            Some(agent) => agent.task(&self.prompt, model, resume, self.policy),
            None => agents::Own::task(&self.prompt, model, resume, self.policy),
        }
    }
}

/// How often it is tried to start a gateway that could not be started.
const GATEWAY_AGAIN: Duration = Duration::from_secs(5);
/// The name under which its start is counted.
const GATEWAY: &str = "gateway";

/// How often, and how long apart, it is looked whether what was told to end has.
const LAST_LOOKS: u32 = 6;
const LAST_LOOK: Duration = Duration::from_millis(50);

/// What an effect came to.
type Performed = (Outcome, Facts);

#[derive(Clone)]
pub(crate) struct Performer {
    places: Arc<Places>,
    inputs: Inputs,
    runtime: tokio::runtime::Handle,
    /// The person's settings as they were last read without a mistake; `None` where they never were.
    settings: Arc<Mutex<Option<Settings>>>,
    versions: Arc<Versions>,
    pub(crate) gateway: gateway::GatewaySide,
    lanes: Arc<Lanes>,
    ends: ProcessEnds,
}

impl Performer {
    /// # Errors
    /// When there can be no thread that waits for processes.
    pub(crate) fn new(
        places: Places,
        inputs: Inputs,
        runtime: tokio::runtime::Handle,
        settings: Option<Settings>,
    ) -> std::io::Result<Self> {
        let built_in = || Settings::from_layers(&[]).expect("the built-in settings have no mistake");
        let gateway = gateway::GatewaySide::new(&places, &settings.clone().unwrap_or_else(built_in));
        let told = inputs.clone();
        gateway.passes.tell_of_changes(move |error| {
            tracing::error!(%error, "the gateway was not told who may ask, and how much");
            let _stopping = told.send(Input::GatewayDeaf);
        })?;
        Ok(Self {
            places: Arc::new(places),
            inputs,
            runtime,
            settings: Arc::new(Mutex::new(settings)),
            versions: Arc::default(),
            gateway,
            lanes: Arc::new(Lanes::new()),
            ends: ProcessEnds::start()?,
        })
    }

    /// Goes by these settings from now on.
    pub(crate) fn go_by(&self, settings: Settings) {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = Some(settings);
    }

    /// The person's settings: as the file has them now, or as it had them before there was a mistake in it.
    fn settings(&self) -> Result<Settings, SettingsError> {
        let before = || self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        prepare::user_settings(&self.places.config).or_else(|mistake| before().ok_or(mistake))
    }

    /// Waits until nothing is being done any more, at most this long.
    pub(crate) fn settle(&self, patience: Duration) {
        self.lanes.settle(patience);
    }

    /// What is about to use the worktree's git needs those locks gone that a killed git left; gives their names.
    fn release_left_locks(&self, job: &Job) -> Vec<String> {
        use Effect::{CommitLeftovers, RestoreCheckpoint, StartAttempt};
        if !matches!(job.effect, CommitLeftovers { .. } | RestoreCheckpoint { .. } | StartAttempt(_)) {
            return Vec::new();
        }
        let release = || {
            let repo = repository(&job.spec)?;
            let lives = || !living(&self.places, &job.spec.id).is_empty();
            repo.release_left_locks(&worktree(&repo, &job.spec)?, &job.spec.branch, lives)
        };
        // A worktree that can't be used is told of by the effect itself.
        release().unwrap_or_default()
    }

    /// Has a gateway serve where anybody has a pass.
    pub(crate) fn keep_gateway(&self) {
        let performer = self.clone();
        self.lanes.push(Lane::Starts, GATEWAY, move || {
            let places = &performer.places;
            if !performer.gateway.passes.is_any() {
                return;
            }
            if let Err(reason) = gateway::ensure(places, &performer, &[]) {
                tracing::error!(reason, "agents can't ask their models");
                performer.later(GATEWAY_AGAIN, Input::GatewayGone);
            }
        });
    }

    /// Has a gateway serve that goes by all that this daemon knows, instead of one that takes no orders.
    pub(crate) fn mend_gateway(&self) {
        self.end_calls();
    }

    /// Has a gateway end the calls that were open when the last one was killed.
    pub(crate) fn end_calls(&self) {
        // However many ask for it, one is enough until it begins.
        if self.gateway.is_asked_for.swap(true, Ordering::AcqRel) {
            return;
        }
        let performer = self.clone();
        self.lanes.push(Lane::Starts, GATEWAY, move || {
            performer.gateway.is_asked_for.store(false, Ordering::Release);
            if let Err(reason) = gateway::ensure(&performer.places, &performer, &[]) {
                tracing::error!(reason, "what the last calls used is not known");
            }
        });
    }

    /// Does something with the tree of an agent that was started by hand.
    pub(crate) fn act_on_tree(&self, run: RunId, root: Identity, command: Command) {
        let inputs = self.inputs.clone();
        let of = run.to_string();
        self.lanes.push(Lane::Keepers, &of, move || {
            let (outcome, note) = by_hand::act(&root, &command);
            let _stopping = inputs.send(Input::ActedOnTree { run, outcome, note });
        });
    }

    /// Ends what lives of a run although that can't be written down.
    pub(crate) fn end_unwritten(&self, run: RunId, grace_ms: u64) {
        let places = Arc::clone(&self.places);
        let of = run.to_string();
        self.lanes.push(Lane::Keepers, &of, move || stop::ask_all(&places, &run, grace_ms));
    }

    /// Tells who waits for what can't be written down what is known instead.
    pub(crate) fn tell_unwritten(&self, late: Late) {
        let (places, inputs) = (Arc::clone(&self.places), self.inputs.clone());
        self.lanes.push(Lane::Finding, "unwritten", move || {
            let Late { face, id, mut acted, waits, why } = late;
            for run in waits {
                // What was told to end may take a moment more.
                let mut alive = living(&places, &run).len();
                for _ in 0..LAST_LOOKS {
                    if alive == 0 {
                        break;
                    }
                    std::thread::sleep(LAST_LOOK);
                    alive = living(&places, &run).len();
                }
                let lives = match alive {
                    0 => "nothing of it lives".to_owned(),
                    alive => domain::figures::living(alive),
                };
                let reason = format!("{why}; {lives}; it is finished when there is room");
                for one in acted.iter_mut().filter(|one| one.run == run.as_str()) {
                    (one.code, one.reason) = (protocol::Code::Failed, Some(reason.clone()));
                }
            }
            let _stopping = inputs.send(Input::Answered { face, id, reply: protocol::Reply::Acted(acted) });
        });
    }

    /// Sends `input` after a while.
    pub(crate) fn later(&self, after: Duration, input: Input) {
        let inputs = self.inputs.clone();
        self.runtime.spawn(async move {
            tokio::time::sleep(after).await;
            let _stopping = inputs.send(input);
        });
    }

    /// Sends `input` when each of these processes has ended; they need not be children.
    pub(crate) fn await_all(&self, processes: Vec<Identity>, input: Input) {
        let left = Arc::new(Mutex::new((processes.len(), Some(input))));
        for process in processes {
            let (left, inputs) = (Arc::clone(&left), self.inputs.clone());
            self.ends.of(process, move || {
                let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
                left.0 -= 1;
                if let Some(input) = (left.0 == 0).then(|| left.1.take()).flatten() {
                    let _stopping = inputs.send(input);
                }
            });
        }
    }

    /// Says when this keeper ends, and reaps it when it is a child of this daemon.
    pub(crate) fn await_keeper(
        &self,
        run: RunId,
        attempt: AttemptKey,
        keeper: Identity,
        child: Option<std::process::Child>,
    ) {
        let inputs = self.inputs.clone();
        self.ends.of(keeper, move || {
            // It has ended, so this only reaps it.
            let _status = child.map(|mut child| child.wait());
            let _stopping = inputs.send(Input::KeeperGone { run, attempt });
        });
    }

    /// Reaps a child when it has ended, so that it leaves no zombie.
    fn reap(&self, keeper: Identity, mut child: std::process::Child) {
        self.ends.of(keeper, move || drop(child.wait()));
    }
}

/// The folder of an attempt of this job's run.
fn attempt_folder(places: &Places, job: &Job, attempt: &AttemptKey) -> Result<PathBuf, String> {
    let state = StateFolder::open(&places.home).map_err(|e| e.to_string())?;
    Ok(state.run(&job.spec.id).attempt(attempt))
}

/// The processes of a run that live, wherever they went, and those in its worktree that may be what a killed keeper held.
pub(crate) fn living(places: &Places, run: &RunId) -> Vec<Identity> {
    let attempts = places.home.join("runs").join(run.as_str()).join("attempts");
    let mut found = supervisor::living(&places.home, run.as_str(), &attempts);
    let spec = StateFolder::open(&places.home).ok().and_then(|state| state.run(run).spec().ok());
    let doubtful = spec.map(|spec| supervisor::doubtful(&attempts, Path::new(&spec.worktree))).unwrap_or_default();
    let doubtful = doubtful.into_iter().filter(|process| found.iter().all(|known| known.pid != process.pid));
    let doubtful: Vec<Identity> = doubtful.filter_map(|process| Identity::of(process.pid)).collect();
    found.extend(doubtful);
    found
}

/// Whether anything of the run with this id lives.
fn lives(places: &Places, run: &str) -> bool {
    RunId::parse(run).is_some_and(|run| !living(places, &run).is_empty())
}

/// What of a run's places is proven not to be there.
fn gone_place(places: &Places, run: &RunId) -> Option<GonePlace> {
    let spec = StateFolder::open(&places.home).ok()?.run(run).spec().ok()?;
    match repository(&spec) {
        Err(error @ WorktreeError::RepositoryGone(_)) => Some(GonePlace::Repository(error.to_string())),
        Err(_) => None,
        Ok(repo) => {
            let gone = matches!(worktree(&repo, &spec), Err(WorktreeError::Gone { .. }));
            gone.then_some(GonePlace::Worktree(spec.worktree))
        }
    }
}

fn refused(reason: impl ToString) -> Performed {
    (Outcome::Refused(reason.to_string()), Facts::Nothing)
}

/// The repository of a run.
fn repository(spec: &NewRun) -> Result<Repository, WorktreeError> {
    Repository::at(Path::new(&spec.repo))
}

/// Where a run's worktree is now, checked to be a linked worktree of its repository.
fn worktree(repo: &Repository, spec: &NewRun) -> Result<PathBuf, WorktreeError> {
    let path = match repo.worktree_of(spec.id.as_str())? {
        Found::There(worktree) => worktree.path,
        // The lock may have been taken off by hand; what lies there must still be a worktree of this repository.
        Found::Vanished(_) | Found::Unknown => PathBuf::from(&spec.worktree),
    };
    if !path.exists() {
        return Err(WorktreeError::Gone { path });
    }
    repo.check_linked(&path).map(|_| path)
}

fn failed(reason: impl ToString) -> Performed {
    (Outcome::Failed(reason.to_string()), Facts::Nothing)
}
