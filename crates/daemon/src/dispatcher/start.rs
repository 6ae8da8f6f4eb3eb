//! The dispatcher's first turn: every run is read, and what an earlier daemon left is taken up.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use ::gateway::PriceBook;
use evidence::StateFolder;

use super::bases::Bases;
use super::day::Day;
use super::external_agents::ExternalAgents;
use super::faces::Faces;
use super::pending::Pending;
use super::preferences::Preferences;
use super::radar::RepositoryRadars;
use super::runs::Runs;
use super::sampler::Sampler;
use super::show::Show;
use super::{Dispatcher, Turn};
use crate::clock::now;
use crate::error::DaemonError;
use crate::external_agents::ExternalAgentWatch;
use crate::input::Inputs;
use crate::perform::Performer;
use crate::places::DaemonPlaces;
use crate::watch::Watcher;

impl Dispatcher {
    /// Folds every run folder and takes up what an earlier daemon left.
    pub(crate) fn open(
        places: &DaemonPlaces,
        inputs: Inputs,
        runtime: tokio::runtime::Handle,
    ) -> Result<Self, DaemonError> {
        let state = StateFolder::open(&places.home)?;
        let (preferences, settings) = Preferences::open(places);
        let performer =
            Performer::new(places.clone(), inputs.clone(), runtime, preferences.are_known().then(|| settings.clone()));
        let performer = performer.map_err(DaemonError::io("start a thread for", &places.home))?;
        let external_agent_watch = ExternalAgentWatch::start(places.home.clone(), inputs.clone());
        let external_agent_watch = external_agent_watch.map_err(DaemonError::io("start a thread for", &places.home))?;
        let mut dispatcher = Self {
            places: places.clone(),
            watcher: Watcher::new(inputs.clone()),
            runs: Runs::open(&state)?,
            state,
            inputs,
            performer,
            faces: Faces::default(),
            show: Show::default(),
            pending: Pending::default(),
            pending_due: false,
            wished: BTreeMap::new(),
            limit: settings.running.value,
            floor: settings.free_space.value,
            look_every: settings.look_every_ms.value,
            room_asked: false,
            sampler: Sampler::default(),
            radar: RepositoryRadars::default(),
            external_agent_watch,
            external_agents: ExternalAgents::default(),
            bases: Bases::default(),
            day: Day::new(places.config.clone(), now()),
            limit_turns: fleet::LimitTurns::default(),
            prices: PriceBook::new(places.config.with_file_name("prices.toml")),
            started: Instant::now(),
            held: Vec::new(),
            stuck: BTreeSet::new(),
            retry_at: None,
            preferences,
            trouble: None,
            degraded: None,
            turn: Turn::default(),
            unsynced: BTreeSet::new(),
            sync_by: None,
            woken: BTreeSet::new(),
            look_at: None,
        };
        dispatcher.day.sum_up(&dispatcher.runs, now());
        dispatcher.performer.gateway.take_over(places);
        crate::odd::name_all(&dispatcher.places.home);
        dispatcher.sweep_passes();
        crate::radar::forget(&dispatcher.places.home);
        dispatcher.adopt_all();
        dispatcher.compare_known();
        dispatcher.performer.keep_gateway();
        dispatcher.look_at_preferences();
        dispatcher.schedule();
        dispatcher.finish_turn();
        Ok(dispatcher)
    }
}
