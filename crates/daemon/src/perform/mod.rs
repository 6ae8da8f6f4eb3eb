//! Performing effects: each on a thread that may block, its outcome sent back as an input.

mod by_hand;
mod check;
mod checkpoint;
mod commands;
mod environment;
mod find;
pub(crate) mod gateway;
mod keep;
mod merge;
mod pause;
mod pr;
mod proof;
mod restore;
mod review;
mod rm;
mod sandbox;
pub(crate) mod scratch;
mod supervise;
mod tree;

pub(crate) use rm::working_in;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::RunId;
use domain::attempt::AttemptKey;
use domain::command::{Command, NewRun};
use domain::decide::Facts;
use domain::effect::{Effect, EffectId, Outcome};
use domain::policy::Policy;
use evidence::StateFolder;
use protocol::RunRequest;
use settings::Settings;
use supervisor::{Identity, Versions};
use tokio::sync::Semaphore;
use worktrees::{Found, Repository, WorktreeError};

use crate::Places;
use crate::input::{Counted, FaceId, Input, Inputs};
use crate::inspect::Inspect;
use crate::radar::Sweep;
use crate::{observe, prepare};

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

/// A thread that only waits needs next to no stack.
const WAITER_STACK: usize = 64 << 10;

/// How often it is tried to start a gateway that could not be started.
const GATEWAY_AGAIN: Duration = Duration::from_secs(5);

/// What an effect came to.
type Performed = (Outcome, Facts);

#[derive(Clone)]
pub(crate) struct Performer {
    places: Arc<Places>,
    inputs: Inputs,
    runtime: tokio::runtime::Handle,
    /// Control groups may be used.
    freezer: bool,
    versions: Arc<Versions>,
    pub(crate) gateway: gateway::GatewaySide,
    /// Measuring is never urgent; two at a time leave room for agents.
    measuring: Arc<Semaphore>,
}

impl Performer {
    pub(crate) fn new(places: Places, inputs: Inputs, runtime: tokio::runtime::Handle, settings: &Settings) -> Self {
        let gateway = gateway::GatewaySide::new(&places, settings);
        let freezer = settings.freezer.value;
        Self {
            places: Arc::new(places),
            inputs,
            runtime,
            freezer,
            versions: Arc::default(),
            gateway,
            measuring: Arc::new(Semaphore::new(2)),
        }
    }

    pub(crate) fn perform(&self, job: Job) {
        let performer = self.clone();
        self.runtime.spawn_blocking(move || {
            let run = job.spec.id.clone();
            let id = job.id;
            let released = performer.release_left_locks(&job);
            let (outcome, facts) = match tree::take_over_store(&performer.places, &job) {
                Ok(()) => performer.do_it(&job),
                Err(error) => failed(error),
            };
            if outcome != Outcome::Done {
                tracing::warn!(%run, effect = ?job.effect, ?outcome, "effect");
            }
            // The dispatcher is gone only when the daemon stops; the next one probes this effect.
            let _stopping = performer.inputs.send(Input::EffectDone { run, id, outcome, facts, released });
        });
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

    fn do_it(&self, job: &Job) -> Performed {
        let places = &self.places;
        match &job.effect {
            Effect::CreateWorktree => tree::create(job),
            Effect::LeaseEnvironment => environment::lease(job),
            Effect::SetUp { .. } => environment::set_up(places, self, job),
            Effect::CommitLeftovers { .. } => tree::commit(job),
            Effect::RunCheck { name, n } => check::check(places, self, job, name, *n),
            Effect::MeasureWork => proof::measure(places, job),
            Effect::WriteProof { k, seq } => proof::write(places, job, *k, *seq),
            Effect::Merge { method, head, onto, before, pull } => {
                merge::merge(places, job, &merge::Asked { method: *method, head, onto, before, pull: *pull })
            }
            Effect::Deliver { work } => pr::deliver(places, job, work),
            Effect::StartAttempt(attempt) => supervise::start(places, self, job, attempt),
            Effect::StopAttempt { attempt, grace_ms, .. } => supervise::stop(places, job, attempt, *grace_ms),
            Effect::Write { attempt, write, data, .. } => supervise::write(places, job, attempt, write, data),
            Effect::CloseInput(attempt) => supervise::close_input(places, job, attempt),
            Effect::Freeze { attempt, .. } => pause::freeze(places, self, job, attempt),
            Effect::Thaw { attempt, .. } => pause::thaw(places, self, job, attempt),
            Effect::SaveCheckpoint { n, why } => checkpoint::save(job, *n, why),
            Effect::RestoreCheckpoint { n } => checkpoint::restore(places, job, *n),
            Effect::RemoveWorktree { snapshot, by, at } => rm::rm(places, job, snapshot, by, at.as_deref()),
            Effect::RestoreWorktree { snapshot } => restore::restore(places, job, snapshot),
        }
    }

    /// Has a gateway serve where anybody has a pass.
    pub(crate) fn keep_gateway(&self) {
        let performer = self.clone();
        self.runtime.spawn_blocking(move || {
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
        let performer = self.clone();
        self.runtime.spawn_blocking(move || {
            if let Err(reason) = gateway::ensure(&performer.places, &performer, &[]) {
                tracing::error!(reason, "what the last calls used is not known");
            }
        });
    }

    /// Looks at the repository of a run that is asked for.
    pub(crate) fn prepare(&self, face: FaceId, id: u64, request: RunRequest) {
        let (places, inputs) = (Arc::clone(&self.places), self.inputs.clone());
        self.runtime.spawn_blocking(move || {
            let prepared = prepare::prepare(&places, request).map(Box::new);
            let _stopping = inputs.send(Input::Prepared { face, id, prepared });
        });
    }

    /// Looks at runs and worktrees for a face; its reply comes back as an input.
    pub(crate) fn inspect(&self, face: FaceId, id: u64, inspect: Inspect) {
        let (places, inputs) = (Arc::clone(&self.places), self.inputs.clone());
        self.runtime.spawn_blocking(move || {
            let reply = inspect.look(&places).unwrap_or_else(protocol::Reply::Refused);
            let _stopping = inputs.send(Input::Answered { face, id, reply });
        });
    }

    /// Counts the living processes of runs that something is to be done with, `after` a while.
    pub(crate) fn count(&self, face: FaceId, id: u64, asked: Vec<(String, RunId)>, command: Command, after: Duration) {
        let (places, inputs) = (Arc::clone(&self.places), self.inputs.clone());
        self.runtime.spawn_blocking(move || {
            std::thread::sleep(after);
            let count = |(asked, run): (String, RunId)| {
                let gone = worktree_is_gone(&places, &run);
                let now = command.judges().then(|| proof::now(&places, &run));
                let reviews = matches!(command, Command::Review { .. });
                let stale = if reviews { review::stale(&places, &run) } else { Vec::new() };
                Counted { asked, alive: living(&places, &run).len(), gone, now, stale, run }
            };
            let counted = asked.into_iter().map(count).collect();
            let _stopping = inputs.send(Input::Counted { face, id, counted, command });
        });
    }

    /// Measures when one of two places is free.
    pub(crate) fn observe(&self, measure: observe::Measure) {
        let (places, inputs) = (Arc::clone(&self.measuring), self.inputs.clone());
        self.runtime.spawn(async move {
            let Ok(_place) = places.acquire_owned().await else { return };
            let run = measure.run.clone();
            let measured = tokio::task::spawn_blocking(|| measure.measure()).await;
            let input = measured.unwrap_or(Input::Measured { run, measured: observe::Measured::default() });
            let _stopping = inputs.send(input);
        });
    }

    /// Compares the work of a repository's runs when one of two places is free.
    pub(crate) fn sweep(&self, sweep: Sweep) {
        let (places, inputs) = (Arc::clone(&self.measuring), self.inputs.clone());
        self.runtime.spawn(async move {
            let Ok(_place) = places.acquire_owned().await else { return };
            if let Ok(swept) = tokio::task::spawn_blocking(|| sweep.sweep()).await {
                let _stopping = inputs.send(Input::Swept(Box::new(swept)));
            }
        });
    }

    /// Does something with the tree of an agent that was started by hand.
    pub(crate) fn act_on_tree(&self, run: RunId, root: Identity, command: Command) {
        let inputs = self.inputs.clone();
        let acting = self.runtime.spawn_blocking(move || by_hand::act(&root, &command));
        self.runtime.spawn(async move {
            let failed = |error: tokio::task::JoinError| (Outcome::Failed(error.to_string()), None);
            let (outcome, note) = acting.await.unwrap_or_else(failed);
            let _stopping = inputs.send(Input::ActedOnTree { run, outcome, note });
        });
    }

    /// Looks what the processes of these runs have used.
    pub(crate) fn load(&self, agents: BTreeMap<RunId, u32>) {
        let inputs = self.inputs.clone();
        self.runtime.spawn_blocking(move || {
            let loads = if agents.is_empty() { BTreeMap::new() } else { observe::loads(&agents) };
            let _stopping = inputs.send(Input::Sampled { loads });
        });
    }

    /// Looks where a run of this repository would begin.
    pub(crate) fn base(&self, repo: String) {
        let (places, inputs) = (Arc::clone(&self.places), self.inputs.clone());
        self.runtime.spawn_blocking(move || match prepare::base(&places.config, Path::new(&repo)) {
            Ok((name, commit)) => {
                let _stopping = inputs.send(Input::Based { base: protocol::Base { repo, name, commit } });
            }
            // Settings with a mistake are told of when a run is asked for.
            Err(refused) => tracing::debug!(repo, reason = refused.reason, "where runs begin is unknown"),
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
        let inputs = self.inputs.clone();
        let waiter = std::thread::Builder::new().name("survivors".to_owned()).stack_size(WAITER_STACK);
        let waiting = waiter.spawn(move || {
            processes.iter().for_each(Identity::wait);
            let _stopping = inputs.send(input);
        });
        if let Err(error) = waiting {
            tracing::error!(%error, "the end of a run's last processes will go unnoticed until it is terminated");
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
        let input = Input::KeeperGone { run, attempt };
        let waiter = std::thread::Builder::new().name("keeper".to_owned()).stack_size(WAITER_STACK);
        let waiting = waiter.spawn(move || {
            keeper.wait();
            if let Some(mut child) = child {
                // It has ended, so this only reaps it.
                let _status = child.wait();
            }
            let _stopping = inputs.send(input);
        });
        if let Err(error) = waiting {
            tracing::error!(%error, "a keeper's end will go unnoticed until the next look at its folder");
        }
    }
}

/// The folder of an attempt of this job's run.
fn attempt_folder(places: &Places, job: &Job, attempt: &AttemptKey) -> Result<PathBuf, String> {
    let state = StateFolder::open(&places.home).map_err(|e| e.to_string())?;
    Ok(state.run(&job.spec.id).attempt(attempt))
}

/// The processes of a run that live, wherever they went.
pub(crate) fn living(places: &Places, run: &RunId) -> Vec<Identity> {
    let attempts = places.home.join("runs").join(run.as_str()).join("attempts");
    supervisor::living(&places.home, run.as_str(), &attempts)
}

/// Whether anything of the run with this id lives.
fn lives(places: &Places, run: &str) -> bool {
    RunId::parse(run).is_some_and(|run| !living(places, &run).is_empty())
}

/// Where a run's worktree should be, if it is proven not to be there or anywhere else.
fn worktree_is_gone(places: &Places, run: &RunId) -> Option<String> {
    let spec = StateFolder::open(&places.home).ok()?.run(run).spec().ok()?;
    let repo = repository(&spec).ok()?;
    let gone = matches!(worktree(&repo, &spec), Err(WorktreeError::Gone { .. }));
    gone.then_some(spec.worktree)
}

fn refused(reason: impl ToString) -> Performed {
    (Outcome::Refused(reason.to_string()), Facts::Nothing)
}

/// The repository of a run.
fn repository(spec: &NewRun) -> Result<Repository, WorktreeError> {
    Repository::find(Path::new(&spec.repo))
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
