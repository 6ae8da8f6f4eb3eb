//! The gateway: who goes through it, its process, and the passes that it goes by.

mod bindings;
mod first_word;
mod keys_of_run;
mod payer;
mod process;
mod routes;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agents::{Door, Open, Told};
use domain::RunId;
use domain::attempt::AttemptKey;
use gateway::{CallLog, KeySource, Limits, Pass, Passes, Route, TakenOver};
use settings::{Key, Settings};
use supervisor::Identity;

use self::bindings::Bindings;
use self::keys_of_run::KeysOfRun;
pub(crate) use self::process::{end_unneeded, ensure};
use self::routes::routes;
use super::{Job, Performer, StartWith};
use crate::Places;
use crate::known::Known;

/// How long a new daemon asks a gateway that does not answer; a machine under load may make it late.
const ANSWERS_WITHIN: Duration = Duration::from_secs(4);

/// What a daemon has of its gateway.
#[derive(Clone)]
pub(crate) struct GatewaySide {
    pub(crate) passes: Passes,
    bindings: Arc<Bindings>,
    /// A gateway that goes by all that is known here was asked for, and that has not begun.
    pub(crate) is_asked_for: Arc<AtomicBool>,
    /// The process whose end is waited for.
    watched: Arc<Mutex<Option<Identity>>>,
}

impl GatewaySide {
    /// Where keys of the environment may go is what these settings say, for as long as this daemon lives.
    pub(crate) fn new(places: &Places, settings: &Settings) -> Self {
        Self {
            passes: Passes::new(&places.home, &places.keys),
            bindings: Arc::new(Bindings::new(settings)),
            is_asked_for: Arc::default(),
            watched: Arc::default(),
        }
    }

    /// Returns the variables that keys come from, which faces are asked for.
    pub(crate) fn variables(&self) -> Vec<String> {
        self.bindings.variables()
    }

    /// Takes up the passes of an earlier daemon.
    pub(crate) fn take_over(&self, places: &Places) {
        match self.passes.take_over(&self.bindings.all(&places.config), ANSWERS_WITHIN) {
            Ok(TakenOver::Whole) => {}
            // What it lets through nobody could take back.
            Ok(TakenOver::Deaf) => process::end(places),
            Err(error) => tracing::error!(%error, "passes of an earlier daemon"),
        }
    }
}

/// The way through the gateway that one attempt has. All that its agent asks goes there, or it has none: figures of two
/// origins can't be added up.
pub(super) struct Through {
    pub(super) gateway: agents::Gateway,
    paid_by: String,
}

/// What of an attempt's start it changes.
#[derive(Default)]
pub(super) struct Redirected {
    pub(super) env: Vec<(String, String)>,
    pub(super) unset: Vec<String>,
    pub(super) files: Vec<(String, String)>,
    pub(super) metered: bool,
    /// Who pays for it; `None` where that is not known.
    pub(super) paid_by: Option<String>,
    /// Variables that stand in no file.
    pub(super) unwritten: Vec<(String, String)>,
}

impl Through {
    pub(super) fn redirect(self, agent: &Known, place: &agents::Place, set: Vec<(String, String)>) -> Redirected {
        // What it would have found in the environment counts where nothing else is set.
        let inherited =
            agents::Gateway::READS.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)));
        let set: Vec<_> = inherited.chain(set).collect();
        let to = self.gateway.redirect(told(agent), doors(agent), &place.attempt, &set);
        // What every agent can read must not tell it the token of another one.
        let (unwritten, env) = to.env.into_iter().partition(|(_, value)| value.contains(&self.gateway.token));
        Redirected { env, unset: to.unset, files: to.files, metered: true, paid_by: Some(self.paid_by), unwritten }
    }
}

/// An attempt that asks its providers itself finds their keys where it always found them, and those of no others: what
/// stands in the environment of one agent every other agent of this user can read.
pub(super) fn beside(
    places: &Places,
    side: &GatewaySide,
    job: &Job,
    settings: &Settings,
    agent: &Known,
    own: &settings::Agent,
) -> Redirected {
    let asks_itself = own.gateway == Some(false);
    // A program of a person's own says nothing of its providers; `gateway = false` says that it asks them itself.
    let asks = match agent {
        Known::BuiltIn(_) => job.start.as_ref().is_some_and(|with| asks_models(agent, with, own)),
        Known::Own(_) => asks_itself,
    };
    let providers = doors(agent).iter().filter(|_| asks).filter_map(|door| settings.providers.get(door.provider));
    let names = providers.filter_map(|provider| match &provider.value.key {
        Some(Key::Env(name)) => Some(name),
        _ => None,
    });
    let keys = KeysOfRun { places, side, spec: &job.spec };
    let unwritten = names.filter_map(|name| Some((name.clone(), keys.value(name)?))).collect();
    let paid_by = job.start.as_ref().and_then(|with| payer::beside(&keys, settings, agent, own, with));
    Redirected { unwritten, paid_by, ..Redirected::default() }
}

fn told(agent: &Known) -> Told {
    match agent {
        Known::BuiltIn(agent) => agent.told,
        Known::Own(_) => Told::ByVariables,
    }
}

fn doors(agent: &Known) -> &'static [Door] {
    match agent {
        Known::BuiltIn(agent) => agent.doors,
        Known::Own(_) => agents::USUAL,
    }
}

/// Gives an attempt a pass and has a gateway serve, where it is to go through one; `None` where it is not.
///
/// # Errors
/// When the gateway is asked for and can't be had.
pub(super) fn open(
    places: &Places,
    performer: &Performer,
    job: &Job,
    attempt: &AttemptKey,
    settings: &Settings,
    agent: &Known,
    own: &settings::Agent,
) -> Result<Option<Through>, String> {
    let with = job.start.as_ref().ok_or("nothing says what it is to do")?;
    let routes = routes(places, &performer.gateway, &job.spec, settings, agent, own);
    if routes.is_empty() || !asks_models(agent, with, own) || !is_metered(with, agent, &routes) {
        return Ok(None);
    }
    let folder = evidence::StateFolder::open(&places.home).map_err(|e| e.to_string())?.run(&job.spec.id);
    CallLog::of(folder.path()).make().map_err(|e| e.to_string())?;
    let opened = routes
        .iter()
        .map(|(provider, route)| Open { provider: provider.clone(), ours: route.key != KeySource::Own })
        .collect();
    let pass = Pass {
        run: job.spec.id.to_string(),
        attempt: attempt.clone(),
        repo: job.spec.repo.clone(),
        folder: folder.path().to_owned(),
        routes: routes.clone().into_iter().collect(),
        limits: job.limits,
        frozen: false,
        refuse: None,
    };
    let paid_by = payer::of_routes(agent, own, &routes);
    let needs: Vec<Route> = routes.into_iter().map(|(_, route)| route).collect();
    performer.gateway.bindings.open(&needs)?;
    let token = performer.gateway.passes.give(&pass).map_err(|e| e.to_string())?;
    let port = ensure(places, performer, &needs)?;
    let url = format!("http://127.0.0.1:{port}");
    let gateway = agents::Gateway { url, token, header: gateway::TOKEN_HEADER, doors: opened };
    Ok(Some(Through { gateway, paid_by }))
}

/// Whether it asks a model at all; some of its models may only play one.
fn asks_models(agent: &Known, with: &StartWith, own: &settings::Agent) -> bool {
    match agent {
        Known::BuiltIn(agent) if !agent.asking_models.is_empty() => {
            let all = agent.asking_variable.is_some_and(|name| own.env.contains_key(name));
            all || with.model.as_deref().is_some_and(|model| agent.asking_models.contains(&model))
        }
        _ => true,
    }
}

/// Whether all that it asks goes through. An agent with several providers may use one that does not.
fn is_metered(with: &StartWith, agent: &Known, routes: &[(String, Route)]) -> bool {
    let doors = doors(agent);
    match with.model.as_deref().filter(|_| doors.len() > 1) {
        Some(model) => agents::provider_of(model).is_some_and(|of| routes.iter().any(|(name, _)| name == of)),
        None => routes.len() == doors.len(),
    }
}

/// Its agent stands still, or goes on within these limits.
pub(super) fn tell(performer: &Performer, run: &RunId, frozen: bool, limits: Limits) -> Result<(), String> {
    let change = |pass: &mut Pass| {
        pass.frozen = frozen;
        pass.limits = limits;
        pass.refuse = None;
    };
    performer.gateway.passes.change(run.as_str(), change);
    performer.gateway.passes.tell_changes().map_err(|e| e.to_string())
}
