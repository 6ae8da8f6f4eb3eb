//! The gateway: who goes through it, its process, and the passes that it goes by.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use agents::{Door, Open, Told};
use domain::RunId;
use domain::attempt::AttemptKey;
use gateway::{CallLog, KeySource, Limits, Pass, Passes, Route};
use settings::{Key, Settings};
use supervisor::Identity;

use super::{Job, Performer, StartWith};
use crate::Places;
use crate::input::Input;
use crate::known::Known;

/// How long a gateway may take until it serves; it sums up the day first.
const STARTS_WITHIN: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(20);

/// The way through the gateway that one attempt has. All that its agent asks goes there, or it has none: figures of two
/// origins can't be added up.
pub(super) struct Through {
    pub(super) gateway: agents::Gateway,
}

/// What of an attempt's start it changes.
#[derive(Default)]
pub(super) struct Redirected {
    pub(super) env: Vec<(String, String)>,
    pub(super) unset: Vec<String>,
    pub(super) files: Vec<(String, String)>,
    pub(super) metered: bool,
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
        Redirected { env: to.env, unset: to.unset, files: to.files, metered: true, unwritten: Vec::new() }
    }
}

/// An attempt that asks its providers itself finds the keys where it always found them.
pub(super) fn beside(places: &Places) -> Redirected {
    Redirected { unwritten: places.keys.env.clone().into_iter().collect(), ..Redirected::default() }
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
    let routes = routes(places, settings, agent, own);
    let asks = match agent {
        Known::BuiltIn(agent) if !agent.asking_models.is_empty() => {
            with.model.as_deref().is_some_and(|model| agent.asking_models.contains(&model))
        }
        _ => true,
    };
    if routes.is_empty() || !asks || !is_metered(with, agent, &routes) {
        return Ok(None);
    }
    let folder = evidence::StateFolder::open(&places.home).map_err(|e| e.to_string())?.run(&job.spec.id);
    CallLog::of(folder.path()).make().map_err(|e| e.to_string())?;
    let passes = Passes::of(&places.home).map_err(|e| e.to_string())?;
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
    let token = passes.give_anew(&pass).map_err(|e| e.to_string())?;
    let needs = routes.iter().filter_map(|(_, route)| match &route.key {
        KeySource::Env(name) => Some(name.as_str()),
        _ => None,
    });
    let port = ensure(places, performer, &needs.collect::<Vec<_>>())?;
    let url = format!("http://127.0.0.1:{port}");
    let gateway = agents::Gateway { url, token, header: gateway::TOKEN_HEADER, doors: opened };
    Ok(Some(Through { gateway }))
}

/// Whether all that it asks goes through. An agent with several providers may use one that does not.
fn is_metered(with: &StartWith, agent: &Known, routes: &[(String, Route)]) -> bool {
    let doors = doors(agent);
    match with.model.as_deref().filter(|_| doors.len() > 1) {
        Some(model) => agents::provider_of(model).is_some_and(|of| routes.iter().any(|(name, _)| name == of)),
        None => routes.len() == doors.len(),
    }
}

/// The providers that an agent asks through the gateway, and with whose key.
fn routes(places: &Places, settings: &Settings, agent: &Known, own: &settings::Agent) -> Vec<(String, Route)> {
    let takes_keys = matches!(agent, Known::BuiltIn(agent) if agent.takes_keys);
    if own.gateway == Some(false) || own.gateway.is_none() && !takes_keys || told(agent) == Told::Never {
        return Vec::new();
    }
    let asked = own.gateway == Some(true);
    let named = |names: Vec<&str>| {
        names.into_iter().find_map(|name| {
            own.env.get(name).cloned().or_else(|| std::env::var(name).ok()).filter(|value| !value.is_empty())
        })
    };
    let route = |door: &Door| {
        let provider = settings.providers.get(door.provider)?;
        let provider = &provider.value;
        let named_by_person = provider.key_named;
        // What a person set up for this agent is theirs, unless they ask for the gateway too.
        let url = named(door.urls.iter().map(|(name, _)| *name).collect());
        let key = named(door.keys.iter().chain(door.instead_of).copied().collect());
        if !asked && (url.is_some() || key.is_some()) {
            return None;
        }
        let source = match key {
            Some(_) => KeySource::Own,
            // What a person named themselves and is not there is said by the gateway, and not passed over.
            None => {
                provider.key.as_ref().and_then(|key| source(places, key, named_by_person)).unwrap_or(KeySource::Own)
            }
        };
        if source == KeySource::Own && !asked {
            return None;
        }
        Some((
            door.provider.to_owned(),
            Route { upstream: url.unwrap_or_else(|| provider.upstream.clone()), key: source },
        ))
    };
    doors(agent).iter().filter_map(route).collect()
}

/// Where the key comes from; `None` for a variable that is not set, unless a person named it.
fn source(places: &Places, key: &Key, named: bool) -> Option<KeySource> {
    Some(match key {
        Key::Env(name) => {
            // A gateway may have it from a daemon before this one.
            let given = || gateway::serving(&places.home).ok().flatten().is_some_and(|known| known.keys.contains(name));
            let has = named || places.keys.env.contains_key(name) || given() && gateway::is_serving(&places.home);
            return has.then(|| KeySource::Env(name.clone()));
        }
        Key::File(path) => KeySource::File(path.into()),
        Key::Command(words) => KeySource::Command(words.clone()),
    })
}

/// The port of a gateway that serves; started when there is none, and anew when it was not given a key of these names that
/// this daemon has.
///
/// # Errors
/// Why there can't be one.
pub(crate) fn ensure(places: &Places, performer: &Performer, needs: &[&str]) -> Result<u16, String> {
    let mut watched = performer.gateway.lock().unwrap_or_else(PoisonError::into_inner);
    let deadline = Instant::now() + STARTS_WITHIN;
    while Instant::now() < deadline {
        if gateway::is_serving(&places.home) {
            let serving = gateway::serving(&places.home).map_err(|e| e.to_string())?;
            // Its lock says that it lives, so this process is it.
            let identity = serving
                .filter(|serving| serving.pid > 0)
                .and_then(|serving| Some((Identity::of(serving.pid)?, serving)));
            if let Some((identity, serving)) = identity.filter(|_| gateway::is_serving(&places.home)) {
                let port = serving.port;
                let lacks = |name: &&str| !serving.keys.iter().any(|key| key == name);
                if needs.iter().filter(|name| places.keys.env.contains_key(**name)).any(lacks) {
                    // Agents ask again what is cut.
                    identity.kill();
                    identity.wait();
                    continue;
                }
                if watched.as_ref() != Some(&identity) {
                    *watched = Some(identity.clone());
                    performer.await_all(vec![identity], Input::GatewayGone);
                }
                return Ok(port);
            }
            // One that is about to serve says so in a moment.
            std::thread::sleep(LOOK);
            continue;
        }
        start(places)?;
    }
    Err("the gateway ends as soon as it is started; see gateway.log in the state folder".to_owned())
}

/// Returns when it serves, or another one does.
fn start(places: &Places) -> Result<(), String> {
    let cannot = |e: std::io::Error| format!("the gateway can't be started: {e}");
    let log = OpenOptions::new().append(true).create(true).mode(0o600).open(places.home.join("gateway.log"));
    let mut child = Command::new(&places.binary)
        .arg("__gateway")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log.map_or_else(|_| Stdio::null(), Stdio::from))
        .current_dir("/")
        .spawn()
        .map_err(cannot)?;
    let given = serde_json::to_vec(&places.keys).expect("names and values are text");
    // One that ends at once has left its reason in its log.
    let _told = child.stdin.take().map(|mut stdin| stdin.write_all(&given));
    let mut word = String::new();
    let heard = child.stdout.take().map_or(Ok(0), |mut out| out.read_to_string(&mut word));
    heard.map_err(cannot)?;
    if word == gateway::READY {
        std::thread::spawn(move || child.wait());
        return Ok(());
    }
    let ended = child.wait().map_err(cannot)?;
    match ended.code() {
        Some(code) if code == i32::from(gateway::HELD_BY_ANOTHER) => Ok(()),
        _ => Err(format!("the gateway did not start ({ended}); see gateway.log in the state folder")),
    }
}

/// Ends the gateway when nobody has a pass, so that what is stopped leaves nothing behind.
pub(crate) fn end_unneeded(places: &Places) {
    if Passes::of(&places.home).is_ok_and(|passes| passes.is_any()) || !gateway::is_serving(&places.home) {
        return;
    }
    let serving = gateway::serving(&places.home).ok().flatten();
    if let Some(identity) = serving
        .filter(|serving| serving.pid > 0)
        .and_then(|serving| Identity::of(serving.pid))
        .filter(|_| gateway::is_serving(&places.home))
    {
        identity.kill();
        identity.wait();
    }
}

/// Its agent stands still, or goes on within these limits.
pub(super) fn tell(places: &Places, run: &RunId, frozen: bool, limits: Limits) -> Result<(), String> {
    let change = |pass: &mut Pass| {
        pass.frozen = frozen;
        pass.limits = limits;
        pass.refuse = None;
    };
    Passes::of(&places.home).and_then(|passes| passes.change(run.as_str(), change)).map_err(|e| e.to_string())
}
