//! Performing effects: on threads that may block and that none keeps while it waits; the outcome is sent back as an input.

mod by_hand;
mod check;
mod checkpoint;
mod commands;
mod doubtful;
mod effect_error;
mod ends;
mod environment;
mod find;
pub(crate) mod gateway;
mod inside;
mod job;
mod keep;
mod lanes;
mod left;
mod living;
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
mod step;
mod stop;
mod supervise;
mod tree;
mod unwritten;

pub(crate) use job::{Job, StartWith};
pub(crate) use living::{living, working_in};
pub(crate) use unwritten::Late;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::RunId;
use domain::attempt::AttemptKey;
use domain::command::Command;
use settings::{Settings, SettingsError};
use supervisor::{Identity, Versions};

use crate::input::{Input, Inputs};
use crate::places::DaemonPlaces;
use crate::settings_of;
use ends::ProcessEnds;
use lanes::{Lane, Lanes};

#[derive(Clone)]
pub(crate) struct Performer {
    places: Arc<DaemonPlaces>,
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
        places: DaemonPlaces,
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

    /// Reads the person's settings: as the file has them now, or as it had them before there was a mistake in it.
    fn settings(&self) -> Result<Settings, SettingsError> {
        let before = || self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        settings_of::user_settings(&self.places.config).or_else(|mistake| before().ok_or(mistake))
    }

    /// Waits until nothing is being done any more, at most this long.
    pub(crate) fn settle(&self, patience: Duration) {
        self.lanes.settle(patience);
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
