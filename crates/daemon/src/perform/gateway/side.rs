//! The daemon's side of the gateway: passes, and where keys may go.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway::{Passes, TakenOver};
use settings::Settings;
use supervisor::Identity;

use super::bindings::Bindings;
use super::process::end;
use crate::places::DaemonPlaces;

/// Time for which a new daemon asks a gateway that does not answer; a machine under load may make it late.
const ANSWERS_WITHIN: Duration = Duration::from_secs(4);

/// The daemon's end of its gateway.
#[derive(Clone)]
pub(crate) struct GatewaySide {
    pub(crate) passes: Passes,
    pub(super) bindings: Arc<Bindings>,
    /// Whether a gateway that goes by all that is known here was asked for, and that has not begun.
    pub(crate) is_asked_for: Arc<AtomicBool>,
    /// The gateway's process whose end is waited for.
    pub(super) watched: Arc<Mutex<Option<Identity>>>,
}

impl GatewaySide {
    /// Binds keys of the environment to the addresses that these settings name, for as long as this daemon lives.
    pub(crate) fn new(places: &DaemonPlaces, settings: &Settings) -> Self {
        Self {
            passes: Passes::new(&places.home, &places.keys),
            bindings: Arc::new(Bindings::new(settings)),
            is_asked_for: Arc::default(),
            watched: Arc::default(),
        }
    }

    /// Returns the variables that keys come from, which clients are asked for.
    pub(crate) fn variables(&self) -> Vec<String> {
        self.bindings.variables()
    }

    /// Takes up the passes of an earlier daemon, and ends its gateway where that takes no orders.
    pub(crate) fn take_over(&self, places: &DaemonPlaces) {
        match self.passes.take_over(&self.bindings.all(&places.config), ANSWERS_WITHIN) {
            Ok(TakenOver::Whole) => {}
            // What it lets through nobody could take back.
            Ok(TakenOver::Deaf) => end(places),
            Err(error) => tracing::error!(%error, "passes of an earlier daemon"),
        }
    }
}
