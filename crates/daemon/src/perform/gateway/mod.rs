//! The gateway: who goes through it, its process, and the passes that it goes by.

mod bindings;
mod doors;
mod first_word;
mod keys_of_run;
mod payer;
mod process;
mod routes;
mod serving;
mod side;

use agents::OpenProvider;
use domain::RunId;
use domain::attempt::AttemptKey;
use gateway::{CallLog, KeySource, Limits, Pass, Route};
use settings::{Key, Settings};

use self::doors::{asks_models, doors, is_metered, told};
use self::keys_of_run::KeysOfRun;
pub(crate) use self::process::{end_unneeded, ensure};
use self::routes::routes;
pub(crate) use self::side::GatewaySide;
use super::Performer;
use crate::known::KnownAgent;
use crate::perform::effect_error::EffectError;
use crate::perform::job::Job;
use crate::places::DaemonPlaces;

/// The way through the gateway that one attempt has. All that its agent asks goes there, or it has none: figures of two
/// origins can't be added up.
pub(super) struct Through {
    pub(super) gateway: agents::GatewayAccess,
    paid_by: String,
}

/// The parts of an attempt's start that depend on whether its agent asks its models through the gateway or beside it.
#[derive(Default)]
pub(super) struct RedirectedStart {
    pub(super) env: Vec<(String, String)>,
    pub(super) unset: Vec<String>,
    pub(super) files: Vec<(String, String)>,
    pub(super) metered: bool,
    /// The words for who pays; `None` where that is not known.
    pub(super) paid_by: Option<String>,
    /// Variables that the keeper is handed and that stand in no file.
    pub(super) unwritten: Vec<(String, String)>,
}

impl Through {
    pub(super) fn redirect(
        self,
        agent: &KnownAgent,
        place: &agents::AttemptPlace,
        set: Vec<(String, String)>,
    ) -> RedirectedStart {
        // What it would have found in the environment counts where nothing else is set.
        let inherited = agents::GatewayAccess::READS
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)));
        let set: Vec<_> = inherited.chain(set).collect();
        let to = self.gateway.redirect(told(agent), doors(agent), &place.attempt, &set);
        // What every agent can read must not tell it the token of another one.
        let (unwritten, env) = to.env.into_iter().partition(|(_, value)| value.contains(&self.gateway.token));
        RedirectedStart { env, unset: to.unset, files: to.files, metered: true, paid_by: Some(self.paid_by), unwritten }
    }
}

/// Returns the start of an attempt that asks its providers itself. It finds their keys where it always found them, and
/// those of no others: what stands in the environment of one agent every other agent of this user can read.
pub(super) fn beside(
    places: &DaemonPlaces,
    side: &GatewaySide,
    job: &Job,
    settings: &Settings,
    agent: &KnownAgent,
    own: &settings::AgentSettings,
) -> RedirectedStart {
    let asks_itself = own.gateway == Some(false);
    // A program of a person's own says nothing of its providers; `gateway = false` says that it asks them itself.
    let asks = match agent {
        KnownAgent::BuiltIn(_) => job.start.as_ref().is_some_and(|with| asks_models(agent, with, own)),
        KnownAgent::Own(_) => asks_itself,
    };
    let providers = doors(agent).iter().filter(|_| asks).filter_map(|door| settings.providers.get(door.provider));
    let names = providers.filter_map(|provider| match &provider.value.key {
        Some(Key::Env(name)) => Some(name),
        _ => None,
    });
    let keys = KeysOfRun { places, side, spec: &job.spec };
    let unwritten = names.filter_map(|name| Some((name.clone(), keys.value(name)?))).collect();
    let paid_by = job.start.as_ref().and_then(|with| payer::beside(&keys, settings, agent, own, with));
    RedirectedStart { unwritten, paid_by, ..RedirectedStart::default() }
}

/// Gives an attempt a pass and has a gateway serve, where it is to go through one; `None` where it is not.
///
/// # Errors
/// When the gateway is asked for and can't be had.
pub(super) fn open(
    places: &DaemonPlaces,
    performer: &Performer,
    job: &Job,
    attempt: &AttemptKey,
    settings: &Settings,
    agent: &KnownAgent,
    own: &settings::AgentSettings,
) -> Result<Option<Through>, EffectError> {
    let with = job.start.as_ref().ok_or("nothing says what it is to do")?;
    let routes = routes(places, &performer.gateway, &job.spec, settings, agent, own);
    if routes.is_empty() || !asks_models(agent, with, own) || !is_metered(with, agent, &routes) {
        return Ok(None);
    }
    let folder = evidence::StateFolder::open(&places.home)?.run(&job.spec.id);
    CallLog::of(folder.path()).make()?;
    let opened = routes
        .iter()
        .map(|(provider, route)| OpenProvider { provider: provider.clone(), ours: route.key != KeySource::Own })
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
    let token = performer.gateway.passes.give(&pass)?;
    let port = ensure(places, performer, &needs)?;
    let url = format!("http://127.0.0.1:{port}");
    let gateway = agents::GatewayAccess { url, token, header: gateway::TOKEN_HEADER, doors: opened };
    Ok(Some(Through { gateway, paid_by }))
}

/// Tells the gateway that a run's agent stands still, or goes on within these limits.
pub(super) fn tell(performer: &Performer, run: &RunId, frozen: bool, limits: Limits) -> Result<(), EffectError> {
    let change = |pass: &mut Pass| {
        pass.frozen = frozen;
        pass.limits = limits;
        pass.refuse = None;
    };
    performer.gateway.passes.change(run.as_str(), change);
    performer.gateway.passes.tell_changes().map_err(EffectError::from)
}
