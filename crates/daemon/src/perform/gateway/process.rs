//! The gateway's process: started where there is none, and anew where it lacks a key that this daemon has.

use std::process::{Command, Stdio};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use gateway::{GatewayStart, KeySource, Passes, Route};
use supervisor::Identity;

use super::first_word::first_word;
use super::side::GatewaySide;
use crate::input::Input;
use crate::perform::Performer;
use crate::perform::effect_error::EffectError;
use crate::places::DaemonPlaces;

/// Time that a gateway may take until it serves; it sums up the day first.
const STARTS_WITHIN: Duration = Duration::from_secs(20);
/// Time that a killed gateway may take to be gone.
const ENDS_WITHIN: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);

/// Returns the port of a gateway that serves and goes by all passes of this daemon. One is started where there is none,
/// and anew where it was not given what these routes need and this daemon has it.
///
/// # Errors
/// Why there can't be one.
pub(crate) fn ensure(places: &DaemonPlaces, performer: &Performer, needs: &[Route]) -> Result<u16, EffectError> {
    let side = &performer.gateway;
    let mut watched = side.watched.lock().unwrap_or_else(PoisonError::into_inner);
    let deadline = Instant::now() + STARTS_WITHIN;
    while Instant::now() < deadline {
        if gateway::is_serving(&places.home) {
            let serving = gateway::serving(&places.home)?;
            // Its lock says that it lives, so this process is it.
            let identity = serving
                .filter(|serving| serving.pid > 0)
                .and_then(|serving| Some((Identity::of(serving.pid)?, serving)));
            if let Some((identity, serving)) = identity.filter(|_| gateway::is_serving(&places.home)) {
                if let Some(why) = unfit(places, &side.passes, needs)? {
                    tracing::warn!(why, "the gateway is started anew");
                    // Agents ask again what is cut.
                    kill(&identity);
                    continue;
                }
                if watched.as_ref() != Some(&identity) {
                    *watched = Some(identity.clone());
                    performer.await_all(vec![identity], Input::GatewayGone);
                }
                return Ok(serving.port);
            }
            // One that is about to serve says so in a moment.
            std::thread::sleep(LOOK);
            continue;
        }
        start(places, side)?;
    }
    Err("the gateway ends as soon as it is started; see gateway.log in the state folder".into())
}

/// Returns why another gateway is to be started instead of the one that serves; `None` where that goes by all that is
/// known here.
///
/// # Errors
/// When it lacks something that this daemon has not either: it stays, since others ask through it.
fn unfit(places: &DaemonPlaces, passes: &Passes, needs: &[Route]) -> Result<Option<String>, EffectError> {
    let told = match passes.ask_gateway() {
        Ok(Some(told)) => told,
        // It has just gone.
        Ok(None) => return Ok(Some("it is gone".to_owned())),
        // One of an earlier version, or one that does not answer.
        Err(error) => return Ok(Some(error.to_string())),
    };
    for route in needs.iter().filter(|route| route.key != KeySource::Own) {
        let is_bound = told.bound.contains(&route.bound());
        match &route.key {
            KeySource::Env(name) if !places.keys.env.0.contains_key(name) && !is_bound => {
                return Err(format!(
                    "the gateway has {name} for another address than {}, and this daemon was started without it",
                    route.upstream
                )
                .into());
            }
            KeySource::OfRun { run, variable } if !passes.has_key(&route.key) && !told.has_key(run, variable) => {
                return Err(gateway::unknown_key(variable).into());
            }
            KeySource::Env(name) if places.keys.env.0.contains_key(name) && !told.keys.contains(name) => {
                return Ok(Some(format!("it lacks {name}")));
            }
            _ if !is_bound => return Ok(Some(format!("it has no key for {}", route.upstream))),
            KeySource::OfRun { run, .. } if passes.has_key(&route.key) => {
                // The value may be a new one.
                if let Err(error) = passes.tell_keys(run) {
                    return Ok(Some(error.to_string()));
                }
            }
            _ => {}
        }
    }
    Ok(passes.tell_all().err().map(|error| error.to_string()))
}

/// Starts a gateway; returns when it serves, or another one does.
fn start(places: &DaemonPlaces, side: &GatewaySide) -> Result<(), EffectError> {
    let cannot = |e: std::io::Error| format!("the gateway can't be started: {e}");
    let log = evidence::append_plain(&places.home.join("gateway.log"));
    let mut command = Command::new(&places.binary);
    command
        .arg("__gateway")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log.map_or_else(|_| Stdio::null(), Stdio::from))
        .current_dir("/");
    supervisor::with_first_open_limit(&mut command);
    let mut child = supervisor::with_patience(|| command.spawn()).map_err(cannot)?;
    let given =
        GatewayStart { keys: side.passes.given(), bound: side.bindings.all(&places.config), passes: side.passes.all() };
    let given = serde_json::to_vec(&given).expect("names and values are text");
    let word = first_word(&mut child, given, STARTS_WITHIN);
    if word.as_deref().is_ok_and(|word| word != gateway::READY) {
        // It has closed its output, so it ends.
        let ended = child.wait().map_err(cannot)?;
        return match ended.code() {
            Some(code) if code == i32::from(gateway::HELD_BY_ANOTHER) => Ok(()),
            _ => Err(format!("the gateway did not start ({ended}); see gateway.log in the state folder").into()),
        };
    }
    // Where no thread can be had it leaves a zombie until the daemon ends.
    let waiter = std::thread::Builder::new().name("gateway".to_owned()).stack_size(64 << 10);
    let _reaped_by_it = waiter.spawn(move || child.wait());
    word.map(drop).map_err(EffectError::from)
}

/// Ends the gateway when nobody has a pass, so that what is stopped leaves nothing behind.
pub(crate) fn end_unneeded(places: &DaemonPlaces, side: &GatewaySide) {
    if !side.passes.is_any() {
        end(places);
    }
}

/// Kills the gateway that serves, and waits for its end as long as one needs for it.
pub(super) fn end(places: &DaemonPlaces) {
    let serving = gateway::serving(&places.home).ok().flatten();
    let named = serving.filter(|serving| serving.pid > 0).and_then(|serving| Identity::of(serving.pid));
    // Its lock says that it lives, so this process is it.
    if let Some(identity) = named.filter(|_| gateway::is_serving(&places.home)) {
        kill(&identity);
    }
}

/// Kills a process; one that the kernel holds back is not waited for without an end.
fn kill(identity: &Identity) {
    identity.kill();
    let until = Instant::now() + ENDS_WITHIN;
    while identity.is_alive() && Instant::now() < until {
        std::thread::sleep(LOOK);
    }
}
