//! What stands in a daemon's passes, and what of it the gateway has not been told of yet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::key_values::KeyValues;

use crate::control::{self, Order};
use crate::error::GatewayError;
use crate::keys::GivenKeys;
use crate::pass::{ByName, Pass};

/// After so long a gateway that took no order is spoken with again, whether or not anybody has replaced it.
const DEAF: Duration = Duration::from_secs(30);

/// The passes and keys of a daemon.
#[derive(Debug)]
pub(crate) struct PassBook {
    pub(crate) home: PathBuf,
    keys: Mutex<GivenKeys>,
    /// Never held while the gateway is spoken with.
    held: Mutex<HeldPasses>,
    /// When the gateway last failed to take an order, after which changes do not wait for it until [`DEAF`] is over or
    /// all is told anew. The lock is held while an order goes out, so that one goes at a time.
    deaf: Mutex<Option<Instant>>,
}

/// The passes that there are.
#[derive(Debug, Default)]
pub(crate) struct HeldPasses {
    pub(crate) passes: ByName,
    /// Names of passes that were changed or taken back since the gateway was told.
    untold: BTreeSet<String>,
    /// Runs whose keys were changed since the gateway was told.
    untold_keys: BTreeSet<String>,
    /// The runs whose keys are all known here: this daemon began their attempt. Of others the gateway may know more.
    known_whole: BTreeSet<String>,
}

impl HeldPasses {
    /// Returns the names of the passes for which `of` holds.
    pub(crate) fn names(&self, of: impl Fn(&Pass) -> bool) -> Vec<String> {
        self.passes.iter().filter(|(_, pass)| of(pass)).map(|(name, _)| name.clone()).collect()
    }

    pub(crate) fn insert(&mut self, name: String, pass: Pass) {
        self.untold.insert(name.clone());
        self.passes.insert(name, pass);
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.untold.insert(name.to_owned());
        self.passes.remove(name);
    }

    pub(crate) fn change(&mut self, name: &str, change: impl Fn(&mut Pass)) {
        let Some(pass) = self.passes.get_mut(name) else { return };
        let before = pass.clone();
        change(pass);
        if before != *pass {
            self.untold.insert(name.to_owned());
        }
    }
}

impl PassBook {
    pub(crate) fn new(home: &Path, keys: &GivenKeys) -> Self {
        Self { home: home.to_owned(), keys: Mutex::new(keys.clone()), held: Mutex::default(), deaf: Mutex::default() }
    }

    pub(crate) fn held(&self) -> MutexGuard<'_, HeldPasses> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keys(&self) -> MutexGuard<'_, GivenKeys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the gateway told of keys that were added to a run's, with the next changes.
    pub(crate) fn keys_added(&self, run: &str) {
        self.held().untold_keys.insert(run.to_owned());
    }

    /// Has the gateway told of all keys of a run, with the next changes.
    pub(crate) fn keys_replaced(&self, run: &str) {
        let mut held = self.held();
        held.untold_keys.insert(run.to_owned());
        held.known_whole.insert(run.to_owned());
    }

    /// Gives the gateway these keys: instead of a run's where all are known here, else beside them.
    pub(crate) fn give_keys(&self, values: &BTreeMap<String, KeyValues>) -> Result<(), GatewayError> {
        let known_whole = self.held().known_whole.clone();
        let (whole, part): (BTreeMap<_, _>, BTreeMap<_, _>) =
            values.clone().into_iter().partition(|(run, _)| known_whole.contains(run));
        if !whole.is_empty() {
            control::give(&self.home, &Order::Keys(whole))?;
        }
        if !part.is_empty() {
            control::give(&self.home, &Order::AddKeys(part))?;
        }
        Ok(())
    }

    fn deaf(&self) -> MutexGuard<'_, Option<Instant>> {
        self.deaf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the gateway what it has not been told of.
    pub(crate) fn tell_changes(&self) -> Result<(), GatewayError> {
        let mut deaf = self.deaf();
        let set: BTreeMap<String, Option<Pass>> = {
            let held = self.held();
            held.untold.iter().map(|name| (name.clone(), held.passes.get(name).cloned())).collect()
        };
        let runs = self.held().untold_keys.clone();
        if set.is_empty() && runs.is_empty() {
            return Ok(());
        }
        if deaf.is_some_and(|since| since.elapsed() < DEAF) {
            return Err(GatewayError::Deaf);
        }
        self.tell_keys(&mut deaf, runs)?;
        if set.is_empty() { Ok(()) } else { self.tell(&mut deaf, Order::Set(set.clone()), &set) }
    }

    /// Tells the gateway the keys of these runs, before any pass of theirs: a call that a pass lets through finds its
    /// key.
    fn tell_keys(&self, deaf: &mut Option<Instant>, runs: BTreeSet<String>) -> Result<(), GatewayError> {
        if runs.is_empty() {
            return Ok(());
        }
        let of_run = |run: &String| (run.clone(), self.keys().of_runs.get(run).cloned().unwrap_or_default());
        let values: BTreeMap<_, _> = runs.iter().map(of_run).collect();
        let told = self.give_keys(&values);
        *deaf = told.is_err().then(Instant::now);
        told?;
        let keys = self.keys().of_runs.clone();
        // What was changed meanwhile is told next.
        self.held().untold_keys.retain(|run| values.get(run).is_none_or(|told| Some(told) != keys.get(run)));
        Ok(())
    }

    /// Has the gateway go by all that there is.
    pub(crate) fn tell_all(&self) -> Result<(), GatewayError> {
        let mut deaf = self.deaf();
        let all = self.held().passes.clone();
        let gone = self.held().untold.clone();
        let told = all.iter().map(|(name, pass)| (name.clone(), Some(pass.clone())));
        let told = gone.into_iter().map(|name| (name, None)).chain(told).collect();
        self.tell(&mut deaf, Order::Replace(all), &told)
    }

    fn tell(
        &self,
        deaf: &mut Option<Instant>,
        order: Order,
        about: &BTreeMap<String, Option<Pass>>,
    ) -> Result<(), GatewayError> {
        let told = control::give(&self.home, &order).map(drop);
        *deaf = told.is_err().then(Instant::now);
        if told.is_ok() {
            let mut held = self.held();
            let HeldPasses { passes, untold, .. } = &mut *held;
            // What was changed meanwhile is told next.
            untold.retain(|name| about.get(name).is_none_or(|told| told.as_ref() != passes.get(name)));
        }
        told
    }
}
